// What Swift does not have of Linux: prctl takes a variable number of arguments, and getrandom is not in its module of
// the C library.
#ifndef CPROCESS_SHIM_H
#define CPROCESS_SHIM_H

#include <sys/prctl.h>
#include <sys/random.h>

/// Whether no process of the same user may look into this one from now on: no ptrace, no /proc/PID/mem, no core.
static inline int forbid_inspection(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

#endif
