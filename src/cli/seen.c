/* SPDX-License-Identifier: MIT */
/*
 * One half of the hash is the key of a number, 31 bits of the other half are
 * the number. Two URLs that share the key only are told apart, and the older
 * of them is forgotten: at worst it is downloaded twice, never left out.
 */
#include "cli/seen.h"

#include <string.h>

#include "util/siphash.h"

void adl_seen_init(struct adl_seen *seen, const uint64_t key[2])
{
    *seen = (struct adl_seen){.key = {key[0], key[1]}};
}

void adl_seen_finish(struct adl_seen *seen)
{
    adl_numbers_finish(&seen->numbers);
    *seen = (struct adl_seen){0};
}

int adl_seen_add(struct adl_seen *seen, const char *str)
{
    struct adl_siphash hash = adl_siphash128(seen->key, str, strlen(str));
    uint32_t mark = (uint32_t)hash.high | 1; /* 0 is none */
    uint32_t known;
    int err = adl_numbers_get(&seen->numbers, hash.low, &known);

    if (err < 0 || known == mark) {
        return err;
    }
    err = adl_numbers_reserve(&seen->numbers, 1);
    if (err == 0) {
        err = adl_numbers_put(&seen->numbers, hash.low, mark);
    }
    return err < 0 ? err : 1;
}
