/* SPDX-License-Identifier: MIT */
/*
 * An open-addressing table that stops growing at MAX_SLOTS: what comes after
 * that goes to the disk. A key is in one of the two for good.
 */
#include "util/numbers.h"

#include <errno.h>
#include <stdlib.h>

#include "util/spill.h"

#define FIRST_SLOTS 64
#define MAX_SLOTS   131072

void adl_numbers_finish(struct adl_numbers *numbers)
{
    adl_spill_close(numbers->spill);
    free(numbers->keys);
    free(numbers->values);
    *numbers = (struct adl_numbers){0};
}

/* Never 0, which marks a free slot. */
static uint64_t mark(uint64_t key)
{
    return key != 0 ? key : 1;
}

/*
 * The slot that holds a key or would take it. Slots follow the order of the
 * keys, so that the table may have any size and grows from front to back.
 */
static uint32_t find_slot(const struct adl_numbers *numbers, uint64_t key)
{
    uint32_t slot = (uint32_t)((key >> 32) * numbers->n_slots >> 32);

    while (numbers->keys[slot] != 0 && numbers->keys[slot] != key) {
        slot = slot + 1 < numbers->n_slots ? slot + 1 : 0;
    }
    return slot;
}

static void put_in_table(struct adl_numbers *numbers, uint32_t slot,
                         uint64_t key, uint32_t value)
{
    if (numbers->keys[slot] == 0) {
        numbers->keys[slot] = key;
        numbers->n_used++;
    }
    numbers->values[slot] = value;
}

static int resize(struct adl_numbers *numbers, uint32_t n_slots)
{
    struct adl_numbers grown = {
        .keys = calloc(n_slots, sizeof(*grown.keys)),
        .values = calloc(n_slots, sizeof(*grown.values)),
        .n_slots = n_slots,
    };

    if (grown.keys == NULL || grown.values == NULL) {
        adl_numbers_finish(&grown);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < numbers->n_slots; i++) {
        uint64_t key = numbers->keys[i];

        if (key != 0) {
            put_in_table(&grown, find_slot(&grown, key), key,
                         numbers->values[i]);
        }
    }
    adl_numbers_finish(numbers);
    *numbers = grown;
    return 0;
}

/* At most four slots of five are used, and the table grows by half: 15 to 22.5
 * bytes a key, where doubling would take 30. */
int adl_numbers_reserve(struct adl_numbers *numbers, uint32_t n_new)
{
    uint32_t limit = numbers->n_slots - numbers->n_slots / 5;

    if (numbers->n_slots == 0) {
        return resize(numbers, FIRST_SLOTS);
    }
    if (numbers->spill != NULL || n_new <= limit - numbers->n_used) {
        return 0;
    }
    if (numbers->n_slots > MAX_SLOTS / 3 * 2) {
        return adl_spill_open(&numbers->spill);
    }
    return resize(numbers, numbers->n_slots + numbers->n_slots / 2);
}

int adl_numbers_get(struct adl_numbers *numbers, uint64_t key, uint32_t *out)
{
    key = mark(key);
    if (numbers->n_slots == 0) {
        *out = 0;
        return 0;
    }
    uint32_t slot = find_slot(numbers, key);
    if (numbers->keys[slot] == 0 && numbers->spill != NULL) {
        return adl_spill_get(numbers->spill, key, out);
    }
    *out = numbers->values[slot];
    return 0;
}

int adl_numbers_put(struct adl_numbers *numbers, uint64_t key, uint32_t value)
{
    key = mark(key);
    uint32_t slot = find_slot(numbers, key);
    if (numbers->keys[slot] == 0 && numbers->spill != NULL) {
        return adl_spill_put(numbers->spill, key, value);
    }
    put_in_table(numbers, slot, key, value);
    return 0;
}
