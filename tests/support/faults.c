/* SPDX-License-Identifier: MIT */
#include "support/faults.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "site/pattern.h"
#include "support/fault_gzip.h"

#define BIG_HEADER_BYTES (3u << 20)
#define N_MANY_HEADERS   200000
#define N_HINTS          50
#define HALF             (FAULT_BODY_BYTES / 2)
#define OTHER_SEED       7 /* the content of a changed resource */

#define OK   "HTTP/1.1 200 OK\r\n"
#define PART "HTTP/1.1 206 Partial Content\r\nETag: \"one\"\r\n"

static int add_content(struct adl_buf *buf, uint64_t seed, size_t from,
                       size_t to)
{
    uint8_t bytes[FAULT_BODY_BYTES];

    adl_pattern_fill(bytes, to - from, seed, from);
    return adl_buf_add(buf, bytes, to - from);
}

#define ADD_HEAD(reply, ...) adl_buf_addf(&(reply)->bytes, __VA_ARGS__)

static int make_text(struct fault_reply *reply,
                     const struct fault_request *request,
                     const struct fault *fault)
{
    (void)request;
    reply->ending = fault->ending;
    return adl_buf_add(&reply->bytes, fault->text, fault->text_len);
}

/* The fault's text as the head, then the whole body. */
static int make_body(struct fault_reply *reply,
                     const struct fault_request *request,
                     const struct fault *fault)
{
    int err = make_text(reply, request, fault);

    return err == 0 ? add_content(&reply->bytes, 0, 0, FAULT_BODY_BYTES) : err;
}

/* The last byte is damaged the first time. */
static int make_mended(struct fault_reply *reply,
                       const struct fault_request *request,
                       const struct fault *fault)
{
    int err = make_text(reply, request, fault);

    if (err == 0 && request->nth == 1) {
        reply->bytes.data[reply->bytes.len - 1] ^= 1;
    }
    return err;
}

static int make_half_body(struct fault_reply *reply,
                          const struct fault_request *request,
                          const struct fault *fault)
{
    int err = make_text(reply, request, fault);

    return err == 0 ? add_content(&reply->bytes, 0, 0, HALF) : err;
}

static int make_dripped(struct fault_reply *reply,
                        const struct fault_request *request,
                        const struct fault *fault)
{
    reply->is_dripped = true;
    return make_text(reply, request, fault);
}

#define N_LOOPED 200 /* in one write */

/* The text, and then all but its first line for ever. */
static int make_loop(struct fault_reply *reply,
                     const struct fault_request *request,
                     const struct fault *fault)
{
    int err = make_text(reply, request, fault);

    reply->ending = FAULT_LOOP;
    reply->loop_from = strcspn(fault->text, "\n") + 1;
    for (int i = 1; err == 0 && i < N_LOOPED; i++) {
        err = adl_buf_add_str(&reply->bytes, fault->text + reply->loop_from);
    }
    return err;
}

static int make_big_header(struct fault_reply *reply,
                           const struct fault_request *request,
                           const struct fault *fault)
{
    int err = ADD_HEAD(reply, "HTTP/1.1 200 OK\r\nX-Big: ");

    (void)request;
    (void)fault;
    reply->ending = FAULT_CLOSE;
    if (err == 0) {
        err = adl_buf_reserve(&reply->bytes, BIG_HEADER_BYTES + 100);
    }
    if (err == 0) {
        memset(reply->bytes.data + reply->bytes.len, 'x', BIG_HEADER_BYTES);
        reply->bytes.len += BIG_HEADER_BYTES;
        err = ADD_HEAD(reply, "\r\nContent-Length: 2\r\n\r\nok");
    }
    return err;
}

