/* SPDX-License-Identifier: MIT */
/*
 * An observer: a line for each finished file, as sha256sum writes it and reads
 * it in the folder that the files are in. The list appears at the end, whole;
 * what is no regular file (a pipe, /dev/stdout) is written to as it comes.
 */
#ifndef ADL_CLI_MANIFEST_H
#define ADL_CLI_MANIFEST_H

#include "asyncdl/event.h"
#include "cli/aside.h"
#include "cli/msg.h"
#include "util/buf.h"

struct adl_manifest {
    struct adl_aside aside;
};

/* 0 or -errno; abort is allowed after a failure. */
int adl_manifest_open(struct adl_manifest *manifest, const char *path);

/* data is the struct adl_manifest. */
void adl_manifest_on_event(const struct asyncdl_event *event, void *data);

/* Give it its name and forget it. 0 or -errno of any write; then the list that
 * was there before stays. Nothing where it is not open. */
int adl_manifest_commit(struct adl_manifest *manifest, enum adl_aside_end end);

/* Open and commit with what is wrong told; a path that is NULL is none. */
int adl_manifest_begin(struct adl_manifest *manifest, const char *path,
                       const struct adl_msg *msg);
int adl_manifest_finish(struct adl_manifest *manifest, const char *path,
                        const struct adl_msg *msg, enum adl_aside_end end);

/* Would it open? Likewise; writes nothing. dir would be made before, or is
 * NULL. */
int adl_manifest_check(const char *path, const char *dir,
                       const struct adl_msg *msg);

/* Forget it, and what was written. */
void adl_manifest_abort(struct adl_manifest *manifest);

/* A line of sha256sum's. 0 or -ENOMEM. */
int adl_manifest_add_line(struct adl_buf *buf, const char *sha256,
                          const char *path);

#endif
