// Look-ups of users that wait to be let go, one by one: a reload that has begun, and does not end.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct passwd *getpwnam(const char *name) {
    static int number;
    char path[4096];
    const char *folder = getenv("TEST_HELD_USER");
    snprintf(path, sizeof path, "%s/hold", folder);
    if (access(path, F_OK) == 0) {
        snprintf(path, sizeof path, "%s/reached.%d", folder, ++number);
        close(open(path, O_CREAT | O_WRONLY, 0600));
        snprintf(path, sizeof path, "%s/go.%d", folder, number);
        while (access(path, F_OK) != 0) usleep(5000);
    }
    struct passwd *(*next)(const char *) = (struct passwd * (*)(const char *)) dlsym(RTLD_NEXT, "getpwnam");
    return next(name);
}
