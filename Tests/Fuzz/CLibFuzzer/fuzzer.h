// libFuzzer as a library, for which LLVM has no header; and a calendar that is not ours.
#ifndef CLIBFUZZER_H
#define CLIBFUZZER_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

int LLVMFuzzerRunDriver(int *, char ***, int (*)(const uint8_t *, size_t));

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);  // ours, in Swift

/// Runs the fuzzer with a command line of `PROGRAM TARGET ARGUMENT...`.
static inline int run_fuzzer(int count, char *_Nullable *_Nonnull arguments) {
    count -= 1;
    arguments += 1;  // libFuzzer takes the name of the target for the program's
    return LLVMFuzzerRunDriver(&count, &arguments, LLVMFuzzerTestOneInput);
}

time_t timegm(struct tm *);  // glibc hides it from strict C

/// The C library's idea of an instant in UTC.
static inline int64_t utc_seconds(int year, int month, int day, int hour, int minute, int second) {
    struct tm fields = {
        .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute, .tm_sec = second};
    return timegm(&fields);
}

#endif
