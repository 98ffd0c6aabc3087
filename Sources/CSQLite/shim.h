// What Swift cannot call of SQLite: sqlite3_config takes a variable number of arguments.
#pragma once
#include <sqlite3.h>

/// Lets SQLite allocate without counting (sqlite.org/c3ref/c_config_covering_index_scan.html, SQLITE_CONFIG_MEMSTATUS).
static inline int sqlite_keep_no_memory_statistics(void) {
    return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}
