/* SPDX-License-Identifier: MIT */
#include "site/pattern.h"

/* The finaliser of splitmix64, over a count of 8-byte words. */
static uint64_t make_word(uint64_t seed, uint64_t index)
{
    uint64_t x = (seed + 1) * 0xd1342543de82ef95u + index * 0x9e3779b97f4a7c15u;

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* Least byte first on every machine; compilers make one store of it. */
static void put_word(uint8_t *out, uint64_t word)
{
    for (unsigned i = 0; i < 8; i++) {
        out[i] = (uint8_t)(word >> (8 * i));
    }
}

static size_t fill_part(uint8_t *out, size_t len, uint64_t seed,
                        uint64_t offset)
{
    uint8_t word[8];
    size_t skip = offset % 8;
    size_t n = 8 - skip < len ? 8 - skip : len;

    put_word(word, make_word(seed, offset / 8));
    for (size_t i = 0; i < n; i++) {
        out[i] = word[skip + i];
    }
    return n;
}

void adl_pattern_fill(uint8_t *out, size_t len, uint64_t seed, uint64_t offset)
{
    size_t done = offset % 8 != 0 ? fill_part(out, len, seed, offset) : 0;
    uint64_t index = (offset + done) / 8;

    for (; len - done >= 8; done += 8) {
        put_word(out + done, make_word(seed, index++));
    }
    if (done < len) {
        (void)fill_part(out + done, len - done, seed, offset + done);
    }
}