static int make_many_headers(struct fault_reply *reply,
                             const struct fault_request *request,
                             const struct fault *fault)
{
    int err = ADD_HEAD(reply, "HTTP/1.1 200 OK\r\n");

    (void)request;
    (void)fault;
    reply->ending = FAULT_CLOSE;
    for (unsigned i = 0; err == 0 && i < N_MANY_HEADERS; i++) {
        err = ADD_HEAD(reply, "X-%u: %u\r\n", i, i);
    }
    return err == 0 ? ADD_HEAD(reply, "Content-Length: 2\r\n\r\nok") : err;
}

static int make_hints(struct fault_reply *reply,
                      const struct fault_request *request,
                      const struct fault *fault)
{
    int err = 0;

    for (unsigned i = 0; err == 0 && i < N_HINTS; i++) {
        err = ADD_HEAD(reply, "HTTP/1.1 103 Early Hints\r\nLink: </%u>\r\n\r\n",
                       i);
    }
    return err == 0 ? make_body(reply, request, fault) : err;
}

/* Half of the body of an honest resource, and the end. */
static int make_first_half(struct fault_reply *reply)
{
    int err = ADD_HEAD(reply,
                       "HTTP/1.1 200 OK\r\nETag: \"one\"\r\n"
                       "Accept-Ranges: bytes\r\nContent-Length: %d\r\n\r\n",
                       FAULT_BODY_BYTES);

    reply->ending = FAULT_CLOSE;
    return err == 0 ? add_content(&reply->bytes, 0, 0, HALF) : err;
}

/*
 * The first request gets half a body. One with a range gets the fault's text
 * as its head and the bytes asked for; one without a range gets it all, so
 * that a client which starts over ends well.
 */
static int make_range(struct fault_reply *reply,
                      const struct fault_request *request,
                      const struct fault *fault)
{
    if (request->nth == 1) {
        return make_first_half(reply);
    }
    if (request->range == NULL) {
        int err = ADD_HEAD(reply,
                           "HTTP/1.1 200 OK\r\nETag: \"one\"\r\n"
                           "Content-Length: %d\r\n\r\n",
                           FAULT_BODY_BYTES);

        return err == 0 ? add_content(&reply->bytes, 0, 0, FAULT_BODY_BYTES)
                        : err;
    }
    const char *from = strchr(request->range, '=');
    long first = from != NULL ? strtol(from + 1, NULL, 10) : 0;

    first = first < 0 || first > FAULT_BODY_BYTES ? 0 : first;
    int err = make_text(reply, request, fault);
    if (err == 0) {
        err = ADD_HEAD(reply, "Content-Length: %ld\r\n\r\n",
                       FAULT_BODY_BYTES - first);
    }
    return err == 0
               ? add_content(&reply->bytes, 0, (size_t)first, FAULT_BODY_BYTES)
               : err;
}

/* After the first half, only the fault's text. */
static int make_range_text(struct fault_reply *reply,
                           const struct fault_request *request,
                           const struct fault *fault)
{
    return request->nth == 1 || request->range == NULL
               ? make_range(reply, request, fault)
               : make_text(reply, request, fault);
}

/* After the first half, all of it, whatever is asked for. */
static int make_ignored(struct fault_reply *reply,
                        const struct fault_request *request,
                        const struct fault *fault)
{
    const struct fault_request plain = {.nth = request->nth};

    return make_range(reply, &plain, fault);
}

/* After the first half, the text and the whole body of another version. */
static int make_changed(struct fault_reply *reply,
                        const struct fault_request *request,
                        const struct fault *fault)
{
    if (request->nth == 1) {
        return make_first_half(reply);
    }
    int err = request->range != NULL
                  ? make_text(reply, request, fault)
                  : ADD_HEAD(reply,
                             "HTTP/1.1 200 OK\r\nETag: \"two\"\r\n"
                             "Content-Length: %d\r\n\r\n",
                             FAULT_BODY_BYTES);
    bool is_part =
        request->range != NULL && strncmp(fault->text, "HTTP/1.1 206", 12) == 0;

    return err == 0 ? add_content(&reply->bytes, OTHER_SEED, is_part ? HALF : 0,
                                  FAULT_BODY_BYTES)
                    : err;
}

