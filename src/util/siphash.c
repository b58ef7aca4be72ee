/* SPDX-License-Identifier: MIT */
#include "util/siphash.h"

static uint64_t rotate(uint64_t x, int n)
{
    return (x << n) | (x >> (64 - n));
}

static void stir(struct adl_siphash_state *s, int n_rounds)
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

static void absorb(struct adl_siphash_state *s, uint64_t word)
{
    s->v3 ^= word;
    stir(s, 2);
    s->v0 ^= word;
}

/* 8 bytes, little end first: compilers know it for one load. */
static uint64_t load(const unsigned char *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
           (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 |
           (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

void adl_siphash_init(struct adl_siphash_state *s, const uint64_t key[2])
{
    *s = (struct adl_siphash_state){
        .v0 = key[0] ^ UINT64_C(0x736f6d6570736575),
        .v1 = key[1] ^ UINT64_C(0x646f72616e646f6d) ^ 0xee,
        .v2 = key[0] ^ UINT64_C(0x6c7967656e657261),
        .v3 = key[1] ^ UINT64_C(0x7465646279746573),
    };
}

void adl_siphash_add(struct adl_siphash_state *s, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    unsigned n_bits = (unsigned)(s->len % 8) * 8; /* in the tail */

    s->len += len;
    for (; len >= 8; p += 8, len -= 8) {
        uint64_t word = load(p);

        absorb(s, s->tail | word << n_bits);
        s->tail = n_bits > 0 ? word >> (64 - n_bits) : 0;
    }
    for (; len > 0; p++, len--) {
        s->tail |= (uint64_t)*p << n_bits;
        n_bits += 8;
        if (n_bits == 64) {
            absorb(s, s->tail);
            s->tail = 0;
            n_bits = 0;
        }
    }
}

struct adl_siphash adl_siphash_end(struct adl_siphash_state *s)
{
    struct adl_siphash out;

    absorb(s, s->tail | (uint64_t)s->len << 56);
    s->v2 ^= 0xee;
    stir(s, 4);
    out.low = s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
    s->v1 ^= 0xdd;
    stir(s, 4);
    out.high = s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
    return out;
}

struct adl_siphash adl_siphash128(const uint64_t key[2], const void *bytes,
                                  size_t len)
{
    struct adl_siphash_state state;

    adl_siphash_init(&state, key);
    adl_siphash_add(&state, bytes, len);
    return adl_siphash_end(&state);
}
