/* SPDX-License-Identifier: MIT */
#include "cli/precheck.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_LEN 65536

static void tell_entry(const struct adl_listparse *parse,
                       const struct adl_entry *entry)
{
    const struct adl_place place = {
        .file = parse->place.file,
        .line = entry->line,
    };

    if (parse->callbacks->on_entry != NULL) {
        parse->callbacks->on_entry(entry, &place, parse->data);
    }
}

/* Let the parser find what is wrong in what it was given. */
static int drain(struct adl_listparse *parse)
{
    struct adl_entry *entry = NULL;
    int n = adl_listparse_next(&entry, parse);

    while (n > 0) {
        tell_entry(parse, entry);
        n = adl_listparse_next(&entry, parse);
    }
    return n;
}

/* Read a chunk, waiting for it. */
static ssize_t read_chunk(int fd, char *chunk)
{
    for (;;) {
        ssize_t n = read(fd, chunk, CHUNK_LEN);

        if (n >= 0 || errno != EINTR) {
            return n >= 0 ? n : -errno;
        }
    }
}

static int keep(FILE *copy, const char *chunk, size_t len)
{
    if (copy == NULL || fwrite(chunk, 1, len, copy) == len) {
        return 0;
    }
    return errno != 0 ? -errno : -EIO;
}

static int read_fd(struct adl_listparse *parse, int fd, FILE *copy)
{
    char *chunk = malloc(CHUNK_LEN);
    ssize_t n = chunk != NULL ? 1 : -ENOMEM;
    int err = 0;

    while (err == 0 && n > 0) {
        n = read_chunk(fd, chunk);
        if (n > 0) {
            err = keep(copy, chunk, (size_t)n);
            adl_listparse_add(parse, chunk, (size_t)n);
        } else if (n == 0) {
            adl_listparse_end(parse);
        }
        if (err == 0 && n >= 0) {
            err = drain(parse);
        }
    }
    free(chunk);
    return n < 0 ? (int)n : err;
}

/* A descriptor of its own of a temporary file, at its start. */
static int take_copy(FILE *copy)
{
    if (fflush(copy) != 0) {
        return -errno;
    }
    int fd = fcntl(fileno(copy), F_DUPFD_CLOEXEC, 3);
    if (fd < 0) {
        return -errno;
    }
    if (lseek(fd, 0, SEEK_SET) < 0) {
        int err = -errno;

        (void)close(fd); /* holds nothing that is wanted */
        return err;
    }
    return fd;
}

/* Read a list that has to be kept on the way. */
static int read_once(struct adl_listparse *parse, struct adl_source *source,
                     int fd)
{
    FILE *copy = tmpfile();

    if (copy == NULL) {
        return -errno;
    }
    int err = read_fd(parse, fd, copy);
    if (err == 0) {
        int kept = take_copy(copy);

        source->fd = kept;
        err = kept < 0 ? kept : 0;
    }
    (void)fclose(copy); /* was flushed */
    return err;
}

static int open_source(const struct adl_source *source)
{
    int fd = source->kind == ADL_SOURCE_STDIN
                 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                 : open(source->text, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    return fd < 0 ? -errno : fd;
}

static int check_list(struct adl_listparse *parse, struct adl_source *source)
{
    struct stat st;
    int fd = open_source(source);

    if (fd < 0) {
        return fd;
    }
    bool is_repeatable = source->kind == ADL_SOURCE_FILE &&
                         fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    adl_listparse_begin(parse, source->name, 0);
    int err =
        is_repeatable ? read_fd(parse, fd, NULL) : read_once(parse, source, fd);
    (void)close(fd); /* was only read */
    return err;
}

static int check_url(struct adl_listparse *parse,
                     const struct adl_source *source)
{
    adl_listparse_begin(parse, source->name, source->position - 1);
    adl_listparse_add(parse, source->text, strlen(source->text));
    adl_listparse_end(parse);
    return drain(parse);
}

int adl_precheck(const char **out_name, struct adl_sources *sources,
                 const char *protocols,
                 const struct adl_listparse_callbacks *callbacks, void *data)
{
    struct adl_listparse parse;
    int err = adl_listparse_init(&parse, protocols, callbacks, data);

    for (size_t i = 0; err == 0 && i < sources->n; i++) {
        struct adl_source *s = &sources->items[i];

        err = s->kind == ADL_SOURCE_URL ? check_url(&parse, s)
                                        : check_list(&parse, s);
        if (err < 0) {
            *out_name = s->name;
        }
    }
    adl_listparse_finish(&parse);
    return err;
}
