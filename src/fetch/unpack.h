/* SPDX-License-Identifier: MIT */
/*
 * Bodies with a content coding on their way to a file: they are decoded on the
 * pool, by the jobs that write them (save.h), so that the loop is not held up.
 */
#ifndef ADL_FETCH_UNPACK_H
#define ADL_FETCH_UNPACK_H

#include "fetch/body_state.h"

/* What follows is the first byte of a body of that coding. 0 or -ENOMEM. */
int adl_unpack_begin(struct adl_body *body, enum adl_coding coding);

/* Write some of it to body->sink, decoded where it has a coding. 0, -errno,
 * ASYNCDL_EENCODING, or ASYNCDL_ETOOBIG. */
int adl_unpack_write(struct adl_body *body, const void *bytes, size_t len,
                     struct adl_sink_error *error);

/* All of it was written. 0, or ASYNCDL_EENCODING where its coding says that
 * more should have come. */
int adl_unpack_end(const struct adl_body *body, struct adl_sink_error *error);

/* Make body->sink of body->mem: it is ready to be committed. As above. */
int adl_unpack_small(struct adl_body *body, struct adl_sink_error *error);

/* Is that what a body comes to whose bytes are wrong, not the disk? */
bool adl_unpack_is_of_bytes(const struct adl_body *body, int err);

#endif
