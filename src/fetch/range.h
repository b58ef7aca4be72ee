/* SPDX-License-Identifier: MIT */
/*
 * Going on where an attempt broke off. Pure.
 *
 * Two versions of a resource are never mixed: bytes are only added to bytes
 * whose validator the server confirmed, and only where it says they belong.
 */
#ifndef ADL_FETCH_RANGE_H
#define ADL_FETCH_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADL_VALIDATOR_MAX 256

/* What names a version of a resource. Zero: nothing does. */
struct adl_validator {
    char etag[ADL_VALIDATOR_MAX]; /* as sent, quotes included; "" none */
    char last_modified[64];       /* as sent; "" none */
    uint64_t size;                /* whole size, where has_size */
    bool has_size;
    /* Any version of that size will do: the bytes are of another source, and a
     * checksum judges the whole. etag and last_modified are "" then. */
    bool is_any;
};

/* The headers of an answer that matter here. */
struct adl_range_answer {
    int status;
    struct adl_validator validator; /* size: Content-Length of a 200, or the
                                       complete length of a 206 */
    bool has_content_range;
    bool content_range_is_valid;
    bool is_unsatisfied; /* Content-Range without a range, as a 416 has it */
    uint64_t first;      /* of Content-Range */
    uint64_t last;
    bool is_encoded;     /* Content-Encoding other than identity */
    bool refuses_ranges; /* Accept-Ranges: none */
};

enum adl_range_verdict {
    ADL_RANGE_TAKE,     /* the body goes to the offset asked for */
    ADL_RANGE_RESTART,  /* the body is the whole resource: start over with it */
    ADL_RANGE_BOTCHED,  /* ask again, without a range */
    ADL_RANGE_COMPLETE, /* 416: what we have is the whole resource */
};

/*
 * Can bytes of the body that came with this answer be kept and added to
 * later? Needs a strong ETag or a Last-Modified, no content encoding, and a
 * server that does not refuse ranges.
 */
bool adl_range_can_resume(const struct adl_range_answer *answer);

/* What to send as If-Range: a strong ETag, else Last-Modified; NULL: none. */
const char *adl_range_if_range(const struct adl_validator *validator);

/*
 * Judge the answer to a request for bytes from offset (> 0) on of the version
 * that known names.
 */
enum adl_range_verdict adl_range_judge(const struct adl_validator *known,
                                       uint64_t offset,
                                       const struct adl_range_answer *answer);

enum adl_range_end {
    ADL_RANGE_END_WHOLE, /* all of the resource is there */
    ADL_RANGE_END_SHORT, /* not all of the part came */
    ADL_RANGE_END_MORE,  /* all of it, and the resource goes on behind it */
    ADL_RANGE_END_OVER,  /* more than the part holds: of no use */
};

/* Judge the body that came with a 206 that was taken: it now has size bytes. */
enum adl_range_end adl_range_judge_end(const struct adl_validator *known,
                                       const struct adl_range_answer *answer,
                                       uint64_t size);

/*
 * Read one Content-Range header of an answer ("bytes 5-9/10", "bytes 5-9/ *"
 * without the blank, "bytes * /10" likewise) into first, last, validator.size
 * and has_content_range, content_range_is_valid, is_unsatisfied. A second
 * header in one answer makes both invalid.
 */
void adl_range_parse(struct adl_range_answer *answer, const char *text,
                     size_t len);

#endif
