/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* realpath() */

#include "cli/outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "asyncdl/error.h"
#include "cli/aside.h"
#include "util/redact.h"

#define ASIDE "/.asyncdl" /* where a run keeps its journal, below DIR */

static const char *const option_names[ADL_N_OUTPUTS] = {
    [ADL_OUTPUT_FAILED] = "--failed",
    [ADL_OUTPUT_MANIFEST] = "--manifest",
    [ADL_OUTPUT_COOKIE_JAR] = "--cookie-jar",
    [ADL_OUTPUT_CHARTS + ADL_CHART_TRACE] = "--trace",
    [ADL_OUTPUT_CHARTS + ADL_CHART_TIMELINE] = "--timeline",
    [ADL_OUTPUT_CHARTS + ADL_CHART_REPORT] = "--report",
};

/* The folder of path, links followed, and what follows it. 0 or -errno. */
static int resolve_new(char **out, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    struct adl_buf folder = {0};
    struct adl_buf full = {0};
    char *real = NULL;
    int err = slash != NULL
                  ? adl_buf_add(&folder, path, (size_t)(slash - path) + 1)
                  : adl_buf_add_str(&folder, ".");

    if (err == 0) {
        real = realpath(folder.data, NULL);
        err = real != NULL ? 0 : -errno;
    }
    if (err == 0) {
        err = adl_buf_addf(&full, "%s/%s", strcmp(real, "/") == 0 ? "" : real,
                           name);
    }
    if (err == 0) {
        *out = adl_buf_take(&full);
    }
    free(real);
    adl_buf_finish(&folder);
    adl_buf_finish(&full);
    return err;
}

/* 0 with NULL for what cannot be replaced: a device, or what is not there and
 * cannot be made. Whoever opens it says why. Or -ENOMEM. */
static int resolve(char **out, const char *path)
{
    struct stat st;
    int err = 0;

    *out = NULL;
    if (stat(path, &st) == 0) {
        if (S_ISREG(st.st_mode)) {
            *out = realpath(path, NULL);
            err = *out != NULL ? 0 : -errno;
        }
    } else {
        err = resolve_new(out, path);
    }
    return err == -ENOMEM ? err : 0;
}

/* What follows folder and a slash in path, or NULL. */
static const char *find_below(const char *path, const char *folder)
{
    size_t len = strcmp(folder, "/") == 0 ? 0 : strlen(folder);

    return strncmp(path, folder, len) == 0 && path[len] == '/' ? path + len + 1
                                                               : NULL;
}

static bool is_same(const struct adl_output_file *a,
                    const struct adl_output_file *b)
{
    struct stat st;
    struct stat other;

    if (a->full == NULL || b->full == NULL) {
        return false;
    }
    return strcmp(a->full, b->full) == 0 ||
           (stat(a->full, &st) == 0 && stat(b->full, &other) == 0 &&
            st.st_dev == other.st_dev && st.st_ino == other.st_ino);
}

/* dir is that of the run, links followed, or NULL. */
static int check_place(struct adl_output_file *file, const char *option,
                       const char *dir, struct adl_buf *error)
{
    file->name =
        file->full != NULL && dir != NULL ? find_below(file->full, dir) : NULL;
    if (file->name == NULL || find_below(file->name - 1, ASIDE) == NULL) {
        return 0;
    }
    int err =
        adl_buf_addf(error, "%s must not be in %s%s, where the journal is: %s",
                     option, dir, ASIDE, file->path);
    return err < 0 ? err : -EINVAL;
}

static int check_list(const struct adl_output_file *file, const char *option,
                      const struct adl_sources *sources, struct adl_buf *error)
{
    if (file->full == NULL || !adl_sources_have(sources, file->full)) {
        return 0;
    }
    int err = adl_buf_addf(error,
                           "%s must not be a list that is read (only --failed "
                           "may replace one): %s",
                           option, file->path);
    return err < 0 ? err : -EINVAL;
}

/* What the next run takes for cookies, and nothing else that was there. */
static bool is_jar(const char *path)
{
    static const char *const heads[] = {"# Netscape HTTP Cookie File",
                                        "# HTTP Cookie File"};
    char head[32] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t n = fd >= 0 ? read(fd, head, sizeof(head) - 1) : 0;

    if (fd >= 0) {
        (void)close(fd); /* was only read */
    }
    return n <= 0 || strncmp(head, heads[0], strlen(heads[0])) == 0 ||
           strncmp(head, heads[1], strlen(heads[1])) == 0;
}

/* curl writes the jar when all is over, and asks nobody. */
static int check_jar(const struct adl_output_file *file, struct adl_buf *error)
{
    if (file->name == NULL || is_jar(file->full)) {
        return 0;
    }
    int err = adl_buf_addf(error,
                           "--cookie-jar must not replace a file of --dir that "
                           "holds no cookies: %s",
                           file->path);
    return err < 0 ? err : -EINVAL;
}

