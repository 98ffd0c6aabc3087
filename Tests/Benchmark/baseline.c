#include "baseline.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/hmac.h>
#include <nettle/sha2.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { ttl = 300, minimum_ttl = 60, maximum_bearer = 8192 };

static char key_id[128], key_secret[256];
static const char *directory_path;
static int audit;

// Bytes that are put together; what does not fit is not there, and spoils the whole.
struct buffer {
    size_t length;
    int is_full;
    char bytes[8192];
};

struct worker {
    sqlite3 *directory;
    sqlite3_stmt *session, *room, *block;
    // With the key set up. Each digest leaves it as it was, ready for the next message.
    struct hmac_sha256_ctx mac;
    // The body and one byte more, to tell that there are more.
    char body[maximum_body + 1];
    char user_id[257], did[257], name[257];
    // The first 12 hexadecimal digits of the bearer's SHA-256.
    char session_label[13];
    struct buffer metadata, claims, token, line, document;
};

void fail(const char *what) {
    perror(what);
    exit(1);
}

// --- Putting text together ---------------------------------------------------------------------------------------

static void put(struct buffer *to, const char *bytes, size_t length) {
    if (length > sizeof to->bytes - to->length) {
        to->is_full = 1;
        return;
    }
    memcpy(to->bytes + to->length, bytes, length);
    to->length += length;
}

static void put_word(struct buffer *to, const char *word) {
    put(to, word, strlen(word));
}

static void put_integer(struct buffer *to, int64_t value) {
    char digits[24];
    put(to, digits, (size_t)snprintf(digits, sizeof digits, "%lld", (long long)value));
}

static void put_json(struct buffer *to, struct text text) {
    put(to, "\"", 1);
    size_t from = 0;
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.start[i];
        if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
        char escape[8];
        int length = byte < 0x20 ? snprintf(escape, sizeof escape, "\\u%04x", byte)
                                 : snprintf(escape, sizeof escape, "\\%c", byte);
        put(to, text.start + from, i - from);
        put(to, escape, (size_t)length);
        from = i + 1;
    }
    put(to, text.start + from, text.length - from);
    put(to, "\"", 1);
}

static struct text text_of(const char *word) {
    return (struct text){word, strlen(word)};
}

static struct text text_in(const struct buffer *buffer) {
    return (struct text){buffer->bytes, buffer->length};
}

/// A member of an object that has members before it; none where the text is absent.
static void put_member(struct buffer *to, const char *name, struct text value) {
    if (!value.start) return;
    put_word(to, ",\"");
    put_word(to, name);
    put_word(to, "\":");
    put_json(to, value);
}

static void put_base64url(struct buffer *to, const unsigned char *bytes, size_t length) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t encoded = (length * 4 + 2) / 3;
    if (encoded > sizeof to->bytes - to->length) {
        to->is_full = 1;
        return;
    }
    char *out = to->bytes + to->length;
    to->length += encoded;
    for (; length >= 3; bytes += 3, length -= 3) {
        uint32_t three = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];
        *out++ = alphabet[three >> 18];
        *out++ = alphabet[three >> 12 & 63];
        *out++ = alphabet[three >> 6 & 63];
        *out++ = alphabet[three & 63];
    }
    if (length == 0) return;
    uint32_t rest = (uint32_t)bytes[0] << 16 | (length == 2 ? (uint32_t)bytes[1] << 8 : 0);
    *out++ = alphabet[rest >> 18];
    *out++ = alphabet[rest >> 12 & 63];
    if (length == 2) *out++ = alphabet[rest >> 6 & 63];
}

static void put_time(struct buffer *to, time_t seconds, long milliseconds) {
    struct tm parts;
    char text[40];
    gmtime_r(&seconds, &parts);
    size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    if (milliseconds >= 0) length += (size_t)snprintf(text + length, sizeof text - length, ".%03ld", milliseconds);
    text[length++] = 'Z';
    put(to, text, length);
}

static void random_uuid(char uuid[37]) {
    unsigned char b[16];
    if (getrandom(b, sizeof b, 0) != sizeof b) abort();
    b[6] = (b[6] & 0x0f) | 0x40;
    b[8] = (b[8] & 0x3f) | 0x80;
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *uuid++ = '-';
        *uuid++ = digits[b[i] >> 4];
        *uuid++ = digits[b[i] & 15];
    }
    *uuid = 0;
}

// --- Preparation ---------------------------------------------------------------------------------------------------

