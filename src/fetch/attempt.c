/* SPDX-License-Identifier: MIT */
/*
 * A handle goes round: idle in the pool, added to the multi, reaped or
 * stopped, idle again. While libcurl calls back, an attempt only records: what
 * it ends with stands in abort_err, why it does not read in paused.
 */
#include "fetch/attempt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asyncdl/error.h"
#include "fetch/attempt_setup.h"
#include "util/clock.h"

/* libcurl's own connect timeout comes first; this one is for its lost timers.
 */
#define CONNECT_GRACE_MS 1000

/* Time for a byte on a connection that failed another attempt: before 8.1,
 * libcurl forgets to tell all of them. */
#define DOUBT_MS 2000

struct adl_attempt_pool {
    struct adl_setup setup;
    struct adl_multi *multi;
    uv_loop_t *loop;
    const struct adl_attempt_ops *ops;
    struct adl_attempt *idle;
    uint64_t connect_timeout_ms;
    uint64_t stall_timeout_ms;
    uint64_t max_time_ms;
    bool locates; /* attempts are told addresses */
    bool is_plan; /* the client changes no file */
};

static uint64_t now_ms(const struct adl_attempt *a)
{
    return uv_now(a->pool->loop);
}

static void note_byte(struct adl_attempt *a)
{
    a->active_ms = now_ms(a);
    a->is_doubted = false;
    adl_multi_note(a->pool->multi);
}

static size_t on_header(char *line, size_t size, size_t n, void *data)
{
    struct adl_attempt *a = data;

    (void)size; /* always 1 */
    note_byte(a);
    a->abort_err = adl_answer_add(&a->answer, line, n, adl_clock_wall_s());
    return a->abort_err == 0 ? n : 0;
}

static size_t on_write(char *bytes, size_t size, size_t n, void *data)
{
    struct adl_attempt *a = data;

    (void)size; /* always 1 */
    note_byte(a);
    int rc = adl_attempt_take_body(a, bytes, n);
    if (rc == ADL_ATTEMPT_PAUSED) {
        a->is_held = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    a->abort_err = rc;
    return rc == 0 ? n : 0;
}

static bool is_new_connection(const struct adl_attempt *a)
{
    long n = 0;

    (void)curl_easy_getinfo(a->easy, CURLINFO_NUM_CONNECTS, &n);
    return n > 0;
}

/* The connection stands and the request is about to go out. */
static int on_connected(void *data, char *remote_ip, char *local_ip,
                        int remote_port, int local_port)
{
    struct adl_attempt *a = data;

    (void)remote_ip;
    (void)local_ip;
    (void)remote_port;
    a->is_connected = true;
    a->local_port = local_port;
    a->active_ms = now_ms(a);
    if (a->may_share && is_new_connection(a)) {
        adl_multi_recheck(a->pool->multi); /* it may carry only this one */
    }
    return CURL_PREREQFUNC_OK;
}

static CURLcode set_callbacks(struct adl_attempt *a)
{
    CURL *easy = a->easy;
    CURLcode cc = curl_easy_setopt(easy, CURLOPT_PRIVATE, a);

    if (cc == CURLE_OK) {
        cc = curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, a->error);
    }
    if (cc == CURLE_OK) {
        cc = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    }
    if (cc == CURLE_OK) {
        cc = curl_easy_setopt(easy, CURLOPT_HEADERDATA, a);
    }
    if (cc == CURLE_OK) {
        cc = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
    }
    if (cc == CURLE_OK) {
        cc = curl_easy_setopt(easy, CURLOPT_WRITEDATA, a);
    }
    if (cc == CURLE_OK) {
        cc = curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
    }
    if (cc == CURLE_OK) {
        cc = curl_easy_setopt(easy, CURLOPT_PREREQDATA, a);
    }
    return cc;
}

static void destroy(struct adl_attempt *a)
{
    if (a->easy != NULL) {
        curl_easy_cleanup(a->easy);
    }
    curl_slist_free_all(a->headers);
    curl_slist_free_all(a->resolve);
    adl_attempt_reset_body(a);
    adl_answer_finish(&a->answer);
    free(a);
}

static int create(struct adl_attempt **out, struct adl_attempt_pool *pool)
{
    struct adl_attempt *a = calloc(1, sizeof(*a));

    if (a == NULL) {
        return -ENOMEM;
    }
    a->pool = pool;
    a->ops = pool->ops;
    a->ca_file = adl_setup_get_ca_file(&pool->setup);
    a->is_special = true; /* nothing is set yet */
    a->easy = curl_easy_init();
    int err = a->easy != NULL ? 0 : -ENOMEM;
    if (err == 0) {
        err = adl_setup_apply(&pool->setup, a->easy);
    }
    if (err == 0) {
        err = adl_multi_adopt(pool->multi, a->easy, &a->socket_errno);
    }
    if (err == 0) {
        err = adl_setup_translate(set_callbacks(a));
    }
    if (err < 0) {
        destroy(a);
        return err;
    }
    *out = a;
    return 0;
}

