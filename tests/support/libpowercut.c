/* SPDX-License-Identifier: MIT */
/*
 * See powercut.h. POWERCUT_STORE is the folder of copies, POWERCUT_DIR the
 * folder that is watched, POWERCUT_BOOT the boot's name, POWERCUT_AT the call
 * to end at. A copy is named by the inode; "names" there says which names led
 * to which inodes at the last syncfs().
 */
#define _GNU_SOURCE /* RTLD_NEXT, O_TMPFILE, memfd_create */

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the store */
static atomic_uint n_calls;

#define REAL(name) ((__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name))

static bool is_on(void)
{
    return getenv("POWERCUT_STORE") != NULL;
}

/* Another call that matters: is it the one to end at? */
static void count(void)
{
    if (!is_on()) {
        return;
    }
    const char *at = getenv("POWERCUT_AT");
    unsigned n = atomic_fetch_add(&n_calls, 1) + 1;
    if (at != NULL && strtoul(at, NULL, 10) == n) {
        (void)kill(getpid(), SIGKILL);
        for (;;) {
            (void)pause(); /* until it has arrived */
        }
    }
}

static void write_count(void)
{
    char path[PATH_MAX];

    if (!is_on()) {
        return;
    }
    (void)snprintf(path, sizeof(path), "%s/count", getenv("POWERCUT_STORE"));
    FILE *file = fopen(path, "w");
    if (file != NULL) {
        (void)fprintf(file, "%u\n", atomic_load(&n_calls));
        (void)fclose(file);
    }
}

__attribute__((constructor)) static void watch_end(void)
{
    (void)atexit(write_count);
}

static void name_copy(char path[PATH_MAX], ino_t ino, const char *suffix)
{
    (void)snprintf(path, PATH_MAX, "%s/%ju%s", getenv("POWERCUT_STORE"),
                   (uintmax_t)ino, suffix);
}

/* The lock is held. The copy appears at once, with the file's time. */
static void copy(const char *from)
{
    char bytes[65536];
    char to[PATH_MAX];
    char part[PATH_MAX];
    struct stat st;
    off_t at = 0;
    ssize_t n;
    int in = REAL(open64)(from, O_RDONLY | O_CLOEXEC);

    if (in < 0) {
        return; /* it is gone, or no file of this kind */
    }
    if (fstat(in, &st) == 0 && S_ISREG(st.st_mode)) {
        name_copy(to, st.st_ino, "");
        name_copy(part, st.st_ino, ".part");
        int out =
            REAL(open64)(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        while ((n = pread(in, bytes, sizeof(bytes), at)) > 0) {
            at += REAL(write)(out, bytes, (size_t)n);
        }
        const struct timespec times[2] = {st.st_atim, st.st_mtim};
        (void)futimens(out, times);
        (void)close(out);
        (void)rename(part, to);
    }
    (void)close(in);
}

static void forget(int fd)
{
    char path[PATH_MAX];
    struct stat st;

    /* A new file may have the inode of one that is gone. */
    if (is_on() && fstat(fd, &st) == 0 && st.st_size == 0) {
        name_copy(path, st.st_ino, "");
        (void)pthread_mutex_lock(&lock);
        (void)REAL(unlink)(path);
        (void)pthread_mutex_unlock(&lock);
    }
}

static void copy_fd(int fd)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    (void)pthread_mutex_lock(&lock);
    copy(path);
    (void)pthread_mutex_unlock(&lock);
}

