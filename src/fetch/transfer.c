/* SPDX-License-Identifier: MIT */
#include "fetch/transfer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asyncdl/error.h"
#include "util/strings.h"

#define MEMORY_MAX_BYTES (UINT64_C(64) * 1024 * 1024)
#define NAME_MAX_BYTES   4096
#define ERROR_MAX_BYTES  800
#define SPARES_MAX       512

_Static_assert(sizeof(struct asyncdl_request) % sizeof(void *) == 0,
               "tail padding could be taken for a field that is new");

static int check(const struct asyncdl_request *request)
{
    if (request->url == NULL || request->body > ASYNCDL_BODY_DISCARD ||
        (request->flags & ~(unsigned)ASYNCDL_REQUEST_OVERWRITE) != 0) {
        return -EINVAL;
    }
    if (request->body == ASYNCDL_BODY_STREAM && request->on_body == NULL) {
        return -EINVAL;
    }
    if ((request->name != NULL && strlen(request->name) > NAME_MAX_BYTES) ||
        (request->dir != NULL && strlen(request->dir) > NAME_MAX_BYTES)) {
        return -EINVAL;
    }
    return 0;
}

static size_t count_urls(const struct asyncdl_request *request)
{
    size_t n = 1;

    while (request->mirrors != NULL && request->mirrors[n - 1] != NULL) {
        n++;
    }
    return n;
}

static const char *get_url(const struct asyncdl_request *request, size_t i)
{
    return i == 0 ? request->url : request->mirrors[i - 1];
}

/* With its end; 0 for NULL. */
static size_t measure(const char *text)
{
    return text != NULL ? strlen(text) + 1 : 0;
}

/* Copy a string to where the last one ends. NULL stays NULL. */
static char *place(char **at, const char *text)
{
    size_t size = measure(text);
    char *copy = *at;

    if (size == 0) {
        return NULL;
    }
    memcpy(copy, text, size);
    *at += size;
    return copy;
}

/* What every request has, in one block of memory: lists are long. */
static int copy_texts(struct asyncdl_transfer *t,
                      const struct asyncdl_request *request)
{
    size_t n = count_urls(request);
    size_t size = measure(request->name) + measure(request->dir);

    for (size_t i = 0; i < n; i++) {
        size += measure(get_url(request, i));
    }
    t->urls = malloc((n + 1) * sizeof(*t->urls) + size);
    if (t->urls == NULL) {
        return -ENOMEM;
    }
    char *at = (char *)(t->urls + n + 1);
    for (size_t i = 0; i < n; i++) {
        t->urls[i] = place(&at, get_url(request, i));
    }
    t->urls[n] = NULL;
    t->n_urls = n;
    t->name = place(&at, request->name);
    t->dir = place(&at, request->dir);
    return 0;
}

static int copy_rest(struct asyncdl_transfer *t,
                     const struct asyncdl_request *request)
{
    int err = adl_strings_copy(&t->headers, request->headers);

    if (err == 0) {
        err = adl_string_copy(&t->user_agent, request->user_agent);
    }
    if (err == 0) {
        err = adl_string_copy(&t->referer, request->referer);
    }
    if (err == 0 && request->checksum != NULL) {
        err = adl_checksum_parse(&t->checks.expected, request->checksum);
    }
    t->index = request->index;
    t->flags = request->flags;
    return err;
}

/* Every mirror must be good: a list's author hears of a bad one at once. */
static int use_urls(struct asyncdl_transfer *t, const char *protocols)
{
    int err = 0;

    for (size_t i = t->n_urls; i > 0 && err == 0; i--) {
        err = adl_transfer_use_url(t, i - 1, protocols); /* the first stays */
    }
    return err;
}

static uint64_t choose_max_size(const struct asyncdl_request *request,
                                const struct asyncdl_client_options *options)
{
    uint64_t max = request->max_size_bytes != 0 ? request->max_size_bytes
                                                : options->max_size_bytes;

    return max == 0 && request->body == ASYNCDL_BODY_MEMORY ? MEMORY_MAX_BYTES
                                                            : max;
}

int adl_transfer_read_request(struct asyncdl_request *out,
                              const struct asyncdl_request *given)
{
    struct asyncdl_request request = ASYNCDL_REQUEST_INIT;

    if (given->struct_size > sizeof(request) ||
        given->struct_size < sizeof(size_t) ||
        given->struct_size % sizeof(size_t) != 0) { /* half a field */
        return -EINVAL;
    }
    memcpy(&request, given, given->struct_size); /* an older caller's is less */
    request.struct_size = sizeof(request);
    int err = check(&request);
    if (err == 0) {
        *out = request;
    }
    return err;
}

void adl_transfer_spares_finish(struct adl_transfer_spares *spares)
{
    while (spares->first != NULL) {
        struct asyncdl_transfer *t = spares->first;

        spares->first = t->next;
        free(t);
    }
    spares->n = 0;
}

/* A zeroed one, or NULL. */
static struct asyncdl_transfer *take_spare(struct adl_transfer_spares *spares)
{
    struct asyncdl_transfer *t = spares->first;

    if (t == NULL) {
        return calloc(1, sizeof(*t));
    }
    spares->first = t->next;
    spares->n--;
    *t = (struct asyncdl_transfer){0};
    return t;
}

