/* SPDX-License-Identifier: MIT */
#include "fetch/answer.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "asyncdl/error.h"
#include "fetch/retry.h"
#include "util/httpdate.h"

/* libcurl counts with a sign. */
#define MAX_LENGTH ((uint64_t)INT64_MAX)

struct value {
    const char *text;
    size_t len;
};

static void reset_head(struct adl_answer *answer)
{
    struct adl_buf disposition = answer->disposition;
    size_t n_bytes = answer->n_bytes;
    size_t n_lines = answer->n_lines;

    adl_buf_reset(&disposition);
    *answer = (struct adl_answer){
        .disposition = disposition, .n_bytes = n_bytes, .n_lines = n_lines};
}

void adl_answer_reset(struct adl_answer *answer)
{
    reset_head(answer);
    answer->n_bytes = 0;
    answer->n_lines = 0;
}

void adl_answer_finish(struct adl_answer *answer)
{
    adl_buf_finish(&answer->disposition);
    *answer = (struct adl_answer){0};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct value trim(const char *text, size_t len)
{
    while (len > 0 && is_blank(text[0])) {
        text++;
        len--;
    }
    while (len > 0 && is_blank(text[len - 1])) {
        len--;
    }
    return (struct value){text, len};
}

static bool is_same(struct value value, const char *text, size_t len)
{
    return value.len == len && strncasecmp(value.text, text, len) == 0;
}

/* Most names that are not meant differ in length, and cost nothing. */
#define EQUALS(value, literal) is_same(value, literal, sizeof(literal) - 1)

/* One that does not fit is as good as none: it will not be compared cut. */
static void copy(char *out, size_t cap, struct value value)
{
    if (value.len < cap && memchr(value.text, '\0', value.len) == NULL) {
        memcpy(out, value.text, value.len);
        out[value.len] = '\0';
    }
}

static int reject(struct adl_answer *answer, const char *why)
{
    answer->wrong = why;
    return ASYNCDL_EPROTOCOL;
}

/* libcurl takes the last of several, and what is too big for unknown: then a
 * cut body would look whole. */
static int note_length(struct adl_answer *answer, struct value value)
{
    uint64_t n = 0;

    for (size_t i = 0; i < value.len; i++) {
        if (!isdigit((unsigned char)value.text[i])) {
            return 0; /* libcurl judges it */
        }
        uint64_t digit = (uint64_t)(value.text[i] - '0');

        if (n > (MAX_LENGTH - digit) / 10) {
            return reject(answer, "Content-Length is too big");
        }
        n = n * 10 + digit;
    }
    if (value.len == 0) {
        return 0;
    }
    if (answer->has_length && answer->length != n) {
        return reject(answer, "several Content-Length that differ");
    }
    answer->has_length = true;
    answer->length = n;
    if (answer->range.status == 200) {
        answer->range.validator.has_size = true;
        answer->range.validator.size = n;
    }
    return 0;
}

/* A proxy may have joined several into "5, 5". */
static int read_length(struct adl_answer *answer, struct value value)
{
    const char *end = value.text + value.len;
    int err = 0;

    for (const char *p = value.text; p <= end && err == 0;) {
        const char *comma = memchr(p, ',', (size_t)(end - p));
        const char *stop = comma != NULL ? comma : end;

        err = note_length(answer, trim(p, (size_t)(stop - p)));
        p = stop + 1;
    }
    return err;
}

/* We ask for no other, so that none may be sent (RFC 9112, 7.4). */
static int check_transfer_encoding(struct adl_answer *answer,
                                   struct value value)
{
    return value.len == 0 || EQUALS(value, "chunked") ||
                   EQUALS(value, "identity")
               ? 0
               : reject(answer, "a Transfer-Encoding that nobody asked for");
}

static void read_codings(struct adl_answer *answer, struct value value)
{
    const char *end = value.text + value.len;

    for (const char *p = value.text; p <= end;) {
        const char *comma = memchr(p, ',', (size_t)(end - p));
        const char *stop = comma != NULL ? comma : end;
        struct value name = trim(p, (size_t)(stop - p));

        answer->coding = adl_coding_add(answer->coding, name.text, name.len);
        p = stop + 1;
    }
    answer->range.is_encoded = answer->coding != ADL_CODING_NONE;
}

/* A part's Content-Digest is of that part. */
static void read_claim(struct adl_answer *answer, struct value name,
                       struct value value)
{
    if (EQUALS(name, "repr-digest")) {
        adl_claim_read(&answer->claim, ADL_CLAIM_RFC9530, "Repr-Digest",
                       value.text, value.len);
    } else if (EQUALS(name, "content-digest") && answer->range.status != 206) {
        adl_claim_read(&answer->claim, ADL_CLAIM_RFC9530, "Content-Digest",
                       value.text, value.len);
    } else if (EQUALS(name, "digest")) {
        adl_claim_read(&answer->claim, ADL_CLAIM_RFC3230, "Digest", value.text,
                       value.len);
    }
}

/* Its date is by the server's clock, which Date tells: ours may be wrong, and
 * may jump. */
static void read_retry_after(struct adl_answer *answer, int64_t now_s)
{
    answer->has_retry_after =
        adl_retry_after_parse(&answer->retry_after_ms, answer->retry_after,
                              strlen(answer->retry_after),
                              answer->has_date ? answer->date_s : now_s) == 0;
}

/* Date may come before Retry-After, or behind it. */
static void read_date(struct adl_answer *answer, struct value value,
                      int64_t now_s)
{
    answer->has_date =
        adl_httpdate_parse(&answer->date_s, value.text, value.len, now_s) == 0;
    if (answer->has_retry_after) {
        read_retry_after(answer, now_s);
    }
}

static int read_field(struct adl_answer *answer, struct value name,
                      struct value value, int64_t now_s)
{
    struct adl_range_answer *range = &answer->range;

    if (EQUALS(name, "content-length")) {
        return read_length(answer, value);
    }
    if (EQUALS(name, "transfer-encoding")) {
        return check_transfer_encoding(answer, value);
    }
    if (EQUALS(name, "content-range")) {
        adl_range_parse(range, value.text, value.len);
    } else if (EQUALS(name, "content-encoding")) {
        read_codings(answer, value);
    } else if (EQUALS(name, "content-disposition")) {
        adl_buf_reset(&answer->disposition);
        return adl_buf_add(&answer->disposition, value.text, value.len);
    } else if (EQUALS(name, "etag")) {
        copy(range->validator.etag, sizeof(range->validator.etag), value);
    } else if (EQUALS(name, "last-modified")) {
        copy(range->validator.last_modified,
             sizeof(range->validator.last_modified), value);
        answer->has_mtime = adl_httpdate_parse(&answer->mtime_s, value.text,
                                               value.len, now_s) == 0;
    } else if (EQUALS(name, "accept-ranges")) {
        range->refuses_ranges = EQUALS(value, "none");
    } else if (EQUALS(name, "retry-after")) {
        answer->retry_after[0] = '\0';
        copy(answer->retry_after, sizeof(answer->retry_after), value);
        read_retry_after(answer, now_s);
    } else if (EQUALS(name, "date")) {
        read_date(answer, value, now_s);
    } else if (EQUALS(name, "location")) {
        answer->has_location = value.len > 0;
    } else {
        read_claim(answer, name, value);
    }
    return 0;
}

/* "HTTP/1.1 200 OK", "HTTP/2 200": libcurl has checked the form. */
static void read_status(struct adl_answer *answer, const char *line, size_t len)
{
    const char *blank = memchr(line, ' ', len);
    int status = 0;

    reset_head(answer);
    for (size_t i = 1; blank != NULL && i <= 3; i++) {
        if (blank + i >= line + len || !isdigit((unsigned char)blank[i])) {
            return;
        }
        status = status * 10 + (blank[i] - '0');
    }
    answer->range.status = status;
}

int adl_answer_add(struct adl_answer *answer, const char *line, size_t len,
                   int64_t now_s)
{
    answer->n_bytes += len;
    answer->n_lines++;
    if (answer->n_bytes > ADL_ANSWER_MAX_BYTES ||
        answer->n_lines > ADL_ANSWER_MAX_LINES) {
        return ASYNCDL_EHEADERS;
    }
    if (len >= 5 && strncmp(line, "HTTP/", 5) == 0) {
        read_status(answer, line, len);
        return 0;
    }
    const char *colon = memchr(line, ':', len);
    if (colon == NULL) {
        answer->is_complete = trim(line, len).len == 0;
        return 0;
    }
    size_t name_len = (size_t)(colon - line);
    return read_field(answer, (struct value){line, name_len},
                      trim(colon + 1, len - name_len - 1), now_s);
}
