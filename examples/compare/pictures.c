/* SPDX-License-Identifier: MIT */
#include "pictures.h"

#include <errno.h>
#include <string.h>

static int on_piece(const void *bytes, size_t len, void *data)
{
    return fwrite(bytes, 1, len, data) == len ? 0 : -EIO;
}

/* The trace of a row, to be destroyed. -ENODATA where it has none. */
static int load(struct asyncdl_trace **out, const struct row *row)
{
    struct asyncdl_trace *trace;

    if (row->trace.len == 0) {
        return -ENODATA;
    }
    int err = asyncdl_trace_create(&trace, NULL);

    if (err < 0) {
        return err;
    }
    err = asyncdl_trace_merge(trace, row->trace.data, row->trace.len);
    if (err < 0) {
        asyncdl_trace_destroy(trace);
        return err;
    }
    *out = trace;
    return 0;
}

static struct asyncdl_diagram_options describe(char *title, size_t cap,
                                               const struct result *result,
                                               const struct row *row)
{
    struct asyncdl_diagram_options options = ASYNCDL_DIAGRAM_OPTIONS_INIT;

    (void)snprintf(title, cap, "%s, %s: %.3f s", options_topic(result->topic),
                   row->name, row->median_s);
    options.title = title;
    options.flags = ASYNCDL_DIAGRAM_BY_START;
    return options;
}

int pictures_draw(FILE *out, const struct result *result)
{
    char title[TITLE_BYTES];
    int err = 0;

    for (size_t i = 0; err == 0 && i < result->n_rows; i++) {
        struct asyncdl_trace *trace;
        struct asyncdl_diagram_options options =
            describe(title, sizeof(title), result, &result->rows[i]);

        if (load(&trace, &result->rows[i]) == 0) {
            fputc('\n', out);
            err = asyncdl_trace_write_text(trace, &options, on_piece, out);
            asyncdl_trace_destroy(trace);
        }
    }
    return err;
}

static int complain(int err, const char *file, char *text, size_t cap)
{
    (void)snprintf(text, cap, "%s: %s", file, asyncdl_strerror(err));
    return err;
}

/* Open, let it be written, and close. */
static int write_file(const char *file,
                      int (*write)(FILE *out, const void *data),
                      const void *data, char *text, size_t cap)
{
    FILE *out = fopen(file, "w");
    int err = out != NULL ? write(out, data) : -errno;

    if (out != NULL && fclose(out) != 0 && err == 0) {
        err = -errno;
    }
    return err == 0 ? 0 : complain(err, file, text, cap);
}

struct drawing {
    const struct result *result;
    const struct row *row;
    struct asyncdl_trace *trace;
};

static int write_svg(FILE *out, const void *data)
{
    const struct drawing *d = data;
    char title[TITLE_BYTES];
    struct asyncdl_diagram_options options =
        describe(title, sizeof(title), d->result, d->row);

    return asyncdl_trace_write_svg(d->trace, &options, on_piece, out);
}

int pictures_write_svg(const char *file, const struct results *results,
                       char *text, size_t cap)
{
    size_t len = strlen(file);
    char name[4096];
    int err = 0;

    if (len > 4 && strcmp(file + len - 4, ".svg") == 0) {
        len -= 4;
    }
    for (size_t i = 0; i < results->n; i++) {
        const struct result *result = &results->items[i];

        for (size_t k = 0; err == 0 && k < result->n_rows; k++) {
            struct drawing d = {.result = result, .row = &result->rows[k]};

            if (load(&d.trace, d.row) < 0) {
                continue;
            }
            (void)snprintf(name, sizeof(name), "%.*s-%s-%s.svg", (int)len, file,
                           options_topic(result->topic), d.row->key);
            err = write_file(name, write_svg, &d, text, cap);
            asyncdl_trace_destroy(d.trace);
        }
    }
    return err;
}

static int write_chrome(FILE *out, const void *data)
{
    const struct results *results = data;
    struct asyncdl_trace *trace;
    int err = asyncdl_trace_create(&trace, NULL);

    for (size_t i = 0; err == 0 && i < results->n; i++) {
        for (size_t k = 0; err == 0 && k < results->items[i].n_rows; k++) {
            const struct run_bytes *bytes = &results->items[i].rows[k].trace;

            if (bytes->len > 0) {
                err = asyncdl_trace_merge(trace, bytes->data, bytes->len);
            }
        }
    }
    if (err == 0) {
        err = asyncdl_trace_write_chrome(trace, on_piece, out);
    }
    asyncdl_trace_destroy(trace);
    return err;
}

int pictures_write_trace(const char *file, const struct results *results,
                         char *text, size_t cap)
{
    return write_file(file, write_chrome, results, text, cap);
}
