/* SPDX-License-Identifier: MIT */
#include "cli/phases.h"

static uint64_t get_ns(double seconds)
{
    return seconds > 0 ? (uint64_t)(seconds * 1e9) : 0;
}

size_t adl_phases_split(struct adl_phase out[ADL_PHASES_MAX],
                        const struct asyncdl_times *times, bool is_tls)
{
    /* when each phase was over; 0 is never, or that it was left out */
    const struct {
        enum asyncdl_span_kind kind;
        uint64_t end_ns;
        bool may_be_left_out;
    } steps[ADL_PHASES_MAX] = {
        {ASYNCDL_SPAN_DNS, get_ns(times->dns_s), false},
        {ASYNCDL_SPAN_CONNECT, get_ns(times->connect_s), false},
        {ASYNCDL_SPAN_TLS, get_ns(times->tls_s), !is_tls},
        {ASYNCDL_SPAN_WAITING, get_ns(times->first_byte_s), false},
        {ASYNCDL_SPAN_BODY, get_ns(times->total_s), false},
    };
    uint64_t total_ns = get_ns(times->total_s);
    bool got_answer = times->first_byte_s > 0;
    uint64_t at_ns = 0;
    size_t n = 0;

    for (size_t i = 0; i < ADL_PHASES_MAX; i++) {
        bool is_last =
            steps[i].end_ns == 0 && !got_answer && !steps[i].may_be_left_out;
        uint64_t end_ns = is_last ? total_ns : steps[i].end_ns;

        end_ns = end_ns < total_ns ? end_ns : total_ns;
        if (end_ns > at_ns) {
            out[n++] = (struct adl_phase){steps[i].kind, end_ns - at_ns};
            at_ns = end_ns;
        }
        if (is_last) {
            break;
        }
    }
    return n;
}
