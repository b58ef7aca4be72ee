/* SPDX-License-Identifier: MIT */
/*
 * Files without a name (O_TMPFILE), which leave nothing behind whatever
 * happens, and get their names last.
 */
#ifndef ADL_STORE_NAMELESS_H
#define ADL_STORE_NAMELESS_H

#include <stddef.h>

#include "store/part.h"
#include "store/place.h"
#include "store/sink_error.h"
#include "store/target.h"

/*
 * Make one with these bytes, as the target asks for. 0, -ENOTSUP, with nothing
 * said, where the file system has none, or -errno. Closing *out_fd removes it.
 */
int adl_nameless_make(int *out_fd, int aside_fd,
                      const struct adl_sink_target *target, const void *bytes,
                      size_t len, struct adl_sink_error *error);

/*
 * Give it its name, and close it. -ENOTSUP, with nothing said and fd still
 * open: this system cannot give it one.
 */
int adl_nameless_link(int fd, const struct adl_place *place,
                      const struct adl_sink_target *target,
                      struct adl_sink_error *error);

/* Copy it to a part, which can have a name, and close it, also on failure. */
int adl_nameless_become_part(struct adl_part *out, int fd, int aside_fd,
                             const struct adl_sink_target *target,
                             struct adl_sink_error *error);

#endif
