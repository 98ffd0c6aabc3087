#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#include "CPatternOracles.h"

// So many steps back at most: it may take ever so many for what there are many ways to match.
static const uint32_t most = 200000;

int pcre2_opinion(const char *pattern, const char *text) {
    int code;
    size_t offset;
    pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_ANCHORED | PCRE2_ENDANCHORED,
                                         &code, &offset, NULL);
    if (!compiled) return -1;
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(context, most);
    pcre2_match_data *match = pcre2_match_data_create_from_pattern(compiled, NULL);
    int result = pcre2_match(compiled, (PCRE2_SPTR)text, strlen(text), 0, 0, match, context);
    pcre2_match_data_free(match);
    pcre2_match_context_free(context);
    pcre2_code_free(compiled);
    return result >= 0 ? 1 : result == PCRE2_ERROR_NOMATCH ? 0 : -1;
}
