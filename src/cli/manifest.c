/* SPDX-License-Identifier: MIT */
#include "cli/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uv.h>

/* How it writes what a line cannot hold; NULL: as it is. */
static const char *escape(char c)
{
    switch (c) {
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    default:
        return NULL;
    }
}

int adl_manifest_add_line(struct adl_buf *buf, const char *sha256,
                          const char *path)
{
    bool is_escaped = strpbrk(path, "\\\n\r") != NULL;
    int err = adl_buf_addf(buf, "%s%s  ", is_escaped ? "\\" : "", sha256);

    for (const char *c = path; *c != '\0' && err == 0; c++) {
        const char *escaped = escape(*c);

        err = escaped != NULL ? adl_buf_add_str(buf, escaped)
                              : adl_buf_add(buf, c, 1);
    }
    return err == 0 ? adl_buf_add_str(buf, "\n") : err;
}

/* Where a link leads, so that it stays one. */
static int choose_path(char **out, const char *path)
{
    uv_fs_t request;

    if (path[0] == '\0') {
        return -ENOENT;
    }
    int err = uv_fs_realpath(NULL, &request, path, NULL);

    if (err == 0 || err == UV_ENOENT) {
        *out = strdup(err == 0 ? request.ptr : path);
        err = *out != NULL ? 0 : -ENOMEM;
    }
    uv_fs_req_cleanup(&request);
    return err;
}

static int choose_aside(char **out, const char *path)
{
    struct adl_buf aside = {0};
    struct stat st;

    if (stat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode)) {
            return -EISDIR;
        }
        if (!S_ISREG(st.st_mode)) {
            *out = NULL;
            return 0;
        }
    }
    int err = adl_buf_addf(&aside, "%s.%ld.part", path, (long)getpid());
    *out = err == 0 ? adl_buf_take(&aside) : NULL;
    adl_buf_finish(&aside);
    return err;
}

static int open_stream(struct adl_manifest *manifest)
{
    int flags = manifest->aside != NULL ? O_CREAT | O_TRUNC | O_NOFOLLOW : 0;
    const char *path =
        manifest->aside != NULL ? manifest->aside : manifest->path;

    int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0666);
    if (fd < 0) {
        return -errno;
    }
    manifest->stream = fdopen(fd, "w");
    if (manifest->stream == NULL) {
        int err = -errno;

        (void)close(fd); /* nothing was written */
        return err;
    }
    return 0;
}

int adl_manifest_open(struct adl_manifest *manifest, const char *path)
{
    *manifest = (struct adl_manifest){.stream = NULL};
    int err = choose_path(&manifest->path, path);

    if (err == 0) {
        err = choose_aside(&manifest->aside, manifest->path);
    }
    if (err == 0) {
        err = open_stream(manifest);
    }
    if (err < 0) {
        adl_manifest_abort(manifest);
    }
    return err;
}

void adl_manifest_on_event(const struct asyncdl_event *event, void *data)
{
    struct adl_manifest *manifest = data;
    const struct asyncdl_result *result = event->result;

    if (event->type != ASYNCDL_EVENT_DONE || manifest->err < 0 ||
        result->state == ASYNCDL_FAILED || result->sha256 == NULL ||
        result->path == NULL) {
        return;
    }
    adl_buf_reset(&manifest->line);
    manifest->err =
        adl_manifest_add_line(&manifest->line, result->sha256, result->path);
    if (manifest->err == 0 && fwrite(manifest->line.data, 1, manifest->line.len,
                                     manifest->stream) != manifest->line.len) {
        manifest->err = -errno;
    }
}

static void finish(struct adl_manifest *manifest)
{
    free(manifest->path);
    free(manifest->aside);
    adl_buf_finish(&manifest->line);
    *manifest = (struct adl_manifest){.stream = NULL};
}

/* All of it is on the disk, before it takes the place of another. */
static int close_stream(struct adl_manifest *manifest)
{
    int err = manifest->err;

    if (fflush(manifest->stream) != 0 && err == 0) {
        err = -errno;
    }
    if (manifest->aside != NULL && err == 0 &&
        fsync(fileno(manifest->stream)) < 0) {
        err = -errno;
    }
    if (fclose(manifest->stream) != 0 && err == 0) {
        err = -errno;
    }
    manifest->stream = NULL;
    return err;
}

int adl_manifest_commit(struct adl_manifest *manifest)
{
    if (manifest->stream == NULL) {
        return 0;
    }
    int err = close_stream(manifest);
    if (err == 0 && manifest->aside != NULL &&
        rename(manifest->aside, manifest->path) < 0) {
        err = -errno;
    }
    if (err < 0 && manifest->aside != NULL) {
        (void)unlink(manifest->aside); /* err tells */
    }
    finish(manifest);
    return err;
}

void adl_manifest_abort(struct adl_manifest *manifest)
{
    if (manifest->stream != NULL) {
        (void)fclose(manifest->stream); /* nobody wants it */
        if (manifest->aside != NULL) {
            (void)unlink(manifest->aside);
        }
    }
    finish(manifest);
}
