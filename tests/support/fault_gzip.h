/* SPDX-License-Identifier: MIT */
/* Compressed bodies that are too large to be decoded as a whole. */
#ifndef SUPPORT_FAULT_GZIP_H
#define SUPPORT_FAULT_GZIP_H

#include "support/faults.h"

/* What they decode to: so many bytes of the pattern with seed 0. */
#define FAULT_GZIP_BYTES 400000

/* Two streams of gzip; the first time the second one is rubbish. */
int fault_gzip_make_mended(struct fault_reply *reply,
                           const struct fault_request *request,
                           const struct fault *fault);

/* All but the last byte, in a body of the right length. */
int fault_gzip_make_torn(struct fault_reply *reply,
                         const struct fault_request *request,
                         const struct fault *fault);

/* Rubbish, and then silence. */
int fault_gzip_make_hanging(struct fault_reply *reply,
                            const struct fault_request *request,
                            const struct fault *fault);

/*
 * Zeros by the megabyte, whose decoding takes a while, then rubbish, and the
 * connection is cut long before that is found. Later on there is no such page.
 */
int fault_gzip_make_late(struct fault_reply *reply,
                         const struct fault_request *request,
                         const struct fault *fault);

#endif
