/* SPDX-License-Identifier: MIT */
/*
 * System calls and allocations that fail on command. A test that wants them is
 * linked with --wrap for each of the calls (tests/unit/meson.build); whatever
 * in the library makes such a call then comes through here. Arm and clear
 * while one thread runs.
 */
#ifndef SUPPORT_FAULT_H
#define SUPPORT_FAULT_H

#include <stdbool.h>

enum fault_call {
    FAULT_CALLOC,
    FAULT_STRDUP,
    FAULT_OPEN,
    FAULT_OPENAT,
    FAULT_OPENAT_NAMELESS, /* O_TMPFILE */
    FAULT_OPENAT2,
    FAULT_MKDIR,
    FAULT_MKDIRAT,
    FAULT_WRITE,
    FAULT_CLOSE,     /* closes all the same, as Linux does */
    FAULT_FALLOCATE, /* while it is armed, no file system is in memory */
    FAULT_FCNTL,
    FAULT_FDATASYNC,
    FAULT_FLOCK,
    FAULT_FSTAT,
    FAULT_FSTATAT,
    FAULT_FSYNC,
    FAULT_FTRUNCATE,
    FAULT_FUTIMENS,
    FAULT_LSEEK,
    FAULT_LINKAT,
    FAULT_LINKAT_EMPTY, /* AT_EMPTY_PATH */
    FAULT_LINKAT_PROC,  /* AT_SYMLINK_FOLLOW */
    FAULT_RENAMEAT,
    FAULT_RENAMEAT2,
    FAULT_SYNCFS,
    FAULT_UNLINKAT,
    FAULT_SQLITE_OPEN, /* for these err is SQLite's code */
    FAULT_SQLITE_EXEC,
    FAULT_SQLITE_PREPARE,
    FAULT_SQLITE_BIND,
    FAULT_SQLITE_STEP,
    N_FAULTS,
};

#define FAULT_SHORT (-1) /* for FAULT_WRITE: half of it is written */

/* The nth call from now (1: the next) fails with err, an errno. */
void fault_arm(enum fault_call call, int nth, int err);

/* Every call fails. */
void fault_arm_all(enum fault_call call, int err);

/* Nothing fails any more. */
void fault_clear(void);

/* How often it failed since it was armed. */
int fault_n_hits(enum fault_call call);

#endif
