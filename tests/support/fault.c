/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* O_TMPFILE, AT_EMPTY_PATH */

#include "support/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

struct fault {
    int countdown; /* 0: not armed */
    bool is_for_all;
    int err;
    int n_hits;
};

static struct fault faults[N_FAULTS];

void fault_arm(enum fault_call call, int nth, int err)
{
    faults[call] = (struct fault){.countdown = nth, .err = err};
}

void fault_arm_all(enum fault_call call, int err)
{
    faults[call] = (struct fault){.is_for_all = true, .err = err};
}

void fault_clear(void)
{
    for (int i = 0; i < N_FAULTS; i++) {
        faults[i].countdown = 0;
        faults[i].is_for_all = false;
    }
}

int fault_n_hits(enum fault_call call)
{
    return faults[call].n_hits;
}

static bool is_armed(enum fault_call call)
{
    return faults[call].countdown > 0 || faults[call].is_for_all;
}

/* Sets errno where the call is to fail. Writes nothing where nothing is armed,
 * so that threads may pass. */
static bool strikes(enum fault_call call)
{
    struct fault *fault = &faults[call];

    if (!is_armed(call)) {
        return false;
    }
    if (fault->countdown > 0 && --fault->countdown > 0) {
        return false;
    }
    fault->n_hits++;
    errno = fault->err;
    return true;
}

/* The linker turns a call of NAME into __wrap_NAME, and __real_NAME into NAME.
 */
#define WRAP(call, type, failed, name, params, args)          \
    type __real_##name params;                                \
    type __wrap_##name params;                                \
    type __wrap_##name params                                 \
    {                                                         \
        return strikes(call) ? (failed) : __real_##name args; \
    }

WRAP(FAULT_CALLOC, void *, NULL, calloc, (size_t n, size_t size), (n, size))
WRAP(FAULT_STRDUP, char *, NULL, strdup, (const char *str), (str))
WRAP(FAULT_MKDIR, int, -1, mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(FAULT_MKDIRAT, int, -1, mkdirat, (int fd, const char *path, mode_t mode),
     (fd, path, mode))
WRAP(FAULT_FALLOCATE, int, -1, fallocate64,
     (int fd, int mode, off_t offset, off_t len), (fd, mode, offset, len))
WRAP(FAULT_FDATASYNC, int, -1, fdatasync, (int fd), (fd))
WRAP(FAULT_FSYNC, int, -1, fsync, (int fd), (fd))
WRAP(FAULT_SYNCFS, int, -1, syncfs, (int fd), (fd))
WRAP(FAULT_FLOCK, int, -1, flock, (int fd, int operation), (fd, operation))
WRAP(FAULT_FSTAT, int, -1, fstat64, (int fd, struct stat *out), (fd, out))
WRAP(FAULT_FSTATAT, int, -1, fstatat64,
     (int fd, const char *path, struct stat *out, int flags),
     (fd, path, out, flags))
WRAP(FAULT_FTRUNCATE, int, -1, ftruncate64, (int fd, off_t len), (fd, len))
WRAP(FAULT_FUTIMENS, int, -1, futimens,
     (int fd, const struct timespec times[2]), (fd, times))
WRAP(FAULT_LSEEK, off_t, -1, lseek64, (int fd, off_t offset, int whence),
     (fd, offset, whence))
WRAP(FAULT_RENAMEAT, int, -1, renameat,
     (int from_fd, const char *from, int to_fd, const char *to),
     (from_fd, from, to_fd, to))
WRAP(FAULT_RENAMEAT2, int, -1, renameat2,
     (int from_fd, const char *from, int to_fd, const char *to,
      unsigned int flags),
     (from_fd, from, to_fd, to, flags))
WRAP(FAULT_UNLINKAT, int, -1, unlinkat, (int fd, const char *path, int flags),
     (fd, path, flags))

int __real_fstatfs64(int fd, struct statfs *out);
int __wrap_fstatfs64(int fd, struct statfs *out);
int __wrap_fstatfs64(int fd, struct statfs *out)
{
    int rc = __real_fstatfs64(fd, out);

    if (rc == 0 && is_armed(FAULT_FALLOCATE)) {
        out->f_type = 0;
    }
    return rc;
}

/* SQLite's answer their code. */
#define WRAP_SQLITE(call, name, params, args) \
    WRAP(call, int, faults[call].err, name, params, args)

WRAP_SQLITE(FAULT_SQLITE_EXEC, sqlite3_exec,
            (sqlite3 * db, const char *sql,
             int (*cb)(void *, int, char **, char **), void *data,
             char **error),
            (db, sql, cb, data, error))
WRAP_SQLITE(FAULT_SQLITE_OPEN, sqlite3_open_v2,
            (const char *path, sqlite3 **out, int flags, const char *vfs),
            (path, out, flags, vfs))
WRAP_SQLITE(FAULT_SQLITE_PREPARE, sqlite3_prepare_v2,
            (sqlite3 * db, const char *sql, int len, sqlite3_stmt **out,
             const char **tail),
            (db, sql, len, out, tail))
WRAP_SQLITE(FAULT_SQLITE_STEP, sqlite3_step, (sqlite3_stmt * stmt), (stmt))
WRAP_SQLITE(FAULT_SQLITE_BIND, sqlite3_bind_int64,
            (sqlite3_stmt * stmt, int i, sqlite3_int64 value), (stmt, i, value))
WRAP_SQLITE(FAULT_SQLITE_BIND, sqlite3_bind_text,
            (sqlite3_stmt * stmt, int i, const char *text, int len,
             void (*destroy)(void *)),
            (stmt, i, text, len, destroy))
WRAP_SQLITE(FAULT_SQLITE_BIND, sqlite3_bind_blob,
            (sqlite3_stmt * stmt, int i, const void *bytes, int len,
             void (*destroy)(void *)),
            (stmt, i, bytes, len, destroy))

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __real_openat64(int fd, const char *path, int flags, ...);
int __wrap_openat64(int fd, const char *path, int flags, ...);
int __real_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, long a, long b, long c, long d, long e,
                    long f);
