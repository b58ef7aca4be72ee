/* SPDX-License-Identifier: MIT */
#ifndef ADL_STORE_TARGET_H
#define ADL_STORE_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "store/digest.h"

#define ADL_SINK_NO_TIME INT64_MIN

/* How a file is to appear. Borrowed for the length of a call. */
struct adl_sink_target {
    const char *path; /* below the directory, safe already (store/name.h) */
    bool overwrite;   /* false: -EEXIST (as ASYNCDL_EEXISTS) where one is */
    int64_t mtime_s;  /* seconds since 1970, or ADL_SINK_NO_TIME */
    /* The bytes are on the disk before the file has its name, and the name
     * before commit answers. */
    bool is_durable;
    struct adl_checks checks;
};

/* Set a file's time, and have its bytes last, as far as is asked for. 0 or
 * -errno. */
int adl_target_apply(int fd, const struct adl_sink_target *target);

#endif