static int check_others(const struct adl_outputs *outputs, size_t i,
                        struct adl_buf *error)
{
    const struct adl_output_file *file = &outputs->files[i];

    for (size_t other = 0; other < i; other++) {
        if (is_same(file, &outputs->files[other])) {
            int err =
                adl_buf_addf(error, "%s and %s must not be one file: %s and %s",
                             option_names[other], option_names[i],
                             outputs->files[other].path, file->path);

            return err < 0 ? err : -EINVAL;
        }
    }
    return 0;
}

static int check(struct adl_outputs *outputs, size_t i, const char *dir,
                 const struct adl_sources *sources, struct adl_buf *error)
{
    struct adl_output_file *file = &outputs->files[i];
    int err = file->path != NULL ? resolve(&file->full, file->path) : 0;

    if (err == 0) {
        err = check_place(file, option_names[i], dir, error);
    }
    if (err == 0 && i != ADL_OUTPUT_FAILED) {
        err = check_list(file, option_names[i], sources, error);
    }
    if (err == 0 && i == ADL_OUTPUT_COOKIE_JAR) {
        err = check_jar(file, error);
    }
    return err < 0 ? err : check_others(outputs, i, error);
}

int adl_outputs_init(struct adl_outputs *outputs,
                     const struct adl_options *options,
                     const struct adl_sources *sources,
                     const struct adl_msg *msg, struct adl_buf *error)
{
    const char *given = options->client.dir;
    char *dir = realpath(given != NULL ? given : ".", NULL);
    int err = dir != NULL || errno != ENOMEM ? 0 : -ENOMEM;

    *outputs = (struct adl_outputs){.msg = msg};
    outputs->files[ADL_OUTPUT_FAILED].path = options->failed;
    outputs->files[ADL_OUTPUT_MANIFEST].path = options->manifest;
    outputs->files[ADL_OUTPUT_COOKIE_JAR].path =
        options->client.http.cookie_jar;
    for (size_t i = 0; i < ADL_N_CHARTS; i++) {
        outputs->files[ADL_OUTPUT_CHARTS + i].path = options->charts[i];
    }
    for (size_t i = 0; err == 0 && i < ADL_N_OUTPUTS; i++) {
        err = check(outputs, i, dir, sources, error);
    }
    free(dir);
    if (err < 0) {
        adl_outputs_finish(outputs);
    }
    return err;
}

static bool lacks_folder(const char *path)
{
    return path != NULL && adl_aside_lacks_folder(path);
}

bool adl_outputs_lack_folder(const struct adl_options *options)
{
    bool lacks =
        lacks_folder(options->failed) || lacks_folder(options->manifest);

    for (size_t i = 0; i < ADL_N_CHARTS && !lacks; i++) {
        lacks = lacks_folder(options->charts[i]);
    }
    return lacks;
}

int adl_outputs_begin(struct adl_outputs *outputs,
                      const struct adl_options *options,
                      const struct adl_sources *sources,
                      const struct adl_msg *msg)
{
    struct adl_buf text = {0};
    int err = adl_outputs_init(outputs, options, sources, msg, &text);

    if (err < 0) {
        adl_msg_error(msg, "%s",
                      err == -ENOMEM ? strerror(ENOMEM) : adl_buf_str(&text));
    }
    adl_buf_finish(&text);
    return err;
}

/* Is its file there, or was it, until somebody changed it? */
static bool has_file(const struct asyncdl_result *result)
{
    return result->path != NULL && result->state != ASYNCDL_FAILED &&
           result->err != ASYNCDL_EEXISTS;
}

static void take(struct adl_outputs *outputs, size_t i,
                 const struct asyncdl_result *result)
{
    struct adl_output_file *file = &outputs->files[i];
    struct adl_buf url = {0};

    if (!file->is_taken) {
        bool is_shown = adl_redact_url(&url, result->url) == 0;

        adl_msg_error(outputs->msg,
                      "%s %s: is the file of %s: cannot go on; name another "
                      "file",
                      option_names[i], file->path,
                      is_shown ? adl_buf_str(&url) : "a line");
    }
    adl_buf_finish(&url);
    file->is_taken = true;
    outputs->err = -EEXIST;
}

void adl_outputs_on_event(const struct asyncdl_event *event, void *data)
{
    struct adl_outputs *outputs = data;

    if (event->type != ASYNCDL_EVENT_DONE || !has_file(event->result)) {
        return;
    }
    for (size_t i = 0; i < ADL_N_OUTPUTS; i++) {
        const char *name = outputs->files[i].name;

        if (name != NULL && strcmp(name, event->result->path) == 0) {
            take(outputs, i, event->result);
        }
    }
}

void adl_outputs_finish(struct adl_outputs *outputs)
{
    for (size_t i = 0; i < ADL_N_OUTPUTS; i++) {
        free(outputs->files[i].full);
    }
    *outputs = (struct adl_outputs){0};
}
