/* SPDX-License-Identifier: MIT */
/* Header lines of an answer: what is believed of them is within bounds. */
#include <string.h>

#include "asyncdl/error.h"
#include "fetch/answer.h"
#include "fuzz/fuzz.h"

#define NOW_S  INT64_C(784111777)
#define DAY_MS UINT64_C(86400000)

static const char *check_range(const struct adl_range_answer *range)
{
    const char *if_range = adl_range_if_range(&range->validator);

    if (memchr(range->validator.etag, '\0', ADL_VALIDATOR_MAX) == NULL ||
        memchr(range->validator.last_modified, '\0', 64) == NULL) {
        return "a validator ends";
    }
    if (fuzz_is_planted(1) && if_range != NULL) {
        if_range = "\r\n";
    }
    if (if_range != NULL && strpbrk(if_range, "\r\n") != NULL) {
        return "what is sent back is one line";
    }
    if (!range->content_range_is_valid || range->is_unsatisfied) {
        return NULL;
    }
    return range->first > range->last ||
                   (range->validator.has_size &&
                    range->last >= range->validator.size &&
                    range->status != 200) ||
                   fuzz_is_planted(2)
               ? "a range is within the whole"
               : NULL;
}

static const char *check_answer(const struct adl_answer *answer)
{
    if (answer->has_length &&
        (answer->length > INT64_MAX || fuzz_is_planted(3))) {
        return "a length fits what libcurl counts in";
    }
    if (answer->has_retry_after &&
        (answer->retry_after_ms > DAY_MS || fuzz_is_planted(4))) {
        return "nobody is held for more than a day";
    }
    if (answer->disposition.len > answer->n_bytes ||
        answer->n_bytes > ADL_ANSWER_MAX_BYTES ||
        answer->n_lines > ADL_ANSWER_MAX_LINES || fuzz_is_planted(5)) {
        return "a head is bounded";
    }
    return check_range(&answer->range);
}

/* One more line, as libcurl hands it over. */
static const char *add_line(struct adl_answer *answer, const char *line,
                            size_t len)
{
    int err = adl_answer_add(answer, line, len, NOW_S);

    if (err == ASYNCDL_EPROTOCOL) {
        return answer->wrong == NULL || fuzz_is_planted(6)
                   ? "a head that is refused is told why"
                   : NULL;
    }
    if (err == ASYNCDL_EHEADERS) {
        return NULL;
    }
    return err < 0 ? "a line is taken" : check_answer(answer);
}

static const char *check(const char *bytes, size_t len)
{
    const char *end = bytes + len;
    struct adl_answer answer = {0};
    const char *broken = NULL;

    for (const char *p = bytes; p < end && broken == NULL;) {
        const char *line_end = memchr(p, '\n', (size_t)(end - p));
        size_t n = (size_t)((line_end != NULL ? line_end + 1 : end) - p);

        broken = add_line(&answer, p, n);
        p += n;
        if (answer.n_lines > ADL_ANSWER_MAX_LINES) {
            break;
        }
    }
    adl_answer_finish(&answer);
    return broken;
}

static const struct fuzz_seed seeds[] = {
    FUZZ_SEED("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"a\"\r\n\r\n"),
    FUZZ_SEED("HTTP/2 206\r\nContent-Range: bytes 5-9/10\r\nLast-Modified: "
              "Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n"),
    FUZZ_SEED("HTTP/1.1 503 No\r\nRetry-After: 999999\r\nLocation: /x\r\n"),
    FUZZ_SEED(
        "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n"
        "Content-Disposition: attachment; filename=x\r\n\r\n"),
    FUZZ_SEED("Content-Length: 9223372036854775808\r\n"),
    FUZZ_SEED("Content-Length: 1\r\nContent-Length: 2\r\n"),
    FUZZ_SEED("Content-Encoding: gzip\nAccept-Ranges: none\nETag: W/\"\0\"\n"),
    FUZZ_SEED("Transfer-Encoding: chunked\r\ntransfer-encoding: gzip\r\n"),
    FUZZ_SEED("Content-Range: bytes */10\r\nContent-Range: bytes 0-1/2\r\n"),
    FUZZ_SEED(""),
};

const struct fuzz_target fuzz_answer = {
    .name = "answer",
    .check = check,
    .seeds = seeds,
    .n_seeds = sizeof(seeds) / sizeof(seeds[0]),
    .n_plants = 6,
};