void prepare_work(char **arguments) {
    FILE *keys = fopen(arguments[0], "r");
    if (!keys || fscanf(keys, "%127[^:]: %255s", key_id, key_secret) != 2) fail(arguments[0]);
    fclose(keys);
    directory_path = arguments[1];
    audit = open(arguments[2], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (audit < 0) fail(arguments[2]);
}

static sqlite3_stmt *prepared(sqlite3 *directory, const char *sql) {
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v3(directory, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK) {
        fprintf(stderr, "%s\n", sqlite3_errmsg(directory));
        exit(1);
    }
    return statement;
}

struct worker *new_worker(void) {
    struct worker *worker = calloc(1, sizeof *worker);
    if (!worker) fail("calloc");
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(directory_path, &worker->directory, flags, NULL) != SQLITE_OK) fail(directory_path);
    sqlite3_busy_timeout(worker->directory, 1000);
    // The statements are those of Sources/SQLiteDirectory/ReadConnection.swift; a Swift test compares them.
    worker->session = prepared(
        worker->directory,
        "SELECT u.user_id, u.did, u.name, u.disabled, s.expires_at, s.revoked_at "
        "FROM sessions AS s JOIN users AS u ON u.user_id = s.user_id WHERE s.token_sha256 = ?1");
    worker->room = prepared(
        worker->directory,
        "SELECT 0, access, NULL, NULL, NULL, NULL FROM rooms WHERE room_id = ?1 UNION ALL "
        "SELECT 1, role, scene_id, event_id, NULL, expires_at FROM members WHERE room_id = ?1 AND user_id = ?2 "
        "UNION ALL "
        "SELECT * FROM (SELECT 2, NULL, NULL, NULL, NULL, NULL FROM stream_sessions WHERE room_id = ?1 LIMIT 1) "
        "UNION ALL "
        "SELECT 3, NULL, scene_id, event_id, opens_at, closes_at FROM stream_sessions "
        "WHERE room_id = ?1 AND closes_at > ?3 UNION ALL "
        "SELECT 3, NULL, scene_id, event_id, opens_at, closes_at FROM stream_sessions "
        "WHERE room_id = ?1 AND closes_at IS NULL");
    worker->block = prepared(
        worker->directory,
        "SELECT user_id, room_id, expires_at, why, identity FROM blocks "
        "WHERE identity = ?1 AND +room_id IN ('', ?2) AND (expires_at IS NULL OR expires_at > ?3) "
        "ORDER BY room_id LIMIT 1");
    hmac_sha256_set_key(&worker->mac, strlen(key_secret), (const uint8_t *)key_secret);
    return worker;
}

// --- The steps of a request ---------------------------------------------------------------------------------------

struct decision {
    const char *request_id, *client;
    time_t now;
    long milliseconds;
    struct timespec started;
    struct ask ask;
    int64_t session_end, stream_end;
    int roles;  // bits, in the order of role_names
    const char *refusal;
};

/// In the order of their bytes.
static const char *const role_names[] = {"host", "speaker", "viewer"};
/// The roles, as bits, that count while no stream session is open; and the one of an open room.
enum { anytime_roles = 1 << 0, open_role = 1 << 2 };

/// The SHA-256 of the bearer, if there is one (RFC 6750 §2.1).
static int hash_bearer(const char *authorization, uint8_t hash[SHA256_DIGEST_SIZE]) {
    if (!authorization || strncasecmp(authorization, "Bearer ", 7) != 0) return -1;
    const char *bearer = authorization + 7;
    size_t length = strlen(bearer), characters = length;
    while (characters > 0 && bearer[characters - 1] == '=') characters--;
    if (characters == 0 || length > maximum_bearer) return -1;
    static const char others[] = "-._~+/";
    for (size_t i = 0; i < characters; i++) {
        char c = bearer[i];
        int is_alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_alphanumeric && !memchr(others, c, sizeof others - 1)) return -1;
    }
    struct sha256_ctx digest;
    sha256_init(&digest);
    sha256_update(&digest, length, (const uint8_t *)bearer);
    sha256_digest(&digest, SHA256_DIGEST_SIZE, hash);
    return 0;
}

static struct text column(sqlite3_stmt *row, int column) {
    const char *start = (const char *)sqlite3_column_text(row, column);
    return (struct text){start, (size_t)sqlite3_column_bytes(row, column)};
}

static void keep(char kept[257], struct text text) {
    size_t length = text.length < 257 ? text.length : 256;
    if (length) memcpy(kept, text.start, length);
    kept[length] = 0;
}

