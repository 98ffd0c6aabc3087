// A C responder as libfcgi's examples have it, each thread in FCGX_Accept_r for itself, less their needless lock around
// it: textbook SOCKET THREADS KEY_FILE DIRECTORY AUDIT_FILE
#include "baseline.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

static int listener;

static void *work(void *unused) {
    (void)unused;
    struct worker *worker = new_worker();
    FCGX_Request request;
    FCGX_InitRequest(&request, listener, 0);
    while (FCGX_Accept_r(&request) >= 0) {
        answer(worker, &request);
        FCGX_Finish_r(&request);
    }
    return NULL;
}

int main(int count, char **arguments) {
    if (count != 6) return 64;
    prepare_work(arguments + 3);
    FCGX_Init();
    signal(SIGTERM, SIG_DFL);  // the library's own handler only makes a note
    umask(0);
    listener = FCGX_OpenSocket(arguments[1], 4096);
    if (listener < 0) fail(arguments[1]);
    for (int i = atoi(arguments[2]); i > 1; i--) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, work, NULL) != 0) fail("pthread_create");
    }
    work(NULL);
}