/*
 * A body of text[0] times FAULT_BODY_BYTES, of which answers have a tenth each:
 * to a range as all that there is of it ('p'), as the whole rest ('s'), as the
 * whole rest that breaks off ('c'), or all of the rest and a byte ('o'). The
 * first answer without a range breaks off, with 'c' each.
 */
static int make_part(struct fault_reply *reply,
                     const struct fault_request *request,
                     const struct fault *fault)
{
    size_t whole = (size_t)(unsigned char)fault->text[0] * FAULT_BODY_BYTES;
    char kind = fault->text[1];
    const char *from =
        request->range != NULL ? strchr(request->range, '=') : NULL;
    size_t first = from != NULL ? strtoul(from + 1, NULL, 10) : 0;
    size_t end = whole - first < whole / 10 ? whole : first + whole / 10;
    size_t length = kind == 'c' ? whole - first : end - first;
    int err;

    reply->ending = FAULT_CLOSE;
    if (request->range == NULL) {
        err = ADD_HEAD(reply, OK "ETag: \"one\"\r\n");
        end = request->nth == 1 || kind == 'c' ? end : whole;
        length = whole;
    } else {
        err = ADD_HEAD(reply, PART "Content-Range: bytes %zu-%zu/%zu\r\n",
                       first, (kind == 'p' ? end : whole) - 1, whole);
        end = kind == 'o' ? whole + 1 : end;
    }
    if (err == 0 && (request->range == NULL || kind != 'o')) {
        err = ADD_HEAD(reply, "Content-Length: %zu\r\n", length);
    }
    err = err < 0 ? err : ADD_HEAD(reply, "\r\n");
    if (err == 0) {
        err = adl_buf_reserve(&reply->bytes, reply->bytes.len + end - first);
    }
    if (err == 0) {
        adl_pattern_fill((uint8_t *)reply->bytes.data + reply->bytes.len,
                         end - first, 0, first);
        reply->bytes.len += end - first;
    }
    return err;
}

#define TEXT(s) .text = s, .text_len = sizeof(s) - 1
#define OK_2    "Content-Length: 2\r\n\r\nok"
#define OK_MD5  "Digest: MD5=REvLOj/Pg4kpbElGfyfh1g==\r\n"
#define OK_SHA256      \
    "Content-Digest: " \
    "sha-256=:Jok2eyBcFs4y7UIAlCuLix4mLfxw2byfvHfElpmk8d8=:\r\n"
#define GZIP(n) "Content-Encoding: gzip\r\nContent-Length: " n "\r\n\r\n"
#define OK_GZIP                                \
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03" \
    "\xcb\xcf\x06\x00\x47\xdd\xdc\x79\x02\x00" \
    "\x00\x00"
#define FOUND "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"

/* A response that is a text and nothing else. */
#define SAY(p, e, s)                                       \
    {                                                      \
        .path = p, .make = make_text, .ending = e, TEXT(s) \
    }

#define MAKE(p, m, e, s)                           \
    {                                              \
        .path = p, .make = m, .ending = e, TEXT(s) \
    }

