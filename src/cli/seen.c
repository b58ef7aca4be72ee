/* SPDX-License-Identifier: MIT */
#include "cli/seen.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 1024

struct sip {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t x, int n)
{
    return (x << n) | (x >> (64 - n));
}

static void stir(struct sip *s, int n_rounds)
{
    for (int i = 0; i < n_rounds; i++) {
        s->v0 += s->v1;
        s->v1 = rotate(s->v1, 13) ^ s->v0;
        s->v0 = rotate(s->v0, 32);
        s->v2 += s->v3;
        s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 += s->v3;
        s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v2 += s->v1;
        s->v1 = rotate(s->v1, 17) ^ s->v2;
        s->v2 = rotate(s->v2, 32);
    }
}

static void absorb(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    stir(s, 2);
    s->v0 ^= word;
}

/* Up to 8 bytes, little end first. */
static uint64_t load(const unsigned char *bytes, size_t len)
{
    uint64_t word = 0;

    for (size_t i = 0; i < len; i++) {
        word |= (uint64_t)bytes[i] << (8 * i);
    }
    return word;
}

struct adl_fingerprint adl_seen_hash(const uint64_t key[2], const void *bytes,
                                     size_t len)
{
    struct sip s = {
        .v0 = key[0] ^ UINT64_C(0x736f6d6570736575),
        .v1 = key[1] ^ UINT64_C(0x646f72616e646f6d) ^ 0xee,
        .v2 = key[0] ^ UINT64_C(0x6c7967656e657261),
        .v3 = key[1] ^ UINT64_C(0x7465646279746573),
    };
    const unsigned char *p = bytes;
    size_t n_left = len;
    struct adl_fingerprint out;

    for (; n_left >= 8; p += 8, n_left -= 8) {
        absorb(&s, load(p, 8));
    }
    absorb(&s, load(p, n_left) | (uint64_t)len << 56);
    s.v2 ^= 0xee;
    stir(&s, 4);
    out.low = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
    s.v1 ^= 0xdd;
    stir(&s, 4);
    out.high = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
    return out;
}

void adl_seen_init(struct adl_seen *seen, const uint64_t key[2])
{
    *seen = (struct adl_seen){.key = {key[0], key[1]}};
}

void adl_seen_finish(struct adl_seen *seen)
{
    free(seen->slots);
    *seen = (struct adl_seen){0};
}

static bool is_free(const struct adl_fingerprint *slot)
{
    return slot->low == 0 && slot->high == 0;
}

/* Where a fingerprint is, or belongs. */
static struct adl_fingerprint *find_slot(struct adl_fingerprint *slots,
                                         size_t n_slots,
                                         const struct adl_fingerprint *f)
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
    struct adl_fingerprint *slots = calloc(n_slots, sizeof(*slots));
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
    struct adl_fingerprint f = adl_seen_hash(seen->key, str, strlen(str));
    int err = grow(seen);

    if (err < 0) {
        return err;
    }
    if (is_free(&f)) {
        f.low = 1; /* this value marks a free slot */
    }
    struct adl_fingerprint *slot = find_slot(seen->slots, seen->n_slots, &f);
    if (!is_free(slot)) {
        return 0;
    }
    *slot = f;
    seen->n++;
    return 1;
}
