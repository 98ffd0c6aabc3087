#include <re2/re2.h>

#include "CPatternOracles.h"

int re2_opinion(const char *pattern, const char *text) {
    RE2::Options options(RE2::Latin1);
    options.set_log_errors(false);
    RE2 compiled(pattern, options);
    return compiled.ok() ? RE2::FullMatch(text, compiled) : -1;
}
