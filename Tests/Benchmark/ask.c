#include "baseline.h"

#include <ctype.h>
#include <string.h>

struct input {
    char *next, *end;
};

static void skip_space(struct input *in) {
    while (in->next < in->end && memchr(" \t\n\r", *in->next, 4)) in->next++;
}

static int take(struct input *in, char expected) {
    skip_space(in);
    if (in->next == in->end || *in->next != expected) return -1;
    in->next++;
    return 0;
}

/// The character of a \u escape: no id holds one beyond ASCII, so neither does any text that is accepted.
static int escaped_unit(struct input *in) {
    int unit = 0;
    if (in->end - in->next < 4) return -1;
    for (int i = 0; i < 4; i++) {
        unsigned char digit = (unsigned char)*in->next++;
        if (!isxdigit(digit)) return -1;
        unit = unit * 16 + (isdigit(digit) ? digit - '0' : tolower(digit) - 'a' + 10);
    }
    return unit < 128 ? unit : -1;
}

static int take_string(struct input *in, struct text *string) {
    if (take(in, '"') != 0) return -1;
    char *start = in->next, *to = start;
    while (in->next < in->end) {
        unsigned char byte = (unsigned char)*in->next++;
        if (byte == '"') {
            *string = (struct text){start, (size_t)(to - start)};
            return 0;
        }
        if (byte < 0x20 || byte > 0x7e) return -1;
        if (byte == '\\') {
            static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
            if (in->next == in->end) return -1;
            char name = *in->next++;
            const char *known = name ? strchr(names, name) : NULL;
            int value = name == 'u' ? escaped_unit(in) : known ? values[known - names] : -1;
            if (value < 0) return -1;
            byte = (unsigned char)value;
        }
        *to++ = (char)byte;
    }
    return -1;
}

static int is_id(struct text text) {
    if (text.length == 0 || text.length > maximum_id || !isalnum((unsigned char)*text.start)) return 0;
    for (size_t i = 1; i < text.length; i++) {
        if (!isalnum((unsigned char)text.start[i]) && !memchr("._:-", text.start[i], 4)) return 0;
    }
    return 1;
}

static int equals(struct text text, const char *word) {
    return text.length == strlen(word) && memcmp(text.start, word, text.length) == 0;
}

int decode_ask(char *body, size_t length, struct ask *ask) {
    struct input in = {body, body + length};
    *ask = (struct ask){0};
    if (take(&in, '{') != 0) return -1;
    do {
        struct text name, value;
        if (take_string(&in, &name) != 0 || take(&in, ':') != 0 || take_string(&in, &value) != 0) return -1;
        struct text *member = equals(name, "roomId")    ? &ask->room
                              : equals(name, "sceneId") ? &ask->scene
                              : equals(name, "eventId") ? &ask->event
                                                        : NULL;
        if (!member || member->start || !is_id(value)) return -1;
        *member = value;
    } while (take(&in, ',') == 0);
    if (take(&in, '}') != 0) return -1;
    skip_space(&in);
    return in.next == in.end && ask->room.start ? 0 : -1;
}
