/* SPDX-License-Identifier: MIT */
#include "site/routes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "site/answer.h"
#include "site/body.h"
#include "site/number.h"
#include "site/resource.h"
#include "util/buf.h"

#define MAX_BYTES  (UINT64_C(1) << 50)
#define DATE_BYTES 40

/* HTTP's form of a date. Names come from a table, since locales differ. */
static void write_date(char text[DATE_BYTES], time_t when)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm tm;

    if (gmtime_r(&when, &tm) == NULL) {
        tm = (struct tm){.tm_mday = 1};
    }
    (void)snprintf(text, DATE_BYTES, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
                   days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon,
                   tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* Write Retry-After's value for "7" or "date:7". 0, or negative if neither. */
static int write_retry_after(char text[DATE_BYTES], const char *wish)
{
    bool is_date = strncmp(wish, "date:", 5) == 0;
    uint64_t seconds;
    int err = adl_number_parse(&seconds, is_date ? wish + 5 : wish, 1u << 30);

    if (err < 0) {
        return err;
    }
    if (is_date) {
        write_date(text, time(NULL) + (time_t)seconds);
    } else {
        (void)snprintf(text, DATE_BYTES, "%" PRIu64, seconds);
    }
    return 0;
}

static enum MHD_Result serve_size(struct adl_exchange *ex, uint64_t size)
{
    struct adl_body_spec spec = ADL_BODY_SPEC_INIT;

    spec.size = size;
    return adl_answer_send(ex, MHD_HTTP_OK, adl_body_respond(ex, &spec));
}

static enum MHD_Result serve_status(struct adl_exchange *ex, const char *rest)
{
    uint64_t code;
    uint64_t times = UINT64_MAX;
    uint64_t then = 10;
    char date[DATE_BYTES] = "";
    const char *retry_after = adl_exchange_get_query(ex, "retry_after");

    if (adl_number_parse(&code, rest, 599) < 0 || code < 200) {
        return adl_answer_bad_request(ex, "/status/CODE, from 200 to 599");
    }
    if (adl_exchange_get_number(ex, "times", MAX_BYTES, &times) < 0 ||
        adl_exchange_get_number(ex, "then", MAX_BYTES, &then) < 0) {
        return adl_answer_bad_request(ex, "times or then");
    }
    if (retry_after != NULL && write_retry_after(date, retry_after) < 0) {
        return adl_answer_bad_request(ex, "retry_after");
    }
    if (ex->nth > times) {
        return serve_size(ex, then);
    }
    return adl_answer_text(ex, (unsigned)code, "as asked for\n",
                           retry_after != NULL ? "Retry-After" : NULL, date);
}

static enum MHD_Result serve_redirect(struct adl_exchange *ex, const char *rest)
{
    uint64_t code;
    const char *to = adl_exchange_get_query(ex, "to");

    if (adl_number_parse(&code, rest, 399) < 0 || code < 300 || to == NULL) {
        return adl_answer_bad_request(ex, "/redirect/3XX?to=URL");
    }
    return adl_answer_text(ex, (unsigned)code, "elsewhere\n", "Location", to);
}

static enum MHD_Result serve_loop(struct adl_exchange *ex, const char *rest)
{
    (void)rest;
    return adl_answer_text(ex, MHD_HTTP_FOUND, "here again\n", "Location",
                           ex->target);
}

static enum MHD_Result on_echo_header(void *cls, enum MHD_ValueKind kind,
                                      const char *name, const char *value)
{
    (void)kind; /* headers only */
    return adl_buf_addf(cls, "%s: %s\n", name, value != NULL ? value : "") == 0
               ? MHD_YES
               : MHD_NO;
}

static enum MHD_Result serve_echo(struct adl_exchange *ex, const char *rest)
{
    struct adl_buf text = {0};
    enum MHD_Result ok = MHD_NO;

    (void)rest;
    if (adl_buf_addf(&text, "%s %s %s\n", ex->method, ex->target,
                     ex->version) == 0) {
        (void)MHD_get_connection_values(ex->connection, MHD_HEADER_KIND,
                                        on_echo_header, &text);
        ok = adl_answer_text(ex, MHD_HTTP_OK, adl_buf_str(&text), NULL, NULL);
    }
    adl_buf_finish(&text);
    return ok;
}

/* A small page with a header that is put together from two texts. */
static enum MHD_Result serve_header(struct adl_exchange *ex, const char *name,
                                    const char *first, const char *second)
{
    struct adl_buf value = {0};
    enum MHD_Result ok = MHD_NO;

    if (adl_buf_add_str(&value, first) == 0 &&
        adl_buf_add_str(&value, second) == 0) {
        ok =
            adl_answer_text(ex, MHD_HTTP_OK, "ok\n", name, adl_buf_str(&value));
    }
    adl_buf_finish(&value);
    return ok;
}

static enum MHD_Result serve_cookie(struct adl_exchange *ex, const char *rest)
{
    const char *name = adl_exchange_get_query(ex, "name");
    const char *value = adl_exchange_get_query(ex, "value");
    struct adl_buf first = {0};
    enum MHD_Result ok = MHD_NO;

    (void)rest;
    if (name == NULL || value == NULL) {
        return adl_answer_bad_request(ex, "/cookie?name=NAME&value=VALUE");
    }
    if (adl_buf_addf(&first, "%s=%s", name, value) == 0) {
        ok = serve_header(ex, "Set-Cookie", adl_buf_str(&first), "; Path=/");
    }
    adl_buf_finish(&first);
    return ok;
}

static enum MHD_Result serve_disposition(struct adl_exchange *ex,
                                         const char *rest)
{
    static const struct {
        const char *query;
        const char *before;
    } forms[] = {
        {"filename", "attachment; filename="},
        {"filename_star", "attachment; filename*="},
        {"value", ""},
    };

    (void)rest;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        const char *wish = adl_exchange_get_query(ex, forms[i].query);

        if (wish != NULL) {
            return serve_header(ex, "Content-Disposition", forms[i].before,
                                wish);
        }
    }
    return adl_answer_bad_request(
        ex, "/disposition?filename=RAW, filename_star=RAW or value=RAW");
}