/* Write the names down that the folder has, and copy what they name. */
static void note_folder(FILE *names, const char *path, const char *below,
                        bool is_copying)
{
    DIR *folder = opendir(path);
    struct dirent *entry;

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        char from[PATH_MAX];
        char name[PATH_MAX];
        struct stat st;

        (void)snprintf(from, sizeof(from), "%s/%s", path, entry->d_name);
        (void)snprintf(name, sizeof(name), "%s%s", below, entry->d_name);
        if (strcmp(entry->d_name, ".") == 0 ||
            strcmp(entry->d_name, "..") == 0 || lstat(from, &st) < 0) {
            continue;
        }
        if (S_ISDIR(st.st_mode)) {
            (void)strncat(name, "/", sizeof(name) - strlen(name) - 1);
            note_folder(names, from, name, is_copying);
        } else {
            (void)fprintf(names, "%ju %s\n", (uintmax_t)st.st_ino, name);
            if (is_copying) {
                (void)pthread_mutex_lock(&lock);
                copy(from);
                (void)pthread_mutex_unlock(&lock);
            }
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
}

/* Those that are open may have no name. */
static void copy_open_files(void)
{
    for (int fd = 3; fd < 256; fd++) {
        char path[PATH_MAX];
        char link[64];

        (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        ssize_t n = readlink(link, path, sizeof(path) - 1);
        if (n > 0) {
            path[n] = '\0';
            if (strncmp(path, getenv("POWERCUT_DIR"),
                        strlen(getenv("POWERCUT_DIR"))) == 0) {
                copy_fd(fd);
            }
        }
    }
}

/* What the watched folder has now is what it has after the cut. */
static void note_all(bool is_copying)
{
    static pthread_mutex_t walk = PTHREAD_MUTEX_INITIALIZER;
    char names[PATH_MAX];
    char part[PATH_MAX];

    (void)snprintf(names, sizeof(names), "%s/names", getenv("POWERCUT_STORE"));
    (void)snprintf(part, sizeof(part), "%s/names.part",
                   getenv("POWERCUT_STORE"));
    (void)pthread_mutex_lock(&walk);
    FILE *file = fopen(part, "w");
    if (file != NULL) {
        if (is_copying) {
            copy_open_files();
        }
        note_folder(file, getenv("POWERCUT_DIR"), "", is_copying);
        (void)fclose(file);
        (void)rename(part, names);
    }
    (void)pthread_mutex_unlock(&walk);
}

/* What is opened in place of the boot's name, or -1. */
static int open_boot(const char *path)
{
    const char *boot = getenv("POWERCUT_BOOT");
    int fd = -1;

    if (boot != NULL && strcmp(path, BOOT_ID) == 0) {
        fd = memfd_create("boot_id", MFD_CLOEXEC);
        (void)!REAL(write)(fd, boot, strlen(boot));
        (void)lseek(fd, 0, SEEK_SET);
    }
    return fd;
}

static bool has_mode(int flags)
{
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

static int open_at(int folder_fd, const char *path, int flags, mode_t mode)
{
    int fd = open_boot(path);

    if (fd < 0) {
        fd = REAL(openat64)(folder_fd, path, flags, mode);
    }
    if (fd >= 0 && has_mode(flags)) {
        forget(fd);
    }
    return fd;
}

#define TAKE_MODE(flags, mode)                \
    do {                                      \
        va_list args;                         \
        va_start(args, flags);                \
        if (has_mode(flags)) {                \
            mode = (mode_t)va_arg(args, int); \
        }                                     \
        va_end(args);                         \
    } while (0)

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;

    TAKE_MODE(flags, mode);
    return open_at(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    mode_t mode = 0;

    TAKE_MODE(flags, mode);
    return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int folder_fd, const char *path, int flags, ...)
{
    mode_t mode = 0;

    TAKE_MODE(flags, mode);
    return open_at(folder_fd, path, flags, mode);
}

int openat64(int folder_fd, const char *path, int flags, ...)
{
    mode_t mode = 0;

    TAKE_MODE(flags, mode);
    return open_at(folder_fd, path, flags, mode);
}

int fsync(int fd)
{
    struct stat st;

    count();
    if (is_on() && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        note_all(false);
    } else if (is_on()) {
        copy_fd(fd);
    }
    return REAL(fsync)(fd);
}

int fdatasync(int fd)
{
    count();
    if (is_on()) {
        copy_fd(fd);
    }
    return REAL(fdatasync)(fd);
}

int syncfs(int fd)
{
    count();
    if (is_on()) {
        note_all(true);
    }
    return REAL(syncfs)(fd);
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
    count();
    return REAL(linkat)(from_fd, from, to_fd, to, flags);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    count();
    return REAL(renameat)(from_fd, from, to_fd, to);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to,
              unsigned flags)
{
    count();
    return REAL(renameat2)(from_fd, from, to_fd, to, flags);
}

int unlinkat(int folder_fd, const char *path, int flags)
{
    count();
    return REAL(unlinkat)(folder_fd, path, flags);
}

int unlink(const char *path)
{
    count();
    return REAL(unlink)(path);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    if (fd > 2) {
        count();
    }
    return REAL(write)(fd, bytes, len);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t offset)
{
    count();
    return REAL(pwrite64)(fd, bytes, len, offset);
}

int ftruncate64(int fd, off64_t len)
{
    count();
    return REAL(ftruncate64)(fd, len);
}
