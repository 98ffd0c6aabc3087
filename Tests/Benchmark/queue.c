// A C responder whose threads share one readiness queue, as ours do: queue SOCKET THREADS KEY_FILE DIRECTORY AUDIT_FILE
#include "CFastCGI/shim.h"
#include "CLinux/shim.h"
#include "baseline.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int queue, listener;
static const uint32_t once = EPOLLIN | EPOLLONESHOT;

static void listen_at(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) fail(path);
    strcpy(address.sun_path, path);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    umask(0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 4096) != 0) fail(path);
}

static void accept_connections(void) {
    for (int i = 0; i < 16; i++) {
        int connection = accept_connection(listener);
        if (connection < 0) break;
        if (epoll_control(queue, EPOLL_CTL_ADD, connection, once, (uint64_t)connection) != 0) close(connection);
    }
    epoll_control(queue, EPOLL_CTL_MOD, listener, once, (uint64_t)listener);
}

static void serve(struct worker *worker, FCGX_Request *request, int connection) {
    int is_kept = 0;
    fcgx_attach(request, connection);
    if (FCGX_Accept_r(request) == 0) {
        is_kept = fcgx_peer_keeps_connection(request);
        answer(worker, request);
        // What is left of a body would be taken for the next request.
        is_kept = is_kept && FCGX_GetChar(request->in) == EOF;
    }
    FCGX_Finish_r(request);
    connection = fcgx_detach(request);
    if (connection < 0) return;
    if (!is_kept || epoll_control(queue, EPOLL_CTL_MOD, connection, once, (uint64_t)connection) != 0) close(connection);
}

static void *work(void *unused) {
    (void)unused;
    struct worker *worker = new_worker();
    FCGX_Request request;
    uint32_t events;
    uint64_t token;
    for (;;) {
        if (epoll_take(queue, -1, &events, &token) != 1) continue;
        if ((int)token == listener) {
            accept_connections();
        } else if (events & EPOLLHUP) {
            close((int)token);
        } else {
            serve(worker, &request, (int)token);
        }
    }
    return NULL;
}

int main(int count, char **arguments) {
    if (count != 6) return 64;
    prepare_work(arguments + 3);
    FCGX_Init();
    signal(SIGTERM, SIG_DFL);  // the library's own handler only makes a note
    listen_at(arguments[1]);
    queue = epoll_create1(EPOLL_CLOEXEC);
    epoll_control(queue, EPOLL_CTL_ADD, listener, once, (uint64_t)listener);
    for (int i = atoi(arguments[2]); i > 1; i--) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, work, NULL) != 0) fail("pthread_create");
    }
    work(NULL);
}