int __real_linkat(int from_fd, const char *from, int to_fd, const char *to,
                  int flags);
int __wrap_linkat(int from_fd, const char *from, int to_fd, const char *to,
                  int flags);
ssize_t __real_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
int __real_close(int fd);
int __wrap_close(int fd);

static mode_t take_mode(int flags, va_list args)
{
    bool has_mode = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;

    return has_mode ? va_arg(args, mode_t) : 0;
}

int __wrap_open64(const char *path, int flags, ...)
{
    va_list args;

    va_start(args, flags);
    mode_t mode = take_mode(flags, args);
    va_end(args);
    return strikes(FAULT_OPEN) ? -1 : __real_open64(path, flags, mode);
}

int __wrap_openat64(int fd, const char *path, int flags, ...)
{
    bool is_nameless = (flags & O_TMPFILE) == O_TMPFILE;
    va_list args;

    va_start(args, flags);
    mode_t mode = take_mode(flags, args);
    va_end(args);
    if (strikes(is_nameless ? FAULT_OPENAT_NAMELESS : FAULT_OPENAT)) {
        return -1;
    }
    return __real_openat64(fd, path, flags, mode);
}

/* The library calls it with an int, to duplicate a descriptor, and with the
 * address of a lock; as wide as either. */
int __wrap_fcntl64(int fd, int command, ...)
{
    va_list args;

    va_start(args, command);
    void *arg = va_arg(args, void *);
    va_end(args);
    return strikes(FAULT_FCNTL) ? -1 : __real_fcntl64(fd, command, arg);
}

/* With as many arguments as there can be: those that a caller did not pass are
 * handed on unread, which va_arg() could not do. */
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    if (number == SYS_openat2 && strikes(FAULT_OPENAT2)) {
        return -1;
    }
    return __real_syscall(number, a, b, c, d, e, f);
}

int __wrap_linkat(int from_fd, const char *from, int to_fd, const char *to,
                  int flags)
{
    enum fault_call call = (flags & AT_EMPTY_PATH) != 0 ? FAULT_LINKAT_EMPTY
                           : (flags & AT_SYMLINK_FOLLOW) != 0
                               ? FAULT_LINKAT_PROC
                               : FAULT_LINKAT;

    return strikes(call) ? -1 : __real_linkat(from_fd, from, to_fd, to, flags);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    if (!strikes(FAULT_WRITE)) {
        return __real_write(fd, bytes, len);
    }
    if (faults[FAULT_WRITE].err == FAULT_SHORT) {
        return __real_write(fd, bytes, (len + 1) / 2);
    }
    return faults[FAULT_WRITE].err == 0 ? 0 : -1;
}

int __wrap_close(int fd)
{
    if (!strikes(FAULT_CLOSE)) {
        return __real_close(fd);
    }
    __real_close(fd);
    errno = faults[FAULT_CLOSE].err;
    return -1;
}