static const char *find_session(struct worker *worker, const uint8_t hash[SHA256_DIGEST_SIZE], struct decision *decision) {
    sqlite3_stmt *row = worker->session;
    const char *refusal = "session_invalid";
    sqlite3_bind_blob(row, 1, hash, SHA256_DIGEST_SIZE, SQLITE_STATIC);
    int code = sqlite3_step(row);
    if (code == SQLITE_ROW) {
        keep(worker->user_id, column(row, 0));
        keep(worker->did, column(row, 1));
        keep(worker->name, column(row, 2));
        for (int i = 0; i < 6; i++) {
            worker->session_label[2 * i] = "0123456789abcdef"[hash[i] >> 4];
            worker->session_label[2 * i + 1] = "0123456789abcdef"[hash[i] & 15];
        }
        decision->session_end = sqlite3_column_int64(row, 4);
        int is_good = sqlite3_column_int(row, 3) == 0 && sqlite3_column_type(row, 5) == SQLITE_NULL &&
                      decision->session_end - decision->now >= minimum_ttl;
        if (is_good) refusal = NULL;
    } else if (code != SQLITE_DONE) {
        refusal = "unavailable";
    }
    sqlite3_reset(row);
    return refusal;
}

/// Whether a row that may be limited to a scene or event covers the request.
static int covers(struct text limit, struct text named) {
    return limit.length == 0 || (limit.length == named.length && memcmp(limit.start, named.start, limit.length) == 0);
}

/// Whether a stream session that may be limited to a scene or event is what the request names, or may mean.
static int matches(struct text limit, struct text named) {
    return named.length == 0 || covers(limit, named);
}

static const char *find_room(struct worker *worker, struct decision *decision) {
    sqlite3_stmt *row = worker->room;
    const struct ask *ask = &decision->ask;
    int is_known = 0, is_open = 0, is_scheduled = 0, is_on_air = 0, has_end = 1, code;
    int64_t end = 0;
    sqlite3_bind_text(row, 1, ask->room.start, (int)ask->room.length, SQLITE_STATIC);
    sqlite3_bind_text(row, 2, worker->user_id, -1, SQLITE_STATIC);
    sqlite3_bind_int64(row, 3, decision->now);
    while ((code = sqlite3_step(row)) == SQLITE_ROW) {
        int kind = sqlite3_column_int(row, 0);
        if (kind == 0) {
            is_known = 1;
            is_open = strcmp((const char *)sqlite3_column_text(row, 1), "open") == 0;
        } else if (kind == 2) {
            is_scheduled = 1;
        } else {
            struct text scene = column(row, 2), event = column(row, 3);
            int is_endless = sqlite3_column_type(row, 5) == SQLITE_NULL;
            int64_t until = sqlite3_column_int64(row, 5);
            if (!is_endless && until <= decision->now) continue;
            if (kind == 1) {
                if (!covers(scene, ask->scene) || !covers(event, ask->event)) continue;
                struct text role = column(row, 1);
                for (int i = 0; i < 3; i++) {
                    if (strcmp(role.start, role_names[i]) == 0) decision->roles |= 1 << i;
                }
            } else if (matches(scene, ask->scene) && matches(event, ask->event) &&
                       sqlite3_column_int64(row, 4) <= decision->now) {
                is_on_air = 1;
                if (is_endless) has_end = 0;
                if (until > end) end = until;
            }
        }
    }
    sqlite3_reset(row);
    if (code != SQLITE_DONE) return "unavailable";
    if (is_scheduled && !is_on_air) {
        decision->roles &= anytime_roles;
    } else if (is_open) {
        decision->roles |= open_role;
    }
    if (!is_known || !decision->roles) return "forbidden";
    if (is_on_air && has_end && !(decision->roles & anytime_roles)) decision->stream_end = end;
    return NULL;
}

/// Looks for a block of the user, whose id is a UUID in small letters, as all ids here are.
static const char *find_block(struct worker *worker, const struct decision *decision) {
    sqlite3_stmt *row = worker->block;
    char identity[5 + sizeof worker->user_id] = "user-";
    strcpy(identity + 5, worker->user_id);
    sqlite3_bind_text(row, 1, identity, -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 2, decision->ask.room.start, (int)decision->ask.room.length, SQLITE_STATIC);
    sqlite3_bind_int64(row, 3, decision->now);
    int code = sqlite3_step(row);
    sqlite3_reset(row);
    return code == SQLITE_DONE ? NULL : code == SQLITE_ROW ? "forbidden" : "unavailable";
}