/*
 * libcurl before 8.1 keeps what was refused where others use the connection of
 * HTTP/2 when a transfer ends, and gives it to the next one of that handle when
 * that is paused and goes on.
 */
static void put(struct adl_attempt *a)
{
    if (a->is_held) {
        destroy(a);
        return;
    }
    adl_attempt_reset_body(a);
    a->next = a->pool->idle;
    a->pool->idle = a;
}

static int take(struct adl_attempt **out, struct adl_attempt_pool *pool)
{
    struct adl_attempt *a = pool->idle;

    if (a == NULL) {
        return create(out, pool);
    }
    pool->idle = a->next;
    *out = a;
    return 0;
}

/* Shows, before anything else is opened, what libcurl cannot do. */
static int probe(const struct adl_setup *setup)
{
    CURL *easy = curl_easy_init();

    if (easy == NULL) {
        return -ENOMEM;
    }
    int err = adl_setup_apply(setup, easy);
    curl_easy_cleanup(easy);
    return err;
}

int adl_attempt_pool_create(struct adl_attempt_pool **out,
                            const struct asyncdl_client_options *options,
                            uv_loop_t *loop, const struct adl_attempt_ops *ops)
{
    struct adl_attempt_pool *pool = calloc(1, sizeof(*pool));

    if (pool == NULL) {
        return -ENOMEM;
    }
    pool->loop = loop;
    pool->ops = ops;
    pool->connect_timeout_ms = options->connect_timeout_ms;
    pool->stall_timeout_ms = options->stall_timeout_ms;
    pool->max_time_ms = options->max_time_ms;
    pool->is_plan = (options->flags & ASYNCDL_CLIENT_PLAN) != 0;
    pool->locates = options->http.dns_servers != NULL;
    int err = adl_setup_init(&pool->setup, options);
    if (err == 0) {
        err = probe(&pool->setup);
    }
    if (err < 0) {
        adl_attempt_pool_destroy(pool);
        return err;
    }
    *out = pool;
    return 0;
}

void adl_attempt_pool_set_multi(struct adl_attempt_pool *pool,
                                struct adl_multi *multi)
{
    pool->multi = multi;
    pool->setup.writes_jar = !pool->is_plan; /* nothing can go wrong now */
}

void adl_attempt_pool_destroy(struct adl_attempt_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    while (pool->idle != NULL) {
        struct adl_attempt *a = pool->idle;

        pool->idle = a->next;
        destroy(a);
    }
    adl_setup_finish(&pool->setup);
    free(pool);
}

static bool is_special(const struct adl_attempt_pool *pool,
                       const struct adl_attempt_spec *spec)
{
    return spec->headers != NULL || spec->user_agent != NULL ||
           spec->referer != NULL || spec->offset > 0 || spec->is_foreign ||
           spec->is_last_of_host || spec->is_plain_http || pool->locates ||
           adl_setup_has_proxies(&pool->setup);
}

static int specialize(struct adl_attempt *a,
                      const struct adl_attempt_spec *spec)
{
    char range[32];
    bool has_range = spec->offset > 0;

    if (has_range) {
        (void)snprintf(range, sizeof(range), "%" PRIu64 "-", spec->offset);
    }
    struct adl_setup_special special = {
        .url = spec->url,
        .user_agent = spec->user_agent,
        .referer = spec->referer,
        .range = has_range ? range : NULL,
        .is_foreign = spec->is_foreign,
        .forbid_reuse = spec->is_last_of_host || spec->is_plain_http,
        .is_plain_http = spec->is_plain_http,
    };
    int err = adl_setup_specialize(&a->pool->setup, a->easy, &special);
    if (err < 0) {
        return err;
    }
    if (a->pool->locates) {
        err = adl_setup_locate(&a->pool->setup, a->easy, &a->resolve,
                               spec->located, spec->spent_ms);
        if (err < 0) {
            return err;
        }
    }
    curl_slist_free_all(a->headers);
    a->headers = NULL;
    err = adl_setup_join_headers(&a->pool->setup, &a->headers, spec->headers,
                                 spec->is_foreign,
                                 has_range ? spec->if_range : NULL);
    if (err < 0) {
        return err;
    }
    return adl_setup_translate(
        curl_easy_setopt(a->easy, CURLOPT_HTTPHEADER, a->headers));
}

static int prepare(struct adl_attempt *a, const struct adl_attempt_spec *spec)
{
    bool special = is_special(a->pool, spec);

    if (special || a->is_special) {
        a->is_special = true; /* also when it fails half way */
        int err = specialize(a, spec);

        if (err < 0) {
            return err;
        }
        a->is_special = special;
    }
    a->may_share = adl_setup_may_share(&a->pool->setup, spec->url);
    return adl_setup_aim(&a->pool->setup, a->easy, spec->url);
}

