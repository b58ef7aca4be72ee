/* SPDX-License-Identifier: MIT */
/* A fresh folder for a test, removed with all that is in it. */
#ifndef SUPPORT_TMPDIR_H
#define SUPPORT_TMPDIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

struct tmpdir {
    char path[64];
    struct tmpdir_path *paths; /* handed out by tmpdir_get_path() */
};

/* A file in it. */
struct tmpdir_file {
    char *name; /* relative, "a/b.txt" */
    uint64_t size;
};

struct tmpdir_files {
    struct tmpdir_file *files; /* sorted by name */
    size_t n;
};

int tmpdir_init(struct tmpdir *dir); /* 0 or -errno */
void tmpdir_finish(struct tmpdir *dir);

/* The absolute path of a name that is printed, borrowed until finish; NULL
 * without memory. */
const char *tmpdir_get_path(struct tmpdir *dir, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* 0 or -errno; folders on the way must exist. */
int tmpdir_write(struct tmpdir *dir, const char *name, const void *bytes,
                 size_t len);

/* Add the content of a file to out. 0 or -errno. */
int tmpdir_read(struct adl_buf *out, struct tmpdir *dir, const char *name);

/* All regular files below the folder `under` ("" for all), hidden ones too, but
 * not asyncdl's journals. */
int tmpdir_list(struct tmpdir_files *out, struct tmpdir *dir,
                const char *under);
void tmpdir_files_finish(struct tmpdir_files *files);

/* Write the SHA-256 of a file as hex. 0 or -errno. */
int tmpdir_hash(char hex[65], struct tmpdir *dir, const char *name);

/* Whether a file is size bytes of the site's pattern. */
bool tmpdir_is_pattern(struct tmpdir *dir, const char *name, uint64_t size,
                       uint64_t seed);

#endif