static void put_spare(struct adl_transfer_spares *spares,
                      struct asyncdl_transfer *t)
{
    if (spares->n == SPARES_MAX) {
        free(t);
        return;
    }
    t->next = spares->first;
    spares->first = t;
    spares->n++;
}

int adl_transfer_create(struct asyncdl_transfer **out,
                        struct adl_transfer_spares *spares,
                        const struct asyncdl_request *request,
                        const struct asyncdl_client_options *options)
{
    struct asyncdl_transfer *t = take_spare(spares);

    if (t == NULL) {
        return -ENOMEM;
    }
    int err = copy_texts(t, request);
    if (err == 0) {
        err = copy_rest(t, request);
    }
    if (err == 0) {
        err = use_urls(t, options->http.protocols);
    }
    if (err < 0) {
        adl_transfer_destroy(t, spares);
        return err;
    }
    t->kind = request->body;
    t->on_body = request->on_body;
    t->max_size = choose_max_size(request, options);
    t->mtime_s = ADL_SINK_NO_TIME;
    *out = t;
    return 0;
}

uint64_t adl_transfer_get_size(const struct asyncdl_transfer *transfer)
{
    if (transfer->body != NULL) {
        return transfer->body->size;
    }
    return transfer->is_skipped && transfer->err == 0 ? transfer->standing.bytes
                                                      : 0;
}

void adl_transfer_destroy(struct asyncdl_transfer *transfer,
                          struct adl_transfer_spares *spares)
{
    if (transfer == NULL) {
        return;
    }
    free(transfer->urls); /* with name and dir */
    adl_strings_free(transfer->headers);
    free(transfer->user_agent);
    free(transfer->referer);
    adl_url_finish(&transfer->url);
    free(transfer->first_origin);
    free(transfer->path);
    if (transfer->body != NULL) {
        adl_body_finish(transfer->body);
        free(transfer->body);
    }
    free(transfer->version);
    free(transfer->version_left);
    adl_half_destroy(transfer->standing.half);
    free(transfer->error);
    put_spare(spares, transfer);
}

int adl_transfer_use_url(struct asyncdl_transfer *transfer, size_t i,
                         const char *protocols)
{
    struct adl_url url;
    int err = adl_url_parse(&url, transfer->urls[i], protocols);

    if (err < 0) {
        return err;
    }
    adl_url_finish(&transfer->url);
    transfer->url = url;
    free(transfer->first_origin);
    transfer->first_origin = NULL;
    transfer->i_url = i;
    transfer->n_redirects = 0;
    transfer->n_failed = 0;
    return 0;
}

int adl_transfer_redirect(struct asyncdl_transfer *transfer,
                          struct adl_url *url)
{
    if (transfer->first_origin == NULL) {
        int err =
            adl_string_copy(&transfer->first_origin, transfer->url.origin);

        if (err < 0) {
            return err;
        }
    }
    adl_url_finish(&transfer->url);
    transfer->url = *url;
    transfer->n_redirects++;
    return 0;
}

bool adl_transfer_is_foreign(const struct asyncdl_transfer *transfer)
{
    return transfer->first_origin != NULL &&
           strcmp(transfer->url.origin, transfer->first_origin) != 0;
}

void adl_transfer_explain(struct asyncdl_transfer *transfer, const char *format,
                          ...)
{
    char text[ERROR_MAX_BYTES];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    free(transfer->error);
    transfer->error = strdup(text);
}

const char *adl_transfer_get_error(const struct asyncdl_transfer *transfer,
                                   int err)
{
    return transfer->error != NULL ? transfer->error : asyncdl_strerror(err);
}

static enum asyncdl_state get_state(const struct asyncdl_transfer *t)
{
    if (t->is_skipped) {
        return ASYNCDL_SKIPPED;
    }
    return t->err == 0 ? ASYNCDL_DONE : ASYNCDL_FAILED;
}

void adl_transfer_fill_result(const struct asyncdl_transfer *t,
                              struct asyncdl_result *out)
{
    bool is_memory = t->kind == ASYNCDL_BODY_MEMORY && t->err == 0;
    bool has_body = t->body != NULL;

    *out = (struct asyncdl_result){
        .state = get_state(t),
        .err = t->err,
        .error = t->err != 0 ? adl_transfer_get_error(t, t->err) : "",
        .retryable = t->is_retryable,
        .status = t->last.status,
        .attempts = t->n_attempts,
        .index = t->index,
        .url = t->urls[0],
        .effective_url = t->url.text,
        .path = t->path,
        .bytes = adl_transfer_get_size(t),
        .body = !is_memory ? NULL
                : has_body ? adl_buf_str(&t->body->mem)
                           : "",
        .http_version =
            t->last.http_version != NULL ? t->last.http_version : "",
        .remote_ip = t->last.remote_ip,
        .time = t->last.time,
        .sha256 = t->sha256[0] != '\0' ? t->sha256 : NULL,
        .bytes_resumed = t->n_resumed,
        .is_name_open = t->path != NULL && !t->is_named && t->err == 0,
    };
    out->time.queue_s = (double)t->waited_ms / 1e3;
}
