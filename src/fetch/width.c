/* SPDX-License-Identifier: MIT */
#include "fetch/width.h"

/* Not for transfers: a journal, lookups, and what the program around us
 * opens. */
#define RESERVED 16

#define LACKING_MAX_MS 10000

#define N_BATCHES 2
#define BATCH_MIN 2
#define BATCH_MAX 64

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
 * Each transfer may have a socket and a file, and as many connections may be
 * idle: all of those that end in a turn stay until the next ones have started.
 * A file that is saved is open until its batch is.
 */
struct adl_shares adl_width_share(size_t n_free, uint32_t asked)
{
    size_t n = n_free > RESERVED ? n_free - RESERVED : 0;
    size_t batch = least(n / 8, BATCH_MAX);

    batch = batch > BATCH_MIN ? batch : BATCH_MIN;
    n = n > N_BATCHES * batch + 3 ? n - N_BATCHES * batch : 3;
    size_t active = least(asked, n / 3);
    size_t connects = least(2 * active + 64, n - 2 * active);
    return (struct adl_shares){
        .max_active = (uint32_t)active,
        .max_connects = (uint32_t)connects,
        .max_batch = (uint32_t)batch,
        .max_open = active + connects + N_BATCHES * batch,
    };
}

void adl_width_init(struct adl_width *width, uint32_t most)
{
    *width = (struct adl_width){.most = most, .now = most};
}

bool adl_width_lack(struct adl_width *width, uint32_t n_active, uint64_t now_ms)
{
    width->n_well = 0;
    if (n_active < width->now) {
        width->now = n_active > 0 ? n_active : 1;
    }
    if (!width->is_lacking) {
        width->is_lacking = true;
        width->lacking_ms = now_ms;
    }
    return now_ms - width->lacking_ms >= LACKING_MAX_MS;
}

void adl_width_note(struct adl_width *width)
{
    width->is_lacking = false;
}

bool adl_width_grow(struct adl_width *width)
{
    if (width->now >= width->most || ++width->n_well < width->now) {
        return false;
    }
    width->n_well = 0;
    width->now++;
    return true;
}
