/* SPDX-License-Identifier: MIT */
#include "cli/seen.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 1024

void adl_seen_init(struct adl_seen *seen, const uint64_t key[2])
{
    *seen = (struct adl_seen){.key = {key[0], key[1]}};
}

void adl_seen_finish(struct adl_seen *seen)
{
    free(seen->slots);
    *seen = (struct adl_seen){0};
}

static bool is_free(const struct adl_siphash *slot)
{
    return slot->low == 0 && slot->high == 0;
}

/* Where a fingerprint is, or belongs. */
static struct adl_siphash *find_slot(struct adl_siphash *slots, size_t n_slots,
                                     const struct adl_siphash *f)
{
    size_t i = (size_t)f->low & (n_slots - 1);

    while (!is_free(&slots[i]) &&
           (slots[i].low != f->low || slots[i].high != f->high)) {
        i = (i + 1) & (n_slots - 1);
    }
    return &slots[i];
}

/* Twice the slots, while at most three quarters are taken. */
static int grow(struct adl_seen *seen)
{
    if (seen->n < seen->n_slots / 4 * 3) {
        return 0;
    }
    size_t n_slots = seen->n_slots > 0 ? seen->n_slots * 2 : FIRST_SLOTS;
    struct adl_siphash *slots = calloc(n_slots, sizeof(*slots));
    if (slots == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < seen->n_slots; i++) {
        if (!is_free(&seen->slots[i])) {
            *find_slot(slots, n_slots, &seen->slots[i]) = seen->slots[i];
        }
    }
    free(seen->slots);
    seen->slots = slots;
    seen->n_slots = n_slots;
    return 0;
}

int adl_seen_add(struct adl_seen *seen, const char *str)
{
    struct adl_siphash f = adl_siphash128(seen->key, str, strlen(str));
    int err = grow(seen);

    if (err < 0) {
        return err;
    }
    if (is_free(&f)) {
        f.low = 1; /* this value marks a free slot */
    }
    struct adl_siphash *slot = find_slot(seen->slots, seen->n_slots, &f);
    if (!is_free(slot)) {
        return 0;
    }
    *slot = f;
    seen->n++;
    return 1;
}
