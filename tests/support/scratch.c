/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* nftw(), unshare() */

#include "support/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define N_PATHS     4
#define MAX_FTW_FDS 16

int scratch_count_entries(const char *path)
{
    DIR *folder = opendir(path);
    int n = 0;

    if (folder == NULL) {
        return -1;
    }
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    }
    closedir(folder);
    return n;
}

int scratch_count_fds(void)
{
    return scratch_count_entries("/proc/self/fd");
}

int scratch_setup(void **state)
{
    const char *base = getenv("TMPDIR");
    struct scratch *scratch = calloc(1, sizeof(*scratch));

    if (scratch == NULL) {
        return -1;
    }
    (void)snprintf(scratch->path, sizeof(scratch->path), "%s/asyncdl-XXXXXX",
                   base != NULL ? base : "/tmp");
    scratch->n_fds = scratch_count_fds();
    if (mkdtemp(scratch->path) == NULL) {
        free(scratch);
        return -1;
    }
    *state = scratch;
    return 0;
}

static int remove_entry(const char *path, const struct stat *info, int type,
                        struct FTW *place)
{
    (void)info;
    (void)type;
    (void)place;
    return remove(path);
}

int scratch_teardown(void **state)
{
    struct scratch *scratch = *state;
    int n_left = scratch_count_fds() - scratch->n_fds;

    int err =
        nftw(scratch->path, remove_entry, MAX_FTW_FDS, FTW_DEPTH | FTW_PHYS);
    free(scratch);
    if (n_left != 0) {
        print_error("%d descriptors left open\n", n_left);
        return -1;
    }
    return err;
}

const char *scratch_path(const struct scratch *scratch, const char *name)
{
    static char paths[N_PATHS][2 * SCRATCH_PATH_MAX];
    static int next;
    char *path = paths[next++ % N_PATHS];

    (void)snprintf(path, sizeof(paths[0]), "%s/%s", scratch->path, name);
    return path;
}

void scratch_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

bool scratch_holds(const char *path, const void *bytes, size_t len)
{
    FILE *file = fopen(path, "r");
    char *found = malloc(len + 1);

    assert_non_null(found);
    if (file == NULL) {
        free(found);
        return false;
    }
    size_t n = fread(found, 1, len + 1, file);
    bool holds = n == len && memcmp(found, bytes, len) == 0;
    fclose(file);
    free(found);
    return holds;
}

bool scratch_mount(const char *path, unsigned size_bytes)
{
    char options[32];

    (void)snprintf(options, sizeof(options), "size=%u", size_bytes);
    return unshare(CLONE_NEWNS) == 0 &&
           mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", path, "tmpfs", MS_NODEV, options) == 0;
}

void scratch_unmount(const char *path)
{
    assert_int_equal(umount2(path, MNT_DETACH), 0);
}

void scratch_remount(const char *path, bool is_read_only)
{
    assert_int_equal(
        mount("tmpfs", path, "tmpfs",
              MS_REMOUNT | MS_NODEV | (is_read_only ? MS_RDONLY : 0UL), NULL),
        0);
}
