// libfcgi, and the hand-over of an accepted connection to it, for which it has no function.
#ifndef CFASTCGI_SHIM_H
#define CFASTCGI_SHIM_H

#include <fastcgi.h>
#include <fcgiapp.h>
#include <stddef.h>

// The hand-over writes fields below the header's "Don't use anything below here": against a library that lays them out
// otherwise this must not compile. Their meaning is tested at every start (LibfcgiSelfTest).
_Static_assert(offsetof(FCGX_Request, ipcFd) == 48, "FCGX_Request.ipcFd has moved");
_Static_assert(offsetof(FCGX_Request, keepConnection) == 56, "FCGX_Request.keepConnection has moved");
_Static_assert(offsetof(FCGX_Request, detached) == 76, "FCGX_Request.detached has moved");
_Static_assert(sizeof(FCGX_Request) == 80, "FCGX_Request has another size");

/// Puts a connected descriptor where FCGX_Accept_r would have put one that it accepted itself.
static inline void fcgx_attach(FCGX_Request *_Nonnull request, int descriptor) {
    FCGX_InitRequest(request, -1, 0);
    request->ipcFd = descriptor;
    request->keepConnection = 1;  // FCGX_Accept_r begins by finishing: it must not close what it was handed
    request->detached = 1;        // a close is a close; the library would wait up to 2 s a read for the peer's
}

/// Whether the peer asked to keep the connection (FCGI_KEEP_CONN).
static inline int fcgx_peer_keeps_connection(const FCGX_Request *_Nonnull request) {
    return request->keepConnection;
}

/// Takes the descriptor away from the library, so that it closes nothing later; -1 if it has closed it already.
static inline int fcgx_detach(FCGX_Request *_Nonnull request) {
    int descriptor = request->ipcFd;
    request->ipcFd = -1;
    return descriptor;
}

#endif