static void reset(struct adl_attempt *a, const struct adl_attempt_spec *spec,
                  void *data)
{
    adl_answer_reset(&a->answer);
    a->coding = ADL_CODING_NONE;
    a->data = data;
    a->active_ms = now_ms(a);
    a->spent_ms = spec->spent_ms;
    a->started_ms = a->active_ms - a->spent_ms;
    a->n_dropped = 0;
    a->paused = 0;
    a->abort_err = 0;
    a->socket_errno = 0;
    a->local_port = 0;
    a->is_doubted = false;
    a->is_connected = false;
    a->has_begun = false;
    a->is_held = false;
    a->is_proxied = spec->is_proxied;
    a->error[0] = '\0';
}

int adl_attempt_start(struct adl_attempt **out, struct adl_attempt_pool *pool,
                      const struct adl_attempt_spec *spec, void *data)
{
    struct adl_attempt *a;
    int err = take(&a, pool);

    if (err < 0) {
        return err;
    }
    reset(a, spec, data);
    err = prepare(a, spec);
    if (err == 0) {
        err = adl_multi_add(pool->multi, a->easy);
    }
    if (err < 0) {
        put(a);
        return err;
    }
    a->is_added = true;
    *out = a;
    return 0;
}

static struct adl_attempt *get_attempt(CURL *easy)
{
    struct adl_attempt *a = NULL;

    (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &a); /* always there */
    return a;
}

void adl_attempt_reap(struct adl_attempt_pool *pool, adl_attempt_end_cb on_end)
{
    CURL *easy;
    CURLcode cc;

    while (adl_multi_take_ended(pool->multi, &easy, &cc)) {
        struct adl_attempt *a = get_attempt(easy);

        a->is_added = false;
        a->cc = cc;
        on_end(a, a->data);
    }
}

void adl_attempt_abort(struct adl_attempt *attempt, int err)
{
    attempt->abort_err = err;
    attempt->cc = CURLE_ABORTED_BY_CALLBACK;
}

/* Have libcurl give out what it holds, to nobody: as long as the transfer goes
 * on that is how it is freed. */
static void drain(struct adl_attempt *attempt)
{
    attempt->is_draining = true;
    if (curl_easy_pause(attempt->easy, CURLPAUSE_CONT) == CURLE_OK) {
        attempt->is_held = false;
    }
    attempt->is_draining = false;
}

void adl_attempt_stop(struct adl_attempt *attempt)
{
    if (attempt->is_added) {
        if (attempt->is_held) {
            drain(attempt);
        }
        attempt->is_added = false;
        adl_multi_remove(attempt->pool->multi, attempt->easy);
    }
    put(attempt);
}

void adl_attempt_pause(struct adl_attempt *attempt, enum adl_pause reason)
{
    attempt->paused |= (unsigned)reason;
}

bool adl_attempt_resume(struct adl_attempt *attempt, enum adl_pause reason)
{
    if ((attempt->paused & (unsigned)reason) == 0) {
        return true;
    }
    attempt->paused &= ~(unsigned)reason;
    if (attempt->paused != 0) {
        return true;
    }
    attempt->active_ms = now_ms(attempt);
    attempt->doubted_ms = attempt->active_ms;
    if (!attempt->is_held) {
        return true;
    }
    attempt->is_held = false;
    /* libcurl drops what was refused in there, and would go on behind it. */
    CURLcode cc = curl_easy_pause(attempt->easy, CURLPAUSE_CONT);
    if (cc != CURLE_OK) {
        attempt->cc = cc;
    }
    return cc == CURLE_OK;
}

void adl_attempt_doubt(struct adl_attempt *attempt)
{
    attempt->doubted_ms = now_ms(attempt);
    attempt->is_doubted = true;
}

static int check_deadline(uint64_t from_ms, uint64_t timeout_ms, int err,
                          uint64_t now, uint64_t *out_due_ms)
{
    if (now - from_ms >= timeout_ms) {
        return err;
    }
    if (from_ms + timeout_ms < *out_due_ms) {
        *out_due_ms = from_ms + timeout_ms;
    }
    return 0;
}

int adl_attempt_check_time(const struct adl_attempt *attempt, uint64_t now,
                           uint64_t *out_due_ms)
{
    const struct adl_attempt_pool *pool = attempt->pool;
    int err = 0;

    /* It may connect or go on reading at any time, and then fall silent. */
    *out_due_ms = now + pool->stall_timeout_ms;
    if (!attempt->is_connected) {
        err = check_deadline(attempt->started_ms,
                             pool->connect_timeout_ms + CONNECT_GRACE_MS,
                             ASYNCDL_ECONNTIMEOUT, now, out_due_ms);
    } else if (attempt->paused == 0) {
        err = check_deadline(attempt->active_ms, pool->stall_timeout_ms,
                             ASYNCDL_ESTALL, now, out_due_ms);
        if (err == 0 && attempt->is_doubted) {
            err = check_deadline(attempt->doubted_ms, DOUBT_MS, ASYNCDL_ERESET,
                                 now, out_due_ms);
        }
    }
    if (err == 0 && pool->max_time_ms != 0) {
        err = check_deadline(attempt->started_ms, pool->max_time_ms,
                             ASYNCDL_EMAXTIME, now, out_due_ms);
    }
    return err;
}
