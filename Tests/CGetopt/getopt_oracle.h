// getopt_long(3) of the C library over one list of words, for the options of the tests' sample command. One thread.
#pragma once
#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// What one call of getopt_long finds, and how it was spelled.
typedef struct {
    // The option's letter; '?' if getopt_long refuses it, -1 after the last one.
    int option;
    const char *value;
    // The value is the next word and begins with "--".
    bool takes_option_as_value;
    bool is_abbreviated;
    // There are letters after the one of a short option.
    bool has_more_letters;
} oracle_option;

typedef struct {
    char text[4096];
    char *words[64];
    int count;
} oracle_list;

// The one list; inside a function, because Swift's importer leaves a file's static variables out.
static inline oracle_list *oracle_current(void) {
    static oracle_list list;
    return &list;
}

// Takes words that end with a NUL each; false if they are too many.
static inline bool oracle_begin(const char *text, size_t length) {
    oracle_list *list = oracle_current();
    if (length > sizeof list->text) return false;
    memcpy(list->text, text, length);
    list->words[0] = "sample";
    list->count = 1;
    for (size_t i = 0; i < length; i += strlen(list->text + i) + 1) {
        if (list->count == 63) return false;
        list->words[list->count++] = list->text + i;
    }
    list->words[list->count] = NULL;
    unsetenv("POSIXLY_CORRECT");
    opterr = 0;
    // glibc's way to begin with another list.
    optind = 0;
    return true;
}

static inline oracle_option oracle_next(void) {
    static const struct option options[] = {
        {"role", required_argument, NULL, 'r'}, {"until", required_argument, NULL, 'u'},
        {"config", required_argument, NULL, 'c'}, {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'v'}, {NULL, 0, NULL, 0},
    };
    oracle_list *list = oracle_current();
    int index = -1, before = optind;
    oracle_option found = {.option = getopt_long(list->count, list->words, "h", options, &index)};
    if (found.option == -1 || found.option == '?') return found;
    if (index < 0) {
        // A short option that was the end of its word has moved on to the next one.
        found.has_more_letters = optind == before || strcmp(list->words[optind - 1], "-h") != 0;
        return found;
    }
    bool is_apart = optarg && optarg == list->words[optind - 1];
    found.value = optarg;
    found.takes_option_as_value = is_apart && strncmp(optarg, "--", 2) == 0;
    const char *word = list->words[optind - (is_apart ? 2 : 1)] + 2;
    found.is_abbreviated = strcspn(word, "=") != strlen(options[index].name);
    return found;
}

// The next operand after the last option, or NULL.
static inline const char *oracle_operand(void) {
    oracle_list *list = oracle_current();
    return optind < list->count ? list->words[optind++] : NULL;
}
