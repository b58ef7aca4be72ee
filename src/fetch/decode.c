/* SPDX-License-Identifier: MIT */
#include "fetch/decode.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ZLIB_CONST /* input is const */
#include <zlib.h>

#include "asyncdl/error.h"

#define PIECE_BYTES 65536 /* of 16384, a seventh of the time was lost */
#define BOMB_BYTES  (UINT64_C(64) * 1024 * 1024)
#define BOMB_RATIO  100
#define WINDOW_BITS 15 /* zlib's most; negative: without frame */
#define GZIP_BITS   (WINDOW_BITS + 16)

struct adl_decoder {
    enum adl_coding coding;
    z_stream stream;
    bool is_open;  /* stream is */
    bool is_ended; /* a stream has come to its end; gzip may add another */
    bool was_full; /* more may come without further bytes */
    size_t n_given;
    size_t n_owed;   /* of what comes, used already */
    size_t len;      /* of the piece; 0: there is none */
    uint8_t piece[]; /* PIECE_BYTES */
};

static bool is_name(const char *name, size_t len, const char *known)
{
    return strlen(known) == len && strncasecmp(name, known, len) == 0;
}

enum adl_coding adl_coding_add(enum adl_coding coding, const char *name,
                               size_t len)
{
    if (len == 0 || is_name(name, len, "identity")) {
        return coding;
    }
    if (coding != ADL_CODING_NONE) {
        return ADL_CODING_UNKNOWN;
    }
    if (is_name(name, len, "gzip") || is_name(name, len, "x-gzip")) {
        return ADL_CODING_GZIP;
    }
    return is_name(name, len, "deflate") ? ADL_CODING_DEFLATE
                                         : ADL_CODING_UNKNOWN;
}

bool adl_coding_is_bomb(uint64_t n_decoded, uint64_t n_coded)
{
    return n_decoded > BOMB_BYTES && n_decoded / BOMB_RATIO > n_coded;
}

int adl_decoder_create(struct adl_decoder **out, enum adl_coding coding)
{
    struct adl_decoder *decoder;

    if (coding == ADL_CODING_UNKNOWN) {
        return ASYNCDL_EPROTOCOL;
    }
    decoder = malloc(sizeof(*decoder) + PIECE_BYTES);
    if (decoder == NULL) {
        return -ENOMEM;
    }
    *decoder = (struct adl_decoder){.coding = coding};
    *out = decoder;
    return 0;
}

void adl_decoder_destroy(struct adl_decoder *decoder)
{
    if (decoder != NULL && decoder->is_open) {
        (void)inflateEnd(&decoder->stream); /* it may be within a stream */
    }
    free(decoder);
}

void adl_decoder_give(struct adl_decoder *decoder, const void *bytes,
                      size_t len)
{
    size_t n_used = decoder->n_owed < len ? decoder->n_owed : len;

    decoder->n_owed -= n_used;
    decoder->n_given = len;
    decoder->stream.next_in = (const uint8_t *)bytes + n_used;
    decoder->stream.avail_in = (uInt)(len - n_used);
}

void adl_decoder_refuse(struct adl_decoder *decoder)
{
    decoder->n_owed += decoder->n_given - decoder->stream.avail_in;
}

void adl_decoder_take(struct adl_decoder *decoder)
{
    decoder->len = 0;
}

/* The first byte of a zlib frame names its method, which is 8; one of a bare
 * stream that looks so would stand for a block that nobody makes. */
static int choose_bits(const struct adl_decoder *decoder)
{
    if (decoder->coding == ADL_CODING_GZIP) {
        return GZIP_BITS;
    }
    return (*decoder->stream.next_in & 0x8f) == 8 ? WINDOW_BITS : -WINDOW_BITS;
}

static int open_stream(struct adl_decoder *decoder)
{
    int zerr = inflateInit2(&decoder->stream, choose_bits(decoder));

    decoder->is_open = zerr == Z_OK;
    return zerr == Z_OK ? 0 : -ENOMEM;
}

/* A body in gzip may be several streams; behind others nothing may be. */
static int open_next(struct adl_decoder *decoder)
{
    if (decoder->coding != ADL_CODING_GZIP ||
        inflateReset(&decoder->stream) != Z_OK) {
        return ASYNCDL_EENCODING;
    }
    decoder->is_ended = false;
    return 0;
}

static int inflate_piece(struct adl_decoder *decoder)
{
    decoder->stream.next_out = decoder->piece;
    decoder->stream.avail_out = PIECE_BYTES;
    int zerr = inflate(&decoder->stream, Z_NO_FLUSH);

    decoder->len = PIECE_BYTES - decoder->stream.avail_out;
    decoder->was_full = decoder->stream.avail_out == 0;
    switch (zerr) {
    case Z_STREAM_END:
        decoder->is_ended = true;
        decoder->was_full = false;
        return 0;
    case Z_OK:
    case Z_BUF_ERROR: /* it wants more bytes */
        return 0;
    case Z_MEM_ERROR:
        return -ENOMEM;
    default:
        return ASYNCDL_EENCODING;
    }
}

int adl_decoder_next(struct adl_decoder *decoder, const void **out,
                     size_t *out_len)
{
    int err = 0;

    while (err == 0 && decoder->len == 0 &&
           (decoder->stream.avail_in > 0 || decoder->was_full)) {
        if (!decoder->is_open) {
            err = open_stream(decoder);
        } else if (decoder->is_ended) {
            err = open_next(decoder);
        }
        if (err == 0) {
            err = inflate_piece(decoder);
        }
    }
    if (err < 0) {
        return err;
    }
    *out = decoder->piece;
    *out_len = decoder->len;
    return decoder->len > 0 ? 1 : 0;
}

bool adl_decoder_is_whole(const struct adl_decoder *decoder)
{
    return decoder->is_ended;
}

const char *adl_decoder_torn_text(const struct adl_decoder *decoder)
{
    return decoder->coding == ADL_CODING_GZIP
               ? "gzip without its end, though all of the body came"
               : "deflate without its end, though all of the body came";
}
