/* SPDX-License-Identifier: MIT */
#include "pool/crew.h"

static bool takes_jobs(const struct adl_slot *slot, size_t n_jobs)
{
    const struct adl_hand *hand = slot->hand;

    return hand != NULL && hand->state <= ADL_HAND_READY &&
           hand->kill_err == 0 && hand->start_err == 0 && !hand->is_slow &&
           hand->n_jobs < n_jobs;
}

int64_t adl_crew_find(const struct adl_crew *crew, size_t n_jobs)
{
    for (uint32_t k = 0; k < crew->n; k++) {
        uint32_t i = (crew->next + k) % crew->n;

        if (takes_jobs(&crew->slots[i], n_jobs)) {
            return i;
        }
    }
    return -1;
}

int64_t adl_crew_find_empty(const struct adl_crew *crew)
{
    for (uint32_t i = 0; crew->n_alive < crew->n && i < crew->n; i++) {
        if (crew->slots[i].hand == NULL) {
            return i;
        }
    }
    return -1;
}
