// What Swift cannot say of libfcgi, and what Linux has that no module of the toolchain shows: epoll, eventfd, accept4.
#ifndef CFASTCGI_SHIM_H
#define CFASTCGI_SHIM_H

#include <errno.h>
#include <fastcgi.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

// The hand-over writes fields below the header's "Don't use anything below here": a library that lays them out
// otherwise must not compile. What they do is tested at every start.
_Static_assert(offsetof(FCGX_Request, ipcFd) == 48, "FCGX_Request.ipcFd has moved");
_Static_assert(offsetof(FCGX_Request, keepConnection) == 56, "FCGX_Request.keepConnection has moved");
_Static_assert(offsetof(FCGX_Request, detached) == 76, "FCGX_Request.detached has moved");
_Static_assert(sizeof(FCGX_Request) == 80, "FCGX_Request has another size");

/// Puts a connected descriptor where FCGX_Accept_r would have put one that it accepted itself.
static inline void fcgi_hand_over(FCGX_Request *_Nonnull request, int descriptor) {
    FCGX_InitRequest(request, -1, 0);
    request->ipcFd = descriptor;
    request->keepConnection = 1;  // FCGX_Accept_r begins by finishing: it must not close what it was handed
    request->detached = 1;        // a close is a close; the library would wait up to 2 s a read for the peer's
}

/// Whether the peer asked to keep the connection (FCGI_KEEP_CONN).
static inline int fcgi_peer_keeps(const FCGX_Request *_Nonnull request) {
    return request->keepConnection;
}

/// Takes the descriptor back; -1 if the library has closed it.
static inline int fcgi_take_back(FCGX_Request *_Nonnull request) {
    int descriptor = request->ipcFd;
    request->ipcFd = -1;
    return descriptor;
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
