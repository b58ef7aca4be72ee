/* SPDX-License-Identifier: MIT */
#include "site/resource.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "site/answer.h"
#include "site/body.h"
#include "site/byterange.h"
#include "site/number.h"

#define MAX_TAG  128
#define MAX_SIZE (UINT64_C(1) << 50)

struct resource {
    struct adl_body_spec body;
    uint64_t size; /* of the whole */
    char etag[MAX_TAG + 8];
    const char *last_modified; /* "" where it says none */
    const char *type;
    bool has_ranges;
};

/* "N" or "N/any/name", so that one size can have many names. */
static int read_size(struct resource *r, const char *rest)
{
    char digits[24];
    size_t len = strcspn(rest, "/");

    if (len >= sizeof(digits)) {
        return -EINVAL;
    }
    memcpy(digits, rest, len);
    digits[len] = '\0';
    return adl_number_parse(&r->size, digits, MAX_SIZE);
}

static int set_etag(struct resource *r, const struct adl_exchange *ex)
{
    const char *wish = adl_exchange_get_query(ex, "etag");
    bool is_weak = wish != NULL && strcmp(wish, "weak") == 0;

    if (wish == NULL || is_weak) {
        (void)snprintf(r->etag, sizeof(r->etag),
                       "%s\"%" PRIu64 "-%" PRIu64 "\"", is_weak ? "W/" : "",
                       r->size, r->body.seed);
        return 0;
    }
    if (strcmp(wish, "none") == 0) {
        return 0;
    }
    if (strlen(wish) > MAX_TAG) {
        return -EINVAL;
    }
    (void)snprintf(r->etag, sizeof(r->etag), "\"%s\"", wish);
    return 0;
}

static void set_last_modified(struct resource *r, const struct adl_exchange *ex)
{
    const char *wish = adl_exchange_get_query(ex, "lm");

    r->last_modified = wish == NULL ? "Wed, 01 Jan 2020 12:00:00 GMT" : wish;
    if (strcmp(r->last_modified, "none") == 0) {
        r->last_modified = "";
    }
}

static bool is_on(const struct adl_exchange *ex, const char *name)
{
    const char *value = adl_exchange_get_query(ex, name);

    return value != NULL && strcmp(value, "1") == 0;
}

/* The name of a query's number that is none, or NULL. */
static const char *read_numbers(struct resource *r,
                                const struct adl_exchange *ex)
{
    uint64_t n_cuts = UINT64_MAX;
    const struct {
        const char *name;
        uint64_t *out;
    } numbers[] = {
        {"seed", &r->body.seed}, {"cut", &r->body.cut_after},
        {"cuts", &n_cuts},       {"stall", &r->body.stall_after},
        {"rate", &r->body.rate},
    };

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (adl_exchange_get_number(ex, numbers[i].name, MAX_SIZE,
                                    numbers[i].out) < 0) {
            return numbers[i].name;
        }
    }
    if (ex->nth > n_cuts) {
        r->body.cut_after = ADL_BODY_NEVER;
        r->body.stall_after = ADL_BODY_NEVER;
    }
    return NULL;
}

/* What is wrong with the request, or NULL. */
static const char *read_wishes(struct resource *r,
                               const struct adl_exchange *ex, const char *rest)
{
    *r = (struct resource){.body = ADL_BODY_SPEC_INIT};
    if (read_size(r, rest) < 0) {
        return "the path is /bytes/N, N a number of bytes";
    }
    const char *bad = read_numbers(r, ex);
    if (bad != NULL) {
        return bad;
    }
    if (set_etag(r, ex) < 0) {
        return "etag";
    }
    set_last_modified(r, ex);
    const char *type = adl_exchange_get_query(ex, "type");
    const char *ranges = adl_exchange_get_query(ex, "ranges");

    r->type = type != NULL ? type : "application/octet-stream";
    r->body.is_gzip = is_on(ex, "gzip");
    r->body.is_chunked = is_on(ex, "chunked");
    r->body.size = r->size;
    r->has_ranges =
        !r->body.is_gzip && (ranges == NULL || strcmp(ranges, "no") != 0);
    return NULL;
}

/* RFC 9110, 13.1.5: a strong tag, or the very date. */
static bool is_unchanged(const struct resource *r, const char *if_range)
{
    if (if_range == NULL) {
        return true;
    }
    if (if_range[0] == '"') {
        return strcmp(if_range, r->etag) == 0;
    }
    return r->last_modified[0] != '\0' &&
           strcmp(if_range, r->last_modified) == 0;
}

static struct adl_byterange choose_range(const struct resource *r,
                                         const struct adl_exchange *ex)
{
    const char *range = adl_exchange_get_header(ex, "Range");

    if (!r->has_ranges ||
        !is_unchanged(r, adl_exchange_get_header(ex, "If-Range"))) {
        range = NULL;
    }
    return adl_byterange_parse(range, r->size);
}

static bool add_headers(struct MHD_Response *response, const struct resource *r)
{
    return MHD_add_response_header(response, "Content-Type", r->type) &&
           (r->etag[0] == '\0' ||
            MHD_add_response_header(response, "ETag", r->etag)) &&
           (r->last_modified[0] == '\0' ||
            MHD_add_response_header(response, "Last-Modified",
                                    r->last_modified)) &&
           MHD_add_response_header(response, "Accept-Ranges",
                                   r->has_ranges ? "bytes" : "none");
}

static enum MHD_Result refuse_range(struct adl_exchange *ex,
                                    const struct resource *r)
{
    char value[40];

    (void)snprintf(value, sizeof(value), "bytes */%" PRIu64, r->size);
    return adl_answer_text(ex, MHD_HTTP_RANGE_NOT_SATISFIABLE,
                           "no such range\n", "Content-Range", value);
}

enum MHD_Result adl_resource_serve(struct adl_exchange *ex, const char *rest)
{
    struct resource r;
    const char *wrong = read_wishes(&r, ex, rest);

    if (wrong != NULL) {
        return adl_answer_bad_request(ex, wrong);
    }
    struct adl_byterange range = choose_range(&r, ex);
    bool is_part = range.kind == ADL_BYTERANGE_PART;

    if (range.kind == ADL_BYTERANGE_NONE) {
        return refuse_range(ex, &r);
    }
    if (is_part) {
        r.body.offset = range.first;
        r.body.size = range.last - range.first + 1;
    }
    struct MHD_Response *response = adl_body_respond(ex, &r.body);

    if (response != NULL &&
        (!add_headers(response, &r) ||
         (is_part && !adl_answer_addf(response, "Content-Range",
                                      "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64,
                                      range.first, range.last, r.size)))) {
        MHD_destroy_response(response);
        response = NULL;
    }
    return adl_answer_send(ex, is_part ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_OK,
                           response);
}