/* Whether the request carries user and password. */
static bool is_authorised(struct adl_exchange *ex, const char *user,
                          const char *password)
{
    char *sent_password = NULL;
    char *sent_user =
        MHD_basic_auth_get_username_password(ex->connection, &sent_password);
    bool ok = sent_user != NULL && sent_password != NULL &&
              strcmp(sent_user, user) == 0 &&
              strcmp(sent_password, password) == 0;

    MHD_free(sent_user);
    MHD_free(sent_password);
    return ok;
}

static enum MHD_Result serve_basic_auth(struct adl_exchange *ex,
                                        const char *rest)
{
    const char *user = adl_exchange_get_query(ex, "user");
    const char *password = adl_exchange_get_query(ex, "password");

    (void)rest;
    if (user == NULL || password == NULL) {
        return adl_answer_bad_request(ex, "/auth/basic?user=U&password=P");
    }
    if (!is_authorised(ex, user, password)) {
        return adl_answer_text(ex, MHD_HTTP_UNAUTHORIZED, "who is there?\n",
                               "WWW-Authenticate", "Basic realm=\"site\"");
    }
    return adl_answer_text(ex, MHD_HTTP_OK, "come in\n", NULL, NULL);
}

static enum MHD_Result serve_bomb(struct adl_exchange *ex, const char *rest)
{
    struct adl_body_spec spec = ADL_BODY_SPEC_INIT;

    (void)rest;
    spec.is_zeros = true;
    spec.is_gzip = true;
    spec.size = UINT64_C(1) << 30;
    if (adl_exchange_get_number(ex, "size", MAX_BYTES, &spec.size) < 0) {
        return adl_answer_bad_request(ex, "size");
    }
    return adl_answer_send(ex, MHD_HTTP_OK, adl_body_respond(ex, &spec));
}

static enum MHD_Result serve_endless(struct adl_exchange *ex, const char *rest)
{
    struct adl_body_spec spec = ADL_BODY_SPEC_INIT;

    (void)rest;
    spec.size = ADL_BODY_ENDLESS;
    if (adl_exchange_get_number(ex, "rate", MAX_BYTES, &spec.rate) < 0) {
        return adl_answer_bad_request(ex, "rate");
    }
    return adl_answer_send(ex, MHD_HTTP_OK, adl_body_respond(ex, &spec));
}

static enum MHD_Result serve_stall(struct adl_exchange *ex, const char *rest)
{
    struct adl_body_spec spec = ADL_BODY_SPEC_INIT;

    (void)rest;
    spec.stall_after = 0;
    if (adl_exchange_get_number(ex, "after", MAX_BYTES, &spec.stall_after) <
        0) {
        return adl_answer_bad_request(ex, "after");
    }
    spec.size = spec.stall_after + 65536;
    return adl_answer_send(ex, MHD_HTTP_OK, adl_body_respond(ex, &spec));
}

/* Called again when the client is gone; then the connection is closed. */
static enum MHD_Result serve_hang(struct adl_exchange *ex, const char *rest)
{
    (void)rest;
    if (adl_exchange_is_abandoned(ex)) {
        return MHD_NO;
    }
    adl_exchange_hang(ex);
    return MHD_YES;
}

static enum MHD_Result serve_stats(struct adl_exchange *ex, const char *rest)
{
    char *text = adl_stats_dump(ex->stats);
    struct MHD_Response *response = NULL;

    (void)rest;
    if (text != NULL) {
        response = MHD_create_response_from_buffer(strlen(text), text,
                                                   MHD_RESPMEM_MUST_FREE);
    }
    if (response == NULL) {
        free(text);
    }
    return adl_answer_send(ex, MHD_HTTP_OK, response);
}

static enum MHD_Result serve_reset_stats(struct adl_exchange *ex,
                                         const char *rest)
{
    (void)rest;
    adl_stats_reset(ex->stats);
    return adl_answer_text(ex, MHD_HTTP_OK, "ok\n", NULL, NULL);
}

static const struct adl_route routes[] = {
    {.path = "/auth/basic", .serve = serve_basic_auth},
    {.path = "/bomb", .serve = serve_bomb},
    {.path = "/bytes/", .serve = adl_resource_serve},
    {.path = "/cookie", .serve = serve_cookie},
    {.path = "/disposition", .serve = serve_disposition},
    {.path = "/echo", .serve = serve_echo, .takes_any_method = true},
    {.path = "/endless", .serve = serve_endless},
    {.path = "/hang", .serve = serve_hang},
    {.path = "/loop", .serve = serve_loop},
    {.path = "/redirect/", .serve = serve_redirect},
    {.path = "/reset-stats",
     .serve = serve_reset_stats,
     .is_control = true,
     .takes_any_method = true},
    {.path = "/stall", .serve = serve_stall},
    {.path = "/stats", .serve = serve_stats, .is_control = true},
    {.path = "/status/", .serve = serve_status},
};

static bool is_match(const struct adl_route *route, const char *path,
                     size_t len)
{
    return strncmp(path, route->path, len) == 0 &&
           (route->path[len - 1] == '/' || path[len] == '\0');
}

const struct adl_route *adl_routes_find(const char *path, const char **rest)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        size_t len = strlen(routes[i].path);

        if (is_match(&routes[i], path, len)) {
            *rest = path + len;
            return &routes[i];
        }
    }
    return NULL;
}