static void put_roles(struct buffer *to, int roles) {
    const char *separator = "[";
    for (int i = 0; i < 3; i++) {
        if (!(roles & 1 << i)) continue;
        put_word(to, separator);
        put_json(to, text_of(role_names[i]));
        separator = ",";
    }
    put_word(to, "]");
}

static void put_flag(struct buffer *to, const char *name, int value) {
    put_word(to, ",\"");
    put_word(to, name);
    put_word(to, value ? "\":true" : "\":false");
}

static struct text kept(const char *text) {
    return *text ? text_of(text) : (struct text){0};
}

/// Signs the token into worker->token.
static void sign(struct worker *worker, const struct decision *decision, time_t expiry, const char *token_id) {
    struct buffer *metadata = &worker->metadata, *claims = &worker->claims, *token = &worker->token;
    metadata->length = claims->length = token->length = 0;
    metadata->is_full = claims->is_full = token->is_full = 0;

    put_member(metadata, "sceneId", decision->ask.scene);
    put_member(metadata, "eventId", decision->ask.event);
    put_word(metadata, ",\"roles\":");
    put_roles(metadata, decision->roles);
    put_member(metadata, "did", kept(worker->did));
    put_word(metadata, "}");
    metadata->bytes[0] = '{';

    put_word(claims, "{\"iss\":");
    put_json(claims, text_of(key_id));
    put_word(claims, ",\"sub\":\"user-");
    put_word(claims, worker->user_id);
    put_word(claims, "\",\"jti\":\"");
    put_word(claims, token_id);
    put_word(claims, "\",\"iat\":");
    put_integer(claims, decision->now);
    put_word(claims, ",\"nbf\":");
    put_integer(claims, decision->now - 10);
    put_word(claims, ",\"exp\":");
    put_integer(claims, expiry);
    put_member(claims, "name", kept(worker->name));
    put_member(claims, "metadata", text_in(metadata));
    put_word(claims, ",\"video\":{\"room\":");
    put_json(claims, decision->ask.room);
    put_flag(claims, "roomJoin", 1);
    put_flag(claims, "canPublish", (decision->roles & 3) != 0);
    put_flag(claims, "canSubscribe", 1);
    put_flag(claims, "canPublishData", (decision->roles & 3) != 0);
    put_flag(claims, "canUpdateOwnMetadata", 0);
    put_word(claims, "}}");

    static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
    put_base64url(token, (const unsigned char *)header, sizeof header - 1);
    put_word(token, ".");
    put_base64url(token, (const unsigned char *)claims->bytes, claims->length);
    uint8_t code[SHA256_DIGEST_SIZE];
    hmac_sha256_update(&worker->mac, token->length, (const uint8_t *)token->bytes);
    hmac_sha256_digest(&worker->mac, sizeof code, code);
    put_word(token, ".");
    put_base64url(token, code, sizeof code);
}

static int write_line(struct worker *worker, const struct decision *decision) {
    struct buffer *line = &worker->line;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    put_member(line, "client", text_of(decision->client));
    put_word(line, ",\"micros\":");
    int64_t seconds = now.tv_sec - decision->started.tv_sec;
    put_integer(line, seconds * 1000000 + (now.tv_nsec - decision->started.tv_nsec) / 1000);
    put_word(line, "}\n");
    return !line->is_full && write(audit, line->bytes, line->length) == (ssize_t)line->length ? 0 : -1;
}

static void begin_line(struct worker *worker, const struct decision *decision, const char *event) {
    struct buffer *line = &worker->line;
    line->length = 0;
    line->is_full = 0;
    put_word(line, "{\"time\":\"");
    put_time(line, decision->now, decision->milliseconds);
    put_word(line, "\",\"level\":\"info\"");
    put_member(line, "event", text_of(event));
    put_member(line, "requestId", text_of(decision->request_id));
}

static void begin_document(struct buffer *document, const char *status, const char *type, const char *request_id) {
    document->length = 0;
    document->is_full = 0;
    put_word(document, "Status: ");
    put_word(document, status);
    put_word(document, "\r\nContent-Type: ");
    put_word(document, type);
    put_word(document, "\r\nCache-Control: no-store\r\nX-Request-Id: ");
    put_word(document, request_id);
    put_word(document, "\r\n\r\n");
}

