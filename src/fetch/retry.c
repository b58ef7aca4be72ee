/* SPDX-License-Identifier: MIT */
#include "fetch/retry.h"

#include <assert.h>
#include <errno.h>

#include "asyncdl/error.h"
#include "util/httpdate.h"

#define DELAY_MAX_MS UINT64_C(60000) /* below 2^16: see n_doublings */
#define DAY_S        UINT64_C(86400)

static bool is_passing_status(int status)
{
    switch (status) {
    case 408:
    case 425:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
        return true;
    default:
        return false;
    }
}

bool adl_retry_is_passing(int err, int status)
{
    switch (err) {
    case ASYNCDL_EHTTP:
        return is_passing_status(status);
    case ASYNCDL_EPROXY:
        return status == 0 || is_passing_status(status);
    case ASYNCDL_ERESOLVE:
    case ASYNCDL_ECONNECT:
    case ASYNCDL_ECONNTIMEOUT:
    case ASYNCDL_ETLS:
    case ASYNCDL_ERESET:
    case ASYNCDL_ECUT:
    case ASYNCDL_ESTALL:
    case ASYNCDL_EMAXTIME:
    case ASYNCDL_EENCODING: /* damaged: what is unknown is EPROTOCOL */
    case ASYNCDL_ERANGE:
    case ASYNCDL_EHELD:
    case ASYNCDL_ECHECKSUM: /* of an attempt: the server's own word */
    case -ENOMEM:           /* others give theirs back */
        return true;
    default:
        return false;
    }
}

static enum adl_host_sign sign_of_status(int status)
{
    if (status == 429 || status == 503 || status == 504) {
        return ADL_HOST_TROUBLE;
    }
    return status >= 200 && status < 500 ? ADL_HOST_GOOD : ADL_HOST_NEUTRAL;
}

enum adl_host_sign adl_retry_sign(int err, int status)
{
    switch (err) {
    case ASYNCDL_ECONNECT:
    case ASYNCDL_ECONNTIMEOUT:
    case ASYNCDL_ERESET:
    case ASYNCDL_ESTALL:
        return ADL_HOST_TROUBLE;
    case 0:
    case ASYNCDL_EHTTP:
    case ASYNCDL_EHEADERS:
    case ASYNCDL_ETOOBIG:
    case ASYNCDL_EENCODING:
    case ASYNCDL_EREDIRECT:
    case ASYNCDL_EREDIRECTS:
    case ASYNCDL_ERANGE:
    case ASYNCDL_ECHECKSUM:
        return sign_of_status(status); /* we dislike what it answered well */
    default:
        return ADL_HOST_NEUTRAL;
    }
}

static uint64_t add_capped(uint64_t a, uint64_t b)
{
    return a <= UINT64_MAX - b ? a + b : UINT64_MAX;
}

static uint64_t choose_delay_ms(const struct adl_retry_policy *policy,
                                const struct adl_retry_facts *facts)
{
    uint32_t n_doublings = facts->n_failed - 1;
    uint64_t delay_ms = (uint64_t)policy->delay_ms
                        << (n_doublings < 16 ? n_doublings : 16);

    if (delay_ms > DELAY_MAX_MS) {
        delay_ms = DELAY_MAX_MS;
    }
    uint64_t fixed_ms = (delay_ms + 1) / 2;
    return fixed_ms + facts->random % (delay_ms - fixed_ms + 1);
}

struct adl_retry_verdict adl_retry_decide(const struct adl_retry_policy *policy,
                                          const struct adl_retry_facts *facts)
{
    struct adl_retry_verdict verdict = {.action = ADL_RETRY_GIVE_UP_FOR_GOOD};
    uint64_t end_ms = add_capped(facts->first_failed_ms, policy->max_ms);

    assert(facts->n_failed > 0);
    if (facts->retry_after_is_given &&
        (facts->status == 429 || facts->status == 503)) {
        verdict.hold_until_ms =
            add_capped(facts->now_ms, facts->retry_after_ms);
        /* By its own length: how long this request has failed is no
         * matter of the others. */
        verdict.is_held_too_long = facts->retry_after_ms > policy->max_ms;
    }
    if (!adl_retry_is_passing(facts->err, facts->status)) {
        return verdict;
    }
    verdict.action = ADL_RETRY_GIVE_UP;
    if (facts->n_failed > policy->n_retries) {
        return verdict;
    }
    uint64_t due_ms =
        verdict.hold_until_ms > 0
            ? verdict.hold_until_ms
            : add_capped(facts->now_ms, choose_delay_ms(policy, facts));
    if (due_ms <= end_ms) {
        verdict.action = ADL_RETRY_AGAIN;
        verdict.due_ms = due_ms;
    }
    return verdict;
}

/* Seconds up to a day; what is more means a day. */
static int parse_seconds(uint64_t *out_s, const char *text, size_t len)
{
    uint64_t seconds = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -EINVAL;
        }
        seconds = seconds * 10 + (uint64_t)(text[i] - '0');
        if (seconds > DAY_S) {
            seconds = DAY_S;
        }
    }
    *out_s = seconds;
    return len > 0 ? 0 : -EINVAL;
}

int adl_retry_after_parse(uint64_t *out_ms, const char *text, size_t len,
                          int64_t now_s)
{
    uint64_t wait_s = 0;
    int64_t date_s = 0;

    while (len > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        len--;
    }
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t')) {
        len--;
    }
    if (parse_seconds(&wait_s, text, len) < 0) {
        int err = adl_httpdate_parse(&date_s, text, len, now_s);

        if (err < 0) {
            return err;
        }
        wait_s = date_s > now_s ? (uint64_t)(date_s - now_s) : 0;
    }
    *out_ms = (wait_s < DAY_S ? wait_s : DAY_S) * 1000;
    return 0;
}
