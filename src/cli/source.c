/* SPDX-License-Identifier: MIT */
#include "cli/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/redact.h"

static struct adl_source read_operand(const char *text, size_t position)
{
    struct adl_source s = {
        .kind = ADL_SOURCE_FILE,
        .text = text,
        .name = text,
        .position = position,
        .fd = -1,
    };

    if (strcmp(text, "-") == 0) {
        s.kind = ADL_SOURCE_STDIN;
    } else if (strstr(text, "://") != NULL) {
        s.kind = ADL_SOURCE_URL;
        s.name = "argument";
    }
    return s;
}

/*
 * Can it be read? A file is opened to know for sure; anything else is only
 * asked for its permissions, because opening a FIFO is an event for whoever
 * writes to it.
 */
static int check_path(const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0) {
        return -errno;
    }
    if (S_ISDIR(st.st_mode)) {
        return -EISDIR;
    }
    if (!S_ISREG(st.st_mode)) {
        return faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) < 0 ? -errno : 0;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    (void)close(fd); /* was not even read */
    return 0;
}

static int check_stdin(void)
{
    struct stat st;

    if (fstat(STDIN_FILENO, &st) < 0) {
        return -errno;
    }
    return S_ISDIR(st.st_mode) ? -EISDIR : 0;
}

static int check(const struct adl_source *source)
{
    switch (source->kind) {
    case ADL_SOURCE_FILE:
        return check_path(source->text);
    case ADL_SOURCE_STDIN:
        return check_stdin();
    case ADL_SOURCE_URL:
        break;
    }
    return 0;
}

/* Does it begin as hosts do: h.example/x, www.h.example? */
static bool is_like_url(const char *text)
{
    size_t n = strcspn(text, "/");

    return text[0] != '.' && memchr(text, '.', n) != NULL &&
           (text[n] == '/' || strncmp(text, "www.", 4) == 0);
}

/* A list that is not there may be a mistyped URL, with its password. */
static int refuse(struct adl_buf *error, const char *what, int code)
{
    const char *hint = code == -ENOENT && is_like_url(what)
                           ? " (a URL begins with http:// or https://)"
                           : "";
    struct adl_buf shown = {0};
    int err = code == -ENOENT || code == -ENOTDIR || code == -ENAMETOOLONG
                  ? adl_redact_url(&shown, what)
                  : adl_buf_add_str(&shown, what);

    if (err == 0) {
        err = adl_buf_addf(error, "cannot read %s: %s%s", adl_buf_str(&shown),
                           strerror(-code), hint);
    }
    adl_buf_finish(&shown);
    return err < 0 ? err : code;
}

int adl_sources_init(struct adl_sources *out,
                     const struct adl_strlist *operands, struct adl_buf *error)
{
    struct adl_source *items = calloc(operands->n + 1, sizeof(*items));
    size_t n_stdin = 0;
    int err = items != NULL ? 0 : -ENOMEM;

    for (size_t i = 0; err == 0 && i < operands->n; i++) {
        struct adl_source *s = &items[i];

        *s = read_operand(operands->items[i], i + 1);
        n_stdin += s->kind == ADL_SOURCE_STDIN;
        err = check(s);
        if (err < 0) {
            err = refuse(
                error, s->kind == ADL_SOURCE_STDIN ? "standard input" : s->text,
                err);
        } else if (n_stdin > 1) {
            err = adl_buf_add_str(error, "- can be given only once: standard "
                                         "input ends when it was read");
            err = err < 0 ? err : -EINVAL;
        }
    }
    if (err < 0) {
        free(items);
        return err;
    }
    *out = (struct adl_sources){.items = items, .n = operands->n};
    return 0;
}

static bool is_same_file(const struct stat *st, const struct adl_source *source)
{
    struct stat other;
    int rc = source->kind == ADL_SOURCE_STDIN ? fstat(STDIN_FILENO, &other)
                                              : stat(source->text, &other);

    return rc == 0 && source->kind != ADL_SOURCE_URL &&
           st->st_dev == other.st_dev && st->st_ino == other.st_ino;
}

bool adl_sources_have(const struct adl_sources *sources, const char *path)
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

void adl_sources_finish(struct adl_sources *sources)
{
    for (size_t i = 0; i < sources->n; i++) {
        if (sources->items[i].fd >= 0) {
            (void)close(sources->items[i].fd); /* was only read */
        }
    }
    free(sources->items);
    *sources = (struct adl_sources){0};
}

/*
 * Standard input is opened once more where that can be done: whoever reads it
 * may make it non-blocking, and the other end or the shell must not feel that.
 */
static int open_stdin(void)
{
    struct stat st;
    int fd = -1;

    if (fstat(STDIN_FILENO, &st) == 0 &&
        (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode))) {
        fd = open("/dev/fd/0", O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    }
    if (fd < 0) {
        fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    }
    return fd < 0 ? -errno : fd;
}

int adl_source_take_fd(struct adl_source *source)
{
    if (source->fd >= 0) {
        int fd = source->fd;

        source->fd = -1;
        return fd;
    }
    if (source->kind == ADL_SOURCE_STDIN) {
        return open_stdin();
    }
    /* Without O_NONBLOCK a FIFO would wait here for somebody to write. */
    int fd = open(source->text, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    return fd < 0 ? -errno : fd;
}
