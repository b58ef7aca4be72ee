/* SPDX-License-Identifier: MIT */
#include "store/target.h"

#include <errno.h>

#include <unistd.h>

#include "store/file.h"

int adl_target_apply(int fd, const struct adl_sink_target *target)
{
    if (target->mtime_s != ADL_SINK_NO_TIME) {
        int err = adl_file_set_mtime(fd, target->mtime_s);

        if (err < 0) {
            return err;
        }
    }
    return !target->is_durable || fsync(fd) == 0 ? 0 : -errno;
}
