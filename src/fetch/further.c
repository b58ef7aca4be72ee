/* SPDX-License-Identifier: MIT */
#include "fetch/further.h"

#include <stdbool.h>

/* So many looks more, and all that waits is gone: too long to wait for others.
 */
#define SLOW_LOOKS 20

void adl_further_end(struct adl_further *further)
{
    *further = (struct adl_further){.n_more = 0};
}

void adl_further_look(struct adl_further *further, size_t n_waiting,
                      uint64_t n_gone, uint64_t now_ms)
{
    bool is_begun = further->due_ms != 0;
    /* those that failed come back */
    uint64_t n = n_gone > further->n_gone ? n_gone - further->n_gone : 0;
    bool is_slow = n * SLOW_LOOKS < n_waiting;

    if (is_begun && now_ms < further->due_ms) {
        return;
    }
    if (is_begun && is_slow && further->n_more < ADL_FURTHER_MAX) {
        further->n_more += ADL_FURTHER_STEP;
    }
    further->n_gone = n_gone;
    further->due_ms = now_ms + ADL_FURTHER_STEP_MS;
}
