/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* O_TMPFILE */

#include "cli/failed.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uv.h>

#include "cli/entrytext.h"

#define FLUSH_LEN ((size_t)64 * 1024)
#define MAX_TRIES 100 /* of names that others have taken */

struct adl_failed_ticket {
    struct adl_failed *failed;
    char *text; /* lines of a list; NULL for what no list can hold */
};

static int refuse(struct adl_buf *error, const char *path, const char *what)
{
    return adl_buf_addf(error, "--failed: cannot write %s: %s", path, what);
}

/* Where to put it: FILE, or what it is a link to. 0, -ENOMEM or -errno. */
static int locate(char **out, const char *path)
{
    struct stat st;

    if (path[0] == '\0') {
        return -ENOENT;
    }
    if (stat(path, &st) < 0) {
        if (errno != ENOENT || path[strlen(path) - 1] == '/') {
            return -errno;
        }
        *out = strdup(path);
        return *out != NULL ? 0 : -ENOMEM;
    }
    if (!S_ISREG(st.st_mode)) {
        return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
    }
    if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) < 0) {
        return -errno; /* though its folder might allow to replace it */
    }
    *out = realpath(path, NULL);
    return *out != NULL ? 0 : -errno;
}

/* Make up a name in the folder of path. 0 or -ENOMEM. */
static int make_aside(struct adl_buf *out, const char *path)
{
    const char *slash = strrchr(path, '/');
    uint64_t number = 0;

    (void)uv_random(NULL, NULL, &number, sizeof(number), 0, NULL);
    adl_buf_reset(out); /* any number is good: O_EXCL decides */
    int err =
        slash != NULL ? adl_buf_add(out, path, (size_t)(slash - path) + 1) : 0;
    return err < 0 ? err
                   : adl_buf_addf(out, ".asyncdl-failed.%08" PRIx32,
                                  (uint32_t)number);
}

#ifdef O_TMPFILE
/* A file without a name is gone whatever ends the program. */
static int open_nameless(const char *path)
{
    struct adl_buf folder = {0};
    const char *slash = strrchr(path, '/');
    int err = slash != NULL
                  ? adl_buf_add(&folder, path, (size_t)(slash - path) + 1)
                  : adl_buf_add_str(&folder, ".");
    int fd = err < 0 ? err
                     : openat(AT_FDCWD, folder.data,
                              O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

    adl_buf_finish(&folder);
    return fd;
}
#else
static int open_nameless(const char *path)
{
    (void)path;
    return -1;
}
#endif

/* Do something with a name that nobody has yet. */
static int try_names(struct adl_failed *failed,
                     int (*act)(struct adl_failed *failed, const char *name))
{
    struct adl_buf name = {0};
    int err = -EEXIST;

    for (int i = 0; err == -EEXIST && i < MAX_TRIES; i++) {
        err = make_aside(&name, failed->path);
        if (err == 0) {
            err = act(failed, name.data);
        }
    }
    if (err == 0) {
        failed->aside = adl_buf_take(&name);
    }
    adl_buf_finish(&name);
    return err;
}

static int create(struct adl_failed *failed, const char *name)
{
    failed->fd =
        openat(AT_FDCWD, name,
               O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOCTTY, 0600);
    return failed->fd < 0 ? -errno : 0;
}

/* Give a file without a name one. */
static int give_name(struct adl_failed *failed, const char *name)
{
    char from[32];

    (void)snprintf(from, sizeof(from), "/proc/self/fd/%d", failed->fd);
    return linkat(AT_FDCWD, from, AT_FDCWD, name, AT_SYMLINK_FOLLOW) < 0
               ? -errno
               : 0;
}

static bool has_proc(void)
{
    return access("/proc/self/fd", X_OK) == 0;
}

static int open_aside(struct adl_failed *failed)
{
    failed->fd = has_proc() ? open_nameless(failed->path) : -1;
    return failed->fd >= 0 ? 0 : try_names(failed, create);
}

static bool is_same_file(const struct stat *st, const struct adl_source *source)
{
    struct stat other;
    int rc = source->kind == ADL_SOURCE_STDIN ? fstat(STDIN_FILENO, &other)
                                              : stat(source->text, &other);

    return rc == 0 && source->kind != ADL_SOURCE_URL &&
           st->st_dev == other.st_dev && st->st_ino == other.st_ino;
}

static bool is_among(const char *path, const struct adl_sources *sources)
{
    struct stat st;

    if (stat(path, &st) < 0) {
        return false;
    }
    for (size_t i = 0; i < sources->n; i++) {
        if (is_same_file(&st, &sources->items[i])) {
            return true;
        }
    }
    return false;
}

int adl_failed_open(struct adl_failed *failed, const char *path,
                    const struct adl_sources *sources, struct adl_buf *error)
{
    *failed = (struct adl_failed){.fd = -1};
    int err = locate(&failed->path, path);

    if (err == 0) {
        err = open_aside(failed);
    }
    if (err == 0) {
        failed->is_list = is_among(failed->path, sources);
        return 0;
    }
    adl_failed_abort(failed);
    int full = refuse(error, path,
                      err == -EINVAL ? "not a regular file" : strerror(-err));
    return full < 0 ? full : err;
}

static void note(struct adl_failed *failed, int err)
{
    failed->err = failed->err < 0 ? failed->err : err;
}

/* 0 or -errno. */
static int write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);

        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        bytes += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static void flush(struct adl_failed *failed)
{
    if (failed->err == 0) {
        note(failed, write_all(failed->fd, adl_buf_str(&failed->text),
                               failed->text.len));
    }
    adl_buf_reset(&failed->text);
}

