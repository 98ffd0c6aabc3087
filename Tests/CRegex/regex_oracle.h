// regcomp(3) and regexec(3) of the C library, in the C locale.
#pragma once
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A pattern for whole texts, or NULL if the C library refuses it.
static inline void *_Nullable regex_oracle_new(const char *_Nonnull pattern) {
    char whole[1024];
    regex_t *compiled = malloc(sizeof *compiled);
    if (!compiled) abort();
    // First alone: the parentheses below must not lend meaning to a pattern.
    if (regcomp(compiled, pattern, REG_EXTENDED) != 0) {
        free(compiled);
        return NULL;
    }
    regfree(compiled);
    snprintf(whole, sizeof whole, "^(%s)", pattern);
    if (regcomp(compiled, whole, REG_EXTENDED) != 0) abort();
    return compiled;
}

// Whether the longest match is the whole text.
static inline bool regex_oracle_matches(void *_Nonnull pattern, const char *_Nonnull text) {
    regmatch_t match;
    return regexec(pattern, text, 1, &match, 0) == 0 && match.rm_so == 0 && (size_t)match.rm_eo == strlen(text);
}

static inline void regex_oracle_free(void *_Nonnull pattern) {
    regfree(pattern);
    free(pattern);
}
