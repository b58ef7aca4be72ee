/* SPDX-License-Identifier: MIT */
#include "support/rerun.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define WAIT_MS 2
#define N_WAITS 15000

uint64_t rerun_count(struct download *d, const char *list, const char *options,
                     int status)
{
    uint64_t before = download_count_requests(d, NULL);

    download_run(d, list, options, status);
    return download_count_requests(d, NULL) - before;
}

void rerun_need(struct download *d, const char *list, const char *options,
                int status, uint64_t n_requests)
{
    uint64_t n = rerun_count(d, list, options, status);

    if (n != n_requests) {
        fail_msg("%" PRIu64 " requests, not %" PRIu64 "; stdout:\n%s\n"
                 "stderr:\n%s",
                 n, n_requests, d->cmd.out, d->cmd.err);
    }
}

static bool is_part(const char *name)
{
    size_t len = strlen(name);

    return strncmp(name, ".asyncdl/", 9) == 0 && len > 5 &&
           strcmp(name + len - 5, ".part") == 0;
}

const char *rerun_find_part(struct download *d)
{
    struct tmpdir_files files;
    const char *path = NULL;
    size_t n = 0;

    if (tmpdir_list(&files, &d->cmd.dir, "out") < 0) {
        return NULL; /* it changes under our eyes */
    }
    for (size_t i = 0; i < files.n; i++) {
        if (is_part(files.files[i].name)) {
            path = tmpdir_get_path(&d->cmd.dir, "out/%s", files.files[i].name);
            n++;
        }
    }
    tmpdir_files_finish(&files);
    return n == 1 ? path : NULL;
}

uint64_t rerun_get_part_size(struct download *d)
{
    const char *path = rerun_find_part(d);
    struct stat st;

    return path != NULL && stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

void rerun_wait_for_part(struct download *d, uint64_t bytes)
{
    for (int i = 0; rerun_get_part_size(d) < bytes; i++) {
        assert_true(i < N_WAITS);
        (void)poll(NULL, 0, WAIT_MS);
    }
}

void rerun_kill_in_part(struct download *d, const char *list,
                        const char *options, uint64_t bytes)
{
    struct proc *proc = download_start(d, list, options);

    rerun_wait_for_part(d, bytes);
    assert_int_equal(proc_signal(proc, SIGKILL), 0);
    cmd_wait(&d->cmd, proc, -1);
}

bool rerun_check_whole(struct download *d, const char *name, uint64_t size)
{
    char path[512];
    struct stat st;

    (void)snprintf(path, sizeof(path), "out/%s", name);
    if (lstat(tmpdir_get_path(&d->cmd.dir, "%s", path), &st) < 0) {
        assert_int_equal(errno, ENOENT);
        return false;
    }
    if (!tmpdir_is_pattern(&d->cmd.dir, path, size, 0)) {
        fail_msg("%s is not %" PRIu64 " bytes of the pattern, but torn", path,
                 size);
    }
    return true;
}
