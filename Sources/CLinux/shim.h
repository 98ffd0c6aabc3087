// Linux's calls that the toolchain's modules do not show, or not in a form that is safe to call from Swift: epoll,
// eventfd, accept4, O_PATH, pipe2, SO_PEERCRED, addresses of the Unix domain, the monotonic clock, prctl, getrandom,
// extended attributes.
#ifndef CLINUX_SHIM_H
#define CLINUX_SHIM_H

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <time.h>

/// Whether no process of the same user may look into this one from now on: no ptrace, no /proc/PID/mem, no core.
static inline int forbid_inspection(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

/// epoll_ctl with its packed argument taken apart.
static inline int epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data = {.u64 = token}};
    return epoll_ctl(epoll, operation, descriptor, &event);
}

/// epoll_wait for one event: 1 if there is one, 0 at the time-out (ms), -1 with errno.
static inline int epoll_take(int epoll, int timeout, uint32_t *_Nonnull events, uint64_t *_Nonnull token) {
    struct epoll_event event;
    int count = epoll_wait(epoll, &event, 1, timeout);
    if (count == 1) {
        *events = event.events;
        *token = event.data.u64;
    }
    return count;
}

int accept4(int, struct sockaddr *_Nullable, socklen_t *_Nullable, int);  // glibc hides it from strict C

/// accept(2) of a connection that no child process inherits and whose reads and writes block.
static inline int accept_connection(int listener) {
    return accept4(listener, NULL, NULL, O_CLOEXEC);
}

/// openat(2) of a place in the file system that is only looked at (O_PATH, which glibc hides from strict C).
static inline int open_place(int folder, const char *_Nonnull name, int flags) {
    return openat(folder, name, 010000000 | O_CLOEXEC | flags);
}

int pipe2(int *_Nonnull, int);  // the same

/// pipe(2), of which no child process inherits an end.
static inline int open_pipe(int *_Nonnull ends) {
    return pipe2(ends, O_CLOEXEC);
}

int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *_Nonnull, int);  // the same

/// Lets a child have no descriptor from a number on.
static inline int close_from(posix_spawn_file_actions_t *_Nonnull actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int dup3(int, int, int);  // the same

/// Lets a descriptor that is open name what another one names, in one step; -1 with errno.
static inline int become(int descriptor, int other) {
    return dup3(other, descriptor, O_CLOEXEC);
}

/// The user on whose behalf the peer called connect(2) (SO_PEERCRED, unix(7)); -1 with errno.
static inline int peer_user(int descriptor, uid_t *_Nonnull user) {
    struct { pid_t process; uid_t user; gid_t group; } credentials;  // struct ucred, which glibc hides from strict C
    socklen_t length = sizeof credentials;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return -1;
    *user = credentials.user;
    return 0;
}

/// Fills in an address of the Unix domain (unix(7)): a path, or an abstract name, which begins with a NUL. Its length; 0
/// with errno if the name does not fit.
static inline socklen_t unix_address(struct sockaddr_un *_Nonnull address, const uint8_t *_Nonnull name, size_t count) {
    const size_t start = offsetof(struct sockaddr_un, sun_path);
    if (count == 0 || count >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return 0;
    }
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, name, count);
    // An abstract name ends where the length says: a further NUL would belong to it.
    return (socklen_t)(start + count + (name[0] == 0 ? 0 : 1));
}

/// bind(2) to an address of the Unix domain.
static inline int unix_bind(int descriptor, const uint8_t *_Nonnull name, size_t count) {
    struct sockaddr_un address;
    socklen_t length = unix_address(&address, name, count);
    return length == 0 ? -1 : bind(descriptor, (const struct sockaddr *)&address, length);
}

/// connect(2) to an address of the Unix domain.
static inline int unix_connect(int descriptor, const uint8_t *_Nonnull name, size_t count) {
    struct sockaddr_un address;
    socklen_t length = unix_address(&address, name, count);
    return length == 0 ? -1 : connect(descriptor, (const struct sockaddr *)&address, length);
}

/// sendto(2) an address of the Unix domain, without waiting and without SIGPIPE.
static inline ssize_t unix_send(int descriptor, const uint8_t *_Nonnull name, size_t count,
                                const uint8_t *_Nonnull message, size_t length) {
    struct sockaddr_un address;
    socklen_t size = unix_address(&address, name, count);
    if (size == 0) return -1;
    return sendto(descriptor, message, length, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&address, size);
}

/// Nanoseconds of the monotonic clock, which no change of the date moves.
static inline int64_t monotonic_nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

#endif
