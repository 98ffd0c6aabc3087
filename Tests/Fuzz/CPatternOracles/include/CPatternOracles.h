// Two other engines on the same pattern and text: PCRE2, which tries one way after the other, and RE2, which follows all at
// once. Each says whether it matches the whole text, 1 or 0, or -1 if it does not take the pattern or gives up.
#pragma once
#ifdef __cplusplus
extern "C" {
#endif

int pcre2_opinion(const char *_Nonnull pattern, const char *_Nonnull text);
int re2_opinion(const char *_Nonnull pattern, const char *_Nonnull text);

#ifdef __cplusplus
}
#endif
