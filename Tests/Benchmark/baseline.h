// The work of one request, as one would write it in C; the two programs differ only in how they come by a request.
#ifndef WORK_H
#define WORK_H

#include <fcgiapp.h>
#include <stddef.h>

/// What a thread has for itself: a connection to the directory with its statements, a key that is set up, buffers.
struct worker;

/// Takes the arguments KEY_FILE DIRECTORY AUDIT_FILE; ends the process if one is of no use.
void prepare_work(char **arguments);
struct worker *new_worker(void);
/// Answers one request: reads its body and writes the document.
void answer(struct worker *worker, FCGX_Request *request);

/// A string in somebody else's memory.
struct text {
    const char *start;
    size_t length;
};

/// The body of a request; `scene` and `event` have no start where they are absent.
struct ask {
    struct text room, scene, event;
};

enum { maximum_body = 4096, maximum_id = 128 };

/// Strict JSON: an object with roomId and perhaps sceneId and eventId, each once and an id, nothing else, no trailing
/// data. Undoes escapes in place. 0 if it is that.
int decode_ask(char *body, size_t length, struct ask *ask);

/// Ends the process with what failed.
_Noreturn void fail(const char *what);

#endif
