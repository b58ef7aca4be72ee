/* SPDX-License-Identifier: MIT */
/*
 * A fresh directory for a test to write to. Afterwards it is removed, and the
 * test fails when it left a descriptor open.
 */
#ifndef SUPPORT_SCRATCH_H
#define SUPPORT_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>

#include <sys/types.h>

#define SCRATCH_PATH_MAX 1024

struct scratch {
    char path[SCRATCH_PATH_MAX];
    int n_fds; /* open before the test */
};

/* Puts a struct scratch in *state. */
int scratch_setup(void **state);
int scratch_teardown(void **state);

/* "<scratch>/<name>", valid until the next four calls. */
const char *scratch_path(const struct scratch *scratch, const char *name);

/* Descriptors that this process has open. */
int scratch_count_fds(void);

/* Entries of a folder but "." and "..", or -1 where there is none. */
int scratch_count_entries(const char *path);

void scratch_write(const char *path, const char *text);

/* Does the file hold these bytes and no others? */
bool scratch_holds(const char *path, const void *bytes, size_t len);

/* Mount a file system of that many bytes there, for this process to see; false
 * where we may not. Whoever has files open in it may unmount it first. */
bool scratch_mount(const char *path, unsigned size_bytes);
void scratch_unmount(const char *path);

/* Make what is mounted there read-only, or not. No file in it may be open for
 * writing. */
void scratch_remount(const char *path, bool is_read_only);

#endif
