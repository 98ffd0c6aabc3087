// For LD_PRELOAD: a wall clock that says what the file $TEST_CLOCK says, in seconds since 1970.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = (int)syscall(SYS_clock_gettime, clock, time);
    const char *path = getenv("TEST_CLOCK");
    if (result != 0 || clock != CLOCK_REALTIME || path == NULL) return result;
    char text[32] = "";
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return result;
    if (read(descriptor, text, sizeof text - 1) > 0) time->tv_sec = strtoll(text, NULL, 10);
    close(descriptor);
    return result;
}
