// Times nettle's SHA-256 and HMAC-SHA-256 as a loop in C calls them, contexts wiped: digest, bytes, nanoseconds a line.
#include <nettle/hmac.h>
#include <nettle/sha2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { repetitions = 100000, longest = 2000 };

static struct hmac_sha256_ctx key;

static void sha256(size_t length, const uint8_t *message, uint8_t digest[SHA256_DIGEST_SIZE]) {
    struct sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, length, message);
    sha256_digest(&context, SHA256_DIGEST_SIZE, digest);
    explicit_bzero(&context, sizeof context);
}

// The key is shared by threads, so that each message has a copy of its state.
static void hmac_sha256(size_t length, const uint8_t *message, uint8_t code[SHA256_DIGEST_SIZE]) {
    struct hmac_sha256_ctx context = key;
    hmac_sha256_update(&context, length, message);
    hmac_sha256_digest(&context, SHA256_DIGEST_SIZE, code);
    explicit_bzero(&context, sizeof context);
}

static void time_one(const char *name, size_t length, void (*digest)(size_t, const uint8_t *, uint8_t *)) {
    uint8_t message[longest], result[SHA256_DIGEST_SIZE];
    struct timespec start, end;
    memset(message, 'm', sizeof message);
    clock_gettime(CLOCK_MONOTONIC, &start);
    // The digest before decides the next message: none can be left out.
    for (int i = 0; i < repetitions; i++) {
        digest(length, message, result);
        message[0] = result[0];
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    double nanoseconds = (double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec);
    printf("%s %zu %f\n", name, length, nanoseconds / repetitions);
}

int main(void) {
    static const size_t lengths[] = {43, 600, longest};
    uint8_t secret[43];
    memset(secret, 's', sizeof secret);
    hmac_sha256_set_key(&key, sizeof secret, secret);
    for (int i = 0; i < 3; i++) time_one("SHA-256", lengths[i], sha256);
    for (int i = 0; i < 3; i++) time_one("HMAC-SHA-256", lengths[i], hmac_sha256);
}
