/* SPDX-License-Identifier: MIT */
/* What a writer (asyncdl_write_cb) was given, for tests in one file. */
#ifndef SUPPORT_WRITTEN_H
#define SUPPORT_WRITTEN_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct written {
    char *text; /* with a NUL behind it; NULL before anything came */
    size_t len;
    size_t max_len; /* then it fails; 0: never */
    int err;        /* with this */
    size_t n_calls;
};

/* data is the struct written. */
static inline int written_add(const void *bytes, size_t len, void *data)
{
    struct written *w = data;

    w->n_calls++;
    if (w->max_len > 0 && w->len + len > w->max_len) {
        return w->err;
    }
    char *text = realloc(w->text, w->len + len + 1);
    if (text == NULL) {
        return -1;
    }
    memcpy(text + w->len, bytes, len);
    w->text = text;
    w->len += len;
    w->text[w->len] = '\0';
    return 0;
}

static inline void written_finish(struct written *w)
{
    free(w->text);
    *w = (struct written){0};
}

static inline size_t written_count(const struct written *w, const char *part)
{
    size_t n = 0;

    for (const char *at = w->text;
         at != NULL && (at = strstr(at, part)) != NULL; at++) {
        n++;
    }
    return n;
}

#endif
