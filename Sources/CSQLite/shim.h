// What Swift cannot call of SQLite: sqlite3_config takes a variable number of arguments.
#ifndef CSQLITE_SHIM_H
#define CSQLITE_SHIM_H

#include <sqlite3.h>

/// Lets SQLite allocate without counting, which takes a lock that all threads share each time; to be called before
/// anything else of SQLite's (sqlite.org/c3ref/c_config_covering_index_scan.html, SQLITE_CONFIG_MEMSTATUS).
static inline int sqlite_keep_no_memory_statistics(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

#endif