static void flush_when_full(struct adl_failed *failed)
{
    if (failed->text.len >= FLUSH_LEN) {
        flush(failed);
    }
}

int adl_failed_ticket(struct adl_failed_ticket **out, struct adl_failed *failed,
                      const struct adl_entry *entry)
{
    struct adl_buf text = {0};

    *out = NULL;
    if (!adl_failed_is_open(failed)) {
        return 0;
    }
    struct adl_failed_ticket *ticket = calloc(1, sizeof(*ticket));
    int err = ticket != NULL ? adl_entrytext_add(&text, entry) : -ENOMEM;
    if (err < 0) {
        adl_buf_finish(&text);
        free(ticket);
        note(failed, err);
        return err;
    }
    ticket->failed = failed;
    ticket->text = adl_buf_take(&text);
    *out = ticket;
    return 0;
}

void adl_failed_use(struct adl_failed_ticket *ticket)
{
    if (ticket == NULL) {
        return;
    }
    struct adl_failed *failed = ticket->failed;
    note(failed, adl_buf_add_str(&failed->text, ticket->text));
    flush_when_full(failed);
    adl_failed_drop(ticket);
}

void adl_failed_drop(struct adl_failed_ticket *ticket)
{
    if (ticket != NULL) {
        free(ticket->text);
        free(ticket);
    }
}

void adl_failed_on_done(const struct asyncdl_result *result, void *data)
{
    if (result->state == ASYNCDL_FAILED && result->err != -ECANCELED) {
        adl_failed_use(data);
    } else {
        adl_failed_drop(data);
    }
}

/* Bytes that stay in their comment. */
static int add_comment(struct adl_buf *text, const char *bytes)
{
    size_t from = text->len;
    int err = adl_buf_add_str(text, bytes);

    for (size_t i = from; i < text->len; i++) {
        unsigned char c = (unsigned char)text->data[i];

        if (c < ' ' || c == 0x7f) {
            text->data[i] = '?';
        }
    }
    return err;
}

void adl_failed_add_bad(struct adl_failed *failed,
                        const struct adl_place *place, const char *why)
{
    if (!adl_failed_is_open(failed)) {
        return;
    }
    int err = adl_buf_add_str(&failed->text, "# ");
    err = err < 0 ? err : add_comment(&failed->text, place->file);
    err = err < 0 ? err
                  : adl_buf_addf(&failed->text, ":%" PRIu64 ": ", place->line);
    err = err < 0 ? err : add_comment(&failed->text, why);
    err = err < 0 ? err : adl_buf_add_str(&failed->text, "\n");
    note(failed, err);
    flush_when_full(failed);
}

static int put_in_place(struct adl_failed *failed)
{
    int err = failed->aside != NULL ? 0 : try_names(failed, give_name);

    if (err == 0 &&
        renameat(AT_FDCWD, failed->aside, AT_FDCWD, failed->path) < 0) {
        err = -errno;
    }
    if (err == 0) {
        free(failed->aside);
        failed->aside = NULL; /* nothing to remove */
    }
    return err;
}

static int commit(struct adl_failed *failed, enum adl_failed_end end)
{
    flush(failed);
    int err = failed->err;
    if (err == 0 && end == ADL_FAILED_SYNC && fdatasync(failed->fd) < 0) {
        err = -errno;
    }
    return err < 0 ? err : put_in_place(failed);
}

int adl_failed_finish(struct adl_failed *failed, const struct adl_msg *msg,
                      bool is_whole, enum adl_failed_end end)
{
    int err = 0;

    if (!adl_failed_is_open(failed)) {
        return 0;
    }
    if (failed->is_list && !is_whole) {
        adl_msg_note(msg,
                     "--failed: %s stays as it was: not all of it was "
                     "tried",
                     failed->path);
    } else {
        err = commit(failed, end);
    }
    if (err < 0) {
        adl_msg_error(msg, "--failed: cannot write %s: %s: it stays as it was",
                      failed->path, strerror(-err));
    }
    adl_failed_abort(failed); /* closes what is left */
    return err;
}

void adl_failed_abort(struct adl_failed *failed)
{
    if (failed->path != NULL && failed->fd >= 0) {
        (void)close(failed->fd); /* all that counts was synced or is dropped */
    }
    if (failed->aside != NULL) {
        /* best effort: it is no list that anybody asked for */
        (void)unlinkat(AT_FDCWD, failed->aside, 0);
    }
    free(failed->aside);
    free(failed->path);
    adl_buf_finish(&failed->text);
    *failed = (struct adl_failed){.fd = -1};
}