static const char *decide(struct worker *worker, struct decision *decision, FCGX_Request *request, size_t length) {
    char **parameters = request->envp;
    const char *method = FCGX_GetParam("REQUEST_METHOD", parameters);
    const char *path = FCGX_GetParam("SCRIPT_NAME", parameters);
    const char *type = FCGX_GetParam("CONTENT_TYPE", parameters);
    const char *declared = FCGX_GetParam("CONTENT_LENGTH", parameters);
    uint8_t hash[SHA256_DIGEST_SIZE];
    if (!method || strcmp(method, "POST") != 0 || !path || strcmp(path, "/livekit/token") != 0) return "not_found";
    if (length > maximum_body) return "body_too_large";
    if (!type || strncasecmp(type, "application/json", 16) != 0 || (type[16] && type[16] != ';')) return "unsupported";
    if (hash_bearer(FCGX_GetParam("HTTP_AUTHORIZATION", parameters), hash) != 0) return "session_missing";
    const char *refusal = find_session(worker, hash, decision);
    if (refusal) return refusal;
    if (!declared || strtoul(declared, NULL, 10) != length) return "malformed_request";
    if (decode_ask(worker->body, length, &decision->ask) != 0) return "malformed_request";
    refusal = find_room(worker, decision);
    return refusal ? refusal : find_block(worker, decision);
}

void answer(struct worker *worker, FCGX_Request *request) {
    struct decision decision = {.stream_end = INT64_MAX};
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &decision.started);
    clock_gettime(CLOCK_REALTIME, &now);
    decision.now = now.tv_sec;
    decision.milliseconds = now.tv_nsec / 1000000;
    decision.request_id = FCGX_GetParam("REQUEST_ID", request->envp);
    decision.client = FCGX_GetParam("REMOTE_ADDR", request->envp);
    if (!decision.request_id) decision.request_id = "";
    if (!decision.client) decision.client = "";

    size_t length = (size_t)FCGX_GetStr(worker->body, sizeof worker->body, request->in);
    if (FCGX_GetError(request->in) != 0) return;
    const char *refusal = decide(worker, &decision, request, length);
    int64_t expiry = decision.now + ttl;
    if (decision.session_end < expiry) expiry = decision.session_end;
    if (decision.stream_end < expiry) expiry = decision.stream_end;
    if (!refusal && expiry - decision.now < minimum_ttl) refusal = "forbidden";

    struct buffer *document = &worker->document;
    if (!refusal) {
        char token_id[37];
        random_uuid(token_id);
        sign(worker, &decision, expiry, token_id);

        struct buffer *line = &worker->line;
        begin_line(worker, &decision, "token.issued");
        put_member(line, "userId", text_of(worker->user_id));
        put_member(line, "session", text_of(worker->session_label));
        put_member(line, "did", kept(worker->did));
        put_word(line, ",\"identity\":\"user-");
        put_word(line, worker->user_id);
        put_word(line, "\"");
        put_member(line, "roomId", decision.ask.room);
        put_member(line, "sceneId", decision.ask.scene);
        put_member(line, "eventId", decision.ask.event);
        put_word(line, ",\"roles\":");
        put_roles(line, decision.roles);
        put_member(line, "tokenId", text_of(token_id));
        put_word(line, ",\"expiresAt\":\"");
        put_time(line, expiry, -1);
        put_word(line, "\"");
        put_member(line, "apiKey", text_of(key_id));

        begin_document(document, "200 OK", "application/json", decision.request_id);
        put_word(document, "{\"token\":");
        put_json(document, text_in(&worker->token));
        put_word(document, ",\"expiresAt\":\"");
        put_time(document, expiry, -1);
        put_word(document, "\"}");
        if (worker->metadata.is_full || worker->claims.is_full || worker->token.is_full || document->is_full)
            refusal = "internal";
        else if (write_line(worker, &decision) != 0)
            refusal = "unavailable";
    } else {
        begin_line(worker, &decision, "token.refused");
        put_member(&worker->line, "code", text_of(refusal));
        if (write_line(worker, &decision) != 0) refusal = "unavailable";
    }
    if (refusal) {
        int is_ours = strcmp(refusal, "unavailable") == 0 || strcmp(refusal, "internal") == 0;
        const char *status = is_ours ? "503 Service Unavailable" : "403 Forbidden";
        begin_document(document, status, "application/problem+json", decision.request_id);
        put_word(document, "{\"type\":\"about:blank\",\"code\":");
        put_json(document, text_of(refusal));
        put_word(document, "}");
    }
    FCGX_PutStr(document->bytes, (int)document->length, request->out);
}
