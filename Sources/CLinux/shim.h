// Linux's calls that no module of the toolchain shows: epoll, eventfd, accept4, SO_PEERCRED, prctl, getrandom.
#ifndef CLINUX_SHIM_H
#define CLINUX_SHIM_H

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>

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

/// The user on whose behalf the peer called connect(2) (SO_PEERCRED, unix(7)); -1 with errno.
static inline int peer_user(int descriptor, uid_t *_Nonnull user) {
    struct { pid_t process; uid_t user; gid_t group; } credentials;  // struct ucred, which glibc hides from strict C
    socklen_t length = sizeof credentials;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return -1;
    *user = credentials.user;
    return 0;
}

#endif
