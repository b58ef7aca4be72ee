/* SPDX-License-Identifier: MIT */
#include "fetch/range.h"

#include <string.h>
#include <strings.h>

struct cursor {
    const char *at;
    const char *end;
};

/* What we send back must be one header line, whatever a server sent. */
static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < ' ' || c == 0x7f) {
            return false;
        }
    }
    return true;
}

/* A weak ETag (W/"...") names bodies that may differ in their bytes. */
static bool is_strong(const char *etag)
{
    size_t len = strlen(etag);

    return len >= 2 && etag[0] == '"' &&
           strchr(etag + 1, '"') == etag + len - 1 && is_printable(etag);
}

const char *adl_range_if_range(const struct adl_validator *validator)
{
    if (is_strong(validator->etag)) {
        return validator->etag;
    }
    if (validator->last_modified[0] != '\0' &&
        is_printable(validator->last_modified)) {
        return validator->last_modified;
    }
    return NULL;
}

bool adl_range_can_resume(const struct adl_range_answer *answer)
{
    return !answer->is_encoded && !answer->refuses_ranges &&
           adl_range_if_range(&answer->validator) != NULL;
}

/*
 * Does all that the answer says of its version agree with the one we know? A
 * server may leave out a Last-Modified that the If-Range it honoured has said
 * already.
 */
static bool is_same_version(const struct adl_validator *known,
                            const struct adl_validator *given)
{
    if (known->is_any) {
        return !given->has_size || !known->has_size ||
               given->size == known->size;
    }
    if (adl_range_if_range(known) == NULL) {
        return false;
    }
    if (given->etag[0] != '\0' && strcmp(given->etag, known->etag) != 0) {
        return false;
    }
    if (given->last_modified[0] != '\0' &&
        strcmp(given->last_modified, known->last_modified) != 0) {
        return false;
    }
    return !given->has_size || !known->has_size || given->size == known->size;
}

/*
 * The ETag of a version must be in a 206 of it (RFC 9110, 15.3.7): a server
 * that leaves it out may not know If-Range either.
 */
static bool is_confirmed(const struct adl_validator *known,
                         const struct adl_validator *given)
{
    return known->is_any || known->etag[0] == '\0' || given->etag[0] != '\0';
}

static bool is_wanted_part(const struct adl_validator *known, uint64_t offset,
                           const struct adl_range_answer *answer)
{
    if (answer->is_encoded || !answer->has_content_range ||
        !answer->content_range_is_valid || answer->is_unsatisfied) {
        return false;
    }
    if (answer->first != offset || answer->last < answer->first ||
        (known->has_size && answer->last >= known->size)) {
        return false;
    }
    if (!known->has_size && !answer->validator.has_size) {
        return false; /* nobody could say that it is whole */
    }
    return is_confirmed(known, &answer->validator) &&
           is_same_version(known, &answer->validator);
}

/* A 416 whose size is what we have: nothing is left to ask for. */
static bool is_all_there(const struct adl_validator *known, uint64_t offset,
                         const struct adl_range_answer *answer)
{
    return answer->has_content_range && answer->content_range_is_valid &&
           answer->is_unsatisfied && answer->validator.has_size &&
           answer->validator.size == offset &&
           is_same_version(known, &answer->validator);
}

enum adl_range_verdict adl_range_judge(const struct adl_validator *known,
                                       uint64_t offset,
                                       const struct adl_range_answer *answer)
{
    switch (answer->status) {
    case 200:
        return ADL_RANGE_RESTART;
    case 206:
        return is_wanted_part(known, offset, answer) ? ADL_RANGE_TAKE
                                                     : ADL_RANGE_BOTCHED;
    case 416:
        return is_all_there(known, offset, answer) ? ADL_RANGE_COMPLETE
                                                   : ADL_RANGE_BOTCHED;
    default:
        return ADL_RANGE_BOTCHED;
    }
}

enum adl_range_end adl_range_judge_end(const struct adl_validator *known,
                                       const struct adl_range_answer *answer,
                                       uint64_t size)
{
    uint64_t end = answer->last + 1;
    uint64_t whole = known->has_size ? known->size : answer->validator.size;

    if (size != end) {
        return size < end ? ADL_RANGE_END_SHORT : ADL_RANGE_END_OVER;
    }
    return size < whole ? ADL_RANGE_END_MORE : ADL_RANGE_END_WHOLE;
}

static bool skip_blanks(struct cursor *cursor)
{
    const char *from = cursor->at;

    while (cursor->at < cursor->end &&
           (*cursor->at == ' ' || *cursor->at == '\t')) {
        cursor->at++;
    }
    return cursor->at != from;
}

static bool take_char(struct cursor *cursor, char c)
{
    skip_blanks(cursor);
    if (cursor->at == cursor->end || *cursor->at != c) {
        return false;
    }
    cursor->at++;
    return true;
}

static bool take_number(struct cursor *cursor, uint64_t *out)
{
    uint64_t value = 0;

    skip_blanks(cursor);
    const char *from = cursor->at;
    for (; cursor->at < cursor->end; cursor->at++) {
        if (*cursor->at < '0' || *cursor->at > '9') {
            break;
        }
        uint64_t digit = (uint64_t)(*cursor->at - '0');
        if (value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *out = value;
    return cursor->at != from;
}

static bool take_unit(struct cursor *cursor)
{
    skip_blanks(cursor);
    if (cursor->end - cursor->at < 5 ||
        strncasecmp(cursor->at, "bytes", 5) != 0) {
        return false;
    }
    cursor->at += 5;
    return skip_blanks(cursor);
}

/* Everything behind the unit, into an answer that is still blank. */
static bool take_range(struct cursor *cursor, struct adl_range_answer *out)
{
    struct adl_validator *whole = &out->validator;

    out->is_unsatisfied = take_char(cursor, '*');
    if (!out->is_unsatisfied &&
        (!take_number(cursor, &out->first) || !take_char(cursor, '-') ||
         !take_number(cursor, &out->last) || out->last < out->first)) {
        return false;
    }
    if (!take_char(cursor, '/')) {
        return false;
    }
    whole->has_size = !take_char(cursor, '*');
    if (whole->has_size && !take_number(cursor, &whole->size)) {
        return false;
    }
    skip_blanks(cursor);
    if (cursor->at != cursor->end) {
        return false;
    }
    return out->is_unsatisfied ? whole->has_size
                               : !whole->has_size || out->last < whole->size;
}

void adl_range_parse(struct adl_range_answer *answer, const char *text,
                     size_t len)
{
    struct cursor cursor = {.at = text, .end = text + len};
    struct adl_range_answer read = {0};
    bool is_second = answer->has_content_range;

    answer->has_content_range = true;
    answer->content_range_is_valid =
        !is_second && take_unit(&cursor) && take_range(&cursor, &read);
    if (!answer->content_range_is_valid) {
        return;
    }
    answer->first = read.first;
    answer->last = read.last;
    answer->is_unsatisfied = read.is_unsatisfied;
    answer->validator.size = read.validator.size;
    answer->validator.has_size = read.validator.has_size;
}
