/* SPDX-License-Identifier: MIT */
/*
 * How many transfers may be under way at once, as far as descriptors go. Pure.
 *
 * Where one was missing there are no more from then on than went well; each
 * windowful of ends without such a lack allows for one more again, because
 * others give theirs back. Where nothing else comes of anything for long, none
 * will be given back.
 */
#ifndef ADL_FETCH_WIDTH_H
#define ADL_FETCH_WIDTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct adl_width {
    uint32_t most; /* asked for; at least 1 */
    uint32_t now;
    uint32_t n_well; /* ended without a lack, since now changed */
    bool is_lacking; /* nothing but lacks, since: */
    uint64_t lacking_ms;
};

/* What descriptors are for. */
struct adl_shares {
    uint32_t max_active;   /* transfers, each with a socket and a file */
    uint32_t max_connects; /* connections in all, those that are idle too */
    uint32_t max_batch;    /* files that one batch of saving holds open */
    size_t max_open;       /* all of that together */
};

/*
 * Share out n_free descriptors for what was asked for (at least 1). Few are
 * enough for one of each, and a lack while it runs is lived with.
 */
struct adl_shares adl_width_share(size_t n_free, uint32_t asked);

void adl_width_init(struct adl_width *width, uint32_t most);

/* One found no descriptor while n_active others were under way. Is it too long
 * that nothing else has come of anything? */
bool adl_width_lack(struct adl_width *width, uint32_t n_active,
                    uint64_t now_ms);

/* Something came of one: descriptors suffice for that, or will be given back.
 */
void adl_width_note(struct adl_width *width);

/* One ended that had all it needed. True where now has changed. */
bool adl_width_grow(struct adl_width *width);

#endif
