/* SPDX-License-Identifier: MIT */
/*
 * Bodies with a content coding. libcurl could decode them, too, but takes one
 * that breaks off for whole: of it we would keep half a file.
 */
#ifndef ADL_FETCH_DECODE_H
#define ADL_FETCH_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What adl_decoder_create() can do, for Accept-Encoding. */
#define ADL_DECODE_ACCEPTED "deflate, gzip"

enum adl_coding {
    ADL_CODING_NONE = 0,
    ADL_CODING_GZIP,
    ADL_CODING_DEFLATE, /* in zlib's frame, or in none */
    ADL_CODING_UNKNOWN,
};

/* One coding's name; of several the result is UNKNOWN. */
enum adl_coding adl_coding_add(enum adl_coding coding, const char *name,
                               size_t len);

/* Does so little stand for so much that no honest body is like that? */
bool adl_coding_is_bomb(uint64_t n_decoded, uint64_t n_coded);

struct adl_decoder;

/* 0, -ENOMEM, or ASYNCDL_EPROTOCOL for UNKNOWN. */
int adl_decoder_create(struct adl_decoder **out, enum adl_coding coding);
void adl_decoder_destroy(struct adl_decoder *decoder); /* NULL is allowed */

/* The next bytes, borrowed until all of them is decoded or refused. */
void adl_decoder_give(struct adl_decoder *decoder, const void *bytes,
                      size_t len);

/*
 * The next piece of the body. 1, and it stays the next one until it is taken;
 * 0 when all that was given is used up; ASYNCDL_EENCODING; -ENOMEM.
 */
int adl_decoder_next(struct adl_decoder *decoder, const void **out,
                     size_t *out_len);
void adl_decoder_take(struct adl_decoder *decoder);

/* All that was given last will be given again, from its first byte on, also in
 * other lengths; it goes on where it stands. */
void adl_decoder_refuse(struct adl_decoder *decoder);

/* Was that the proper end? Else there are words for it, which are constant. */
bool adl_decoder_is_whole(const struct adl_decoder *decoder);
const char *adl_decoder_torn_text(const struct adl_decoder *decoder);

#endif
