/* SPDX-License-Identifier: MIT */
/* Why a file could not be made, in words for people. */
#ifndef ADL_STORE_SINK_ERROR_H
#define ADL_STORE_SINK_ERROR_H

#include <stdbool.h>

#define ADL_SINK_ERROR_MAX 400

/* What went wrong, in words: "rename part file to a/b.iso: No space ...". */
struct adl_sink_error {
    char text[ADL_SINK_ERROR_MAX]; /* "" while nothing did */
    /* What came is not what was sent (adl_checks_judge()), or cannot be
     * decoded: another attempt may do better. */
    bool is_damaged;
    bool is_named; /* of a commit: it is whole, and has its name for now */
};

static inline void adl_sink_error_init(struct adl_sink_error *error)
{
    error->text[0] = '\0'; /* the rest of it need not be touched */
    error->is_damaged = false;
    error->is_named = false;
}

/* Say "<what> <path>: <why>"; of these a long path is what is cut. */
void adl_sink_error_explain(struct adl_sink_error *error, const char *what,
                            const char *path, const char *why);

/*
 * Say what an error code means, and answer it, -EEXIST and -EISDIR as
 * ASYNCDL_EEXISTS and ASYNCDL_EINWAY.
 */
int adl_sink_error_report(struct adl_sink_error *error, int err,
                          const char *what, const char *path);

#endif
