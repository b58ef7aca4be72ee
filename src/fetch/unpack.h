/* SPDX-License-Identifier: MIT */
/*
 * Bodies with a content coding on their way to a file: they are decoded on the
 * pool, by the jobs that write them (save.h), so that the loop is not held up.
 */
#ifndef ADL_FETCH_UNPACK_H
#define ADL_FETCH_UNPACK_H

#include "fetch/body_state.h"

/*
 * 0 or a code, as below; error->is_damaged where what came is at fault, or a
 * want of memory, and not the disk.
 */

/* What follows is the first byte of a body of that coding. Or -ENOMEM. */
int adl_unpack_begin(struct adl_body *body, enum adl_coding coding,
                     struct adl_sink_error *error);

/* Write some of it to body->sink, decoded where it has a coding. Or -errno,
 * ASYNCDL_EENCODING, ASYNCDL_ETOOBIG. */
int adl_unpack_write(struct adl_body *body, const void *bytes, size_t len,
                     struct adl_sink_error *error);

/* All of it was written. Or ASYNCDL_EENCODING where its coding says that more
 * should have come. */
int adl_unpack_end(const struct adl_body *body, struct adl_sink_error *error);

/* Make body->sink of body->mem: it is ready to be committed. Or any of these,
 * or ASYNCDL_ECHECKSUM. */
int adl_unpack_small(struct adl_body *body, struct adl_sink_error *error);

#endif