static const struct fault faults[] = {
    /* an honest answer, to compare with */
    MAKE("/ok", make_body, FAULT_KEEP, OK "Content-Length: 10000\r\n\r\n"),

    /* no answer worth the name */
    SAY("/garbage", FAULT_CLOSE, "\x16\x03\x01 this is not HTTP\r\n\r\n"),
    SAY("/empty", FAULT_CLOSE, ""),
    SAY("/reset", FAULT_RESET, ""),
    SAY("/half-head", FAULT_CLOSE, "HTTP/1.1 200 OK\r\nContent-Le"),
    SAY("/silent", FAULT_HANG, ""),

    /* heads without measure */
    MAKE("/big-header", make_big_header, FAULT_CLOSE, ""),
    MAKE("/many-headers", make_many_headers, FAULT_CLOSE, ""),
    MAKE("/endless-headers", make_loop, FAULT_LOOP, OK "X-Again: again\r\n"),
    MAKE("/endless-1xx", make_loop, FAULT_LOOP,
         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n"),
    MAKE("/hints", make_hints, FAULT_KEEP, OK "Content-Length: 10000\r\n\r\n"),

    /* odd heads */
    SAY("/nul-header", FAULT_CLOSE, OK "X-A: b\0c\r\n" OK_2),
    SAY("/bare-lf", FAULT_CLOSE, "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"),
    SAY("/bare-cr", FAULT_CLOSE, OK "X-A: b\rX-B: c\r\n" OK_2),
    SAY("/no-colon", FAULT_CLOSE, OK "no colon here\r\n" OK_2),
    SAY("/folded", FAULT_CLOSE, OK "X-A: b\r\n  and more\r\n" OK_2),
    SAY("/http-0.9", FAULT_CLOSE, "<html>no head at all</html>\n"),
    MAKE("/http-1.0", make_body, FAULT_CLOSE, "HTTP/1.0 200 OK\r\n\r\n"),
    SAY("/status-999", FAULT_CLOSE, "HTTP/1.1 999 What\r\n" OK_2),
    SAY("/status-0", FAULT_CLOSE, "HTTP/1.1 000 What\r\n" OK_2),
    SAY("/status-text", FAULT_CLOSE, "HTTP/1.1 abc OK\r\n" OK_2),
    SAY("/status-bare", FAULT_CLOSE, "HTTP/1.1 200\r\n" OK_2),
    SAY("/status-negative", FAULT_CLOSE, "HTTP/1.1 -200 OK\r\n" OK_2),

    /* lengths */
    SAY("/length-conflict", FAULT_CLOSE, OK "Content-Length: 5\r\n" OK_2),
    SAY("/length-negative", FAULT_CLOSE, OK "Content-Length: -1\r\n\r\nok"),
    SAY("/length-huge", FAULT_CLOSE,
        OK "Content-Length: 9223372036854775807\r\n\r\nok"),
    SAY("/length-overflow", FAULT_CLOSE,
        OK "Content-Length: 99999999999999999999999\r\n\r\nok"),
    SAY("/length-text", FAULT_CLOSE, OK "Content-Length: two\r\n\r\nok"),
    SAY("/length-and-chunked", FAULT_CLOSE,
        OK "Transfer-Encoding: chunked\r\nContent-Length: 99\r\n\r\n"
           "2\r\nok\r\n0\r\n\r\n"),
    MAKE("/body-longer", make_body, FAULT_CLOSE,
         OK "Content-Length: 5000\r\n\r\n"),
    MAKE("/body-shorter", make_half_body, FAULT_CLOSE,
         OK "Content-Length: 10000\r\n\r\n"),
    MAKE("/reset-body", make_half_body, FAULT_RESET,
         OK "Content-Length: 10000\r\n\r\n"),
    MAKE("/no-length", make_body, FAULT_CLOSE, OK "\r\n"),

    /* chunks */
    SAY("/chunk-missing-last", FAULT_CLOSE,
        OK "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"),
    SAY("/chunk-cut", FAULT_CLOSE,
        OK "Transfer-Encoding: chunked\r\n\r\nff\r\nok"),
    SAY("/chunk-bad-size", FAULT_CLOSE,
        OK "Transfer-Encoding: chunked\r\n\r\nxyz\r\nok\r\n0\r\n\r\n"),
    SAY("/chunk-huge-size", FAULT_CLOSE,
        OK "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nok\r\n"),
    SAY("/chunk-trailers", FAULT_KEEP,
        OK "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\n\r\n"),

    /* answers to a range, after a first half */
    MAKE("/range-honest", make_range, FAULT_KEEP,
         PART "Content-Range: bytes 5000-9999/10000\r\n"),
    MAKE("/range-wrong-first", make_range, FAULT_KEEP,
         PART "Content-Range: bytes 4000-9999/10000\r\n"),
    MAKE("/range-wrong-last", make_range, FAULT_KEEP,
         PART "Content-Range: bytes 5000-7999/10000\r\n"),
    MAKE("/range-wrong-total", make_range, FAULT_KEEP,
         PART "Content-Range: bytes 5000-9999/20000\r\n"),
    MAKE("/range-missing", make_range, FAULT_KEEP, PART),
    MAKE("/range-unconfirmed", make_range, FAULT_KEEP,
         "HTTP/1.1 206 Partial Content\r\n"
         "Content-Range: bytes 5000-9999/10000\r\n"),
    MAKE("/range-other-unit", make_range, FAULT_KEEP,
         PART "Content-Range: lines 5000-9999/10000\r\n"),
    MAKE("/range-garbage", make_range, FAULT_KEEP,
         PART "Content-Range: bytes x-y/z\r\n"),
    MAKE("/range-backwards", make_range, FAULT_KEEP,
         PART "Content-Range: bytes 9999-5000/10000\r\n"),
    MAKE("/range-multipart", make_range_text, FAULT_CLOSE,
         PART "Content-Type: multipart/byteranges; boundary=B\r\n\r\n"
              "--B\r\nContent-Range: bytes 5000-5001/10000\r\n\r\nok\r\n"
              "--B--\r\n"),
    MAKE("/range-refused", make_range_text, FAULT_KEEP,
         "HTTP/1.1 416 No\r\nContent-Range: bytes */10000\r\n"
         "Content-Length: 0\r\n\r\n"),
    MAKE("/range-ignored", make_ignored, FAULT_KEEP, ""),
    MAKE("/range-part", make_part, FAULT_CLOSE, "\1p"),
    MAKE("/range-parts", make_part, FAULT_CLOSE, "\106p"),
    MAKE("/range-short", make_part, FAULT_CLOSE, "\1s"),
    MAKE("/range-over", make_part, FAULT_CLOSE, "\1o"),
    MAKE("/changed-200", make_changed, FAULT_KEEP,
         OK "ETag: \"two\"\r\nContent-Length: 10000\r\n\r\n"),
    MAKE("/changed-206", make_changed, FAULT_KEEP,
         "HTTP/1.1 206 Partial Content\r\nETag: \"two\"\r\n"
         "Content-Range: bytes 5000-9999/10000\r\n"
         "Content-Length: 5000\r\n\r\n"),
    MAKE("/crumbs", make_part, FAULT_CLOSE, "\1c"),
    MAKE("/unasked-206", make_half_body, FAULT_CLOSE,
         PART "Content-Range: bytes 0-4999/10000\r\n"
              "Content-Length: 5000\r\n\r\n"),

    /* hashes of the body */
    SAY("/digest-right", FAULT_KEEP, OK OK_MD5 OK_SHA256 OK_2),
    MAKE("/digest-mended", make_mended, FAULT_KEEP, OK OK_SHA256 OK_2),
    SAY("/digest-wrong", FAULT_KEEP,
        OK "Repr-Digest: md5=:AAAAAAAAAAAAAAAAAAAAAA==:\r\n" OK_2),
    SAY("/digest-broken", FAULT_KEEP,
        OK "Content-Digest: sha-256=:AAAA:, sha-257=:AAAA:\r\n" OK_2),

    /* compressed bodies, all with the right length */
    SAY("/gzip-whole", FAULT_KEEP, OK GZIP("22") OK_GZIP),
    MAKE("/gzip-mended", make_mended, FAULT_KEEP, OK GZIP("22") OK_GZIP),
    MAKE("/gzip-large-mended", fault_gzip_make_mended, FAULT_KEEP, ""),
    MAKE("/gzip-large-hanging", fault_gzip_make_hanging, FAULT_HANG, ""),
    MAKE("/gzip-large-late", fault_gzip_make_late, FAULT_CLOSE, ""),
    MAKE("/gzip-large-torn", fault_gzip_make_torn, FAULT_KEEP, ""),
    SAY("/gzip-half", FAULT_KEEP,
        OK GZIP("12") "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03"
                      "\xcb\xcf"),
    SAY("/gzip-no-trailer", FAULT_KEEP,
        OK GZIP("14") "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03"
                      "\xcb\xcf\x06\x00"),
    SAY("/gzip-chunked", FAULT_KEEP,
        OK "Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
           "c\r\n"
           "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03"
           "\xcb\xcf"
           "\r\n0\r\n\r\n"),
    SAY("/gzip-empty", FAULT_KEEP, OK GZIP("0")),
    SAY("/gzip-not", FAULT_KEEP, OK "Content-Encoding: gzip\r\n" OK_2),
    SAY("/gzip-digest", FAULT_KEEP, OK OK_MD5 GZIP("22") OK_GZIP),
    SAY("/deflate-cut", FAULT_KEEP,
        OK "Content-Encoding: deflate\r\nContent-Length: 9\r\n\r\n"
           "\x78\x9c\xcb\xcf\x06\x00\x01\x4b\x00"),
    SAY("/coding-unknown", FAULT_KEEP, OK "Content-Encoding: br\r\n" OK_2),

    /* where to */
    SAY("/location-control", FAULT_CLOSE,
        FOUND "Location: /a\x01\x1b[2J\r\n\r\n"),
    SAY("/location-nul", FAULT_CLOSE, FOUND "Location: /ok\0x\r\n\r\n"),
    SAY("/location-file", FAULT_CLOSE,
        FOUND "Location: file:///etc/passwd\r\n\r\n"),
    SAY("/location-ftp", FAULT_CLOSE,
        FOUND "Location: ftp://127.0.0.1/x\r\n\r\n"),
    SAY("/location-javascript", FAULT_CLOSE,
        FOUND "Location: javascript:alert(1)\r\n\r\n"),
    SAY("/location-empty", FAULT_CLOSE, FOUND "Location:\r\n\r\n"),
    SAY("/location-missing", FAULT_CLOSE, FOUND "\r\n"),

    /* what to call it */
    SAY("/disposition-parent", FAULT_CLOSE,
        OK "Content-Disposition: attachment; filename=\"../../evil\"\r\n" OK_2),
    SAY("/disposition-absolute", FAULT_CLOSE,
        OK "Content-Disposition: attachment; filename=\"/tmp/evil\"\r\n" OK_2),
    SAY("/disposition-nul", FAULT_CLOSE,
        OK "Content-Disposition: attachment; filename=\"a\0b\"\r\n" OK_2),
    SAY("/disposition-control", FAULT_CLOSE,
        OK
        "Content-Disposition: attachment; filename=\"a\x1b[2J\tb\"\r\n" OK_2),
    SAY("/disposition-dots", FAULT_CLOSE,
        OK "Content-Disposition: attachment; filename=\"..\"\r\n" OK_2),
    SAY("/disposition-own", FAULT_CLOSE,
        OK "Content-Disposition: attachment; filename=\".asyncdl\"\r\n" OK_2),

    /* manners */
    {.path = "/byte-by-byte", .make = make_dripped, TEXT(OK OK_2)},
    SAY("/close-silently", FAULT_CLOSE, OK "Connection: keep-alive\r\n" OK_2),
    {.path = "/answer-early",
     .make = make_text,
     .ending = FAULT_CLOSE,
     TEXT(OK OK_2),
     .is_early = true},
};

const struct fault *faults_get(size_t i)
{
    return i < sizeof(faults) / sizeof(faults[0]) ? &faults[i] : NULL;
}

const struct fault *faults_find(const char *target)
{
    size_t len = 1 + strcspn(target + (*target == '/'), "/? ");
    const struct fault *fault;

    for (size_t i = 0; (fault = faults_get(i)) != NULL; i++) {
        if (strlen(fault->path) == len &&
            memcmp(fault->path, target, len) == 0) {
            return fault;
        }
    }
    return NULL;
}
