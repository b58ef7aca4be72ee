/* SPDX-License-Identifier: MIT */
#include "fetch/claim.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

struct value {
    const char *text;
    size_t len;
};

/* The best first: SHA-256 is what processors help with, and what may be
 * computed anyway. */
static const struct algorithm {
    const char *name;
    enum adl_digest_kind kind;
} algorithms[] = {
    {"sha-256", ADL_DIGEST_SHA256},
    {"sha-512", ADL_DIGEST_SHA512},
    {"sha", ADL_DIGEST_SHA1},
    {"md5", ADL_DIGEST_MD5},
};

#define N_ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

static size_t get_rank(enum adl_digest_kind kind)
{
    size_t i = 0;

    while (i < N_ALGORITHMS && algorithms[i].kind != kind) {
        i++;
    }
    return i;
}

static struct value trim(const char *text, size_t len)
{
    while (len > 0 && (text[0] == ' ' || text[0] == '\t')) {
        text++;
        len--;
    }
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t')) {
        len--;
    }
    return (struct value){text, len};
}

static int decode_symbol(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Read base64 of exactly size bytes; its padding may be missing. */
static bool decode(uint8_t *out, size_t size, struct value value)
{
    uint32_t bits = 0;
    unsigned n_bits = 0;

    for (int i = 0; i < 2 && value.len > 0; i++) {
        value.len -= value.text[value.len - 1] == '=';
    }
    if (value.len != (size * 8 + 5) / 6) {
        return false;
    }
    for (size_t i = 0; i < value.len; i++) {
        int symbol = decode_symbol(value.text[i]);

        if (symbol < 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)symbol;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            *out++ = (uint8_t)(bits >> n_bits);
        }
    }
    return true;
}

/* Between the colons; parameters may follow. False where that is missing. */
static bool unwrap(struct value *value)
{
    if (value->len < 2 || value->text[0] != ':') {
        return false;
    }
    const char *end = memchr(value->text + 1, ':', value->len - 1);
    if (end == NULL) {
        return false;
    }
    size_t used = (size_t)(end + 1 - value->text);
    struct value rest = trim(end + 1, value->len - used);
    if (rest.len > 0 && rest.text[0] != ';') {
        return false;
    }
    *value = (struct value){value->text + 1, used - 2};
    return true;
}

/* A key of RFC 9530 is in small letters; a name of RFC 3230 in any. */
static enum adl_digest_kind find_kind(enum adl_claim_form form,
                                      struct value name)
{
    for (size_t i = 0; i < N_ALGORITHMS; i++) {
        const char *known = algorithms[i].name;

        if (strlen(known) == name.len &&
            (form == ADL_CLAIM_RFC9530
                 ? strncmp(known, name.text, name.len)
                 : strncasecmp(known, name.text, name.len)) == 0) {
            return algorithms[i].kind;
        }
    }
    return ADL_DIGEST_NONE;
}

static void read_item(struct adl_claim *claim, enum adl_claim_form form,
                      const char *header, struct value item)
{
    const char *equals = memchr(item.text, '=', item.len);
    struct adl_claim found = {.header = header};

    if (equals == NULL) {
        return;
    }
    size_t name_len = (size_t)(equals - item.text);
    struct value value = {equals + 1, item.len - name_len - 1};
    found.sum.kind = find_kind(form, (struct value){item.text, name_len});
    if (found.sum.kind == ADL_DIGEST_NONE ||
        get_rank(found.sum.kind) > get_rank(claim->sum.kind)) {
        return;
    }
    if (form == ADL_CLAIM_RFC9530 && !unwrap(&value)) {
        return;
    }
    if (decode(found.sum.bytes, adl_digest_size(found.sum.kind), value)) {
        *claim = found;
    }
}

void adl_claim_read(struct adl_claim *claim, enum adl_claim_form form,
                    const char *header, const char *text, size_t len)
{
    const char *end = text + len;

    while (text <= end) {
        const char *comma = memchr(text, ',', (size_t)(end - text));
        const char *stop = comma != NULL ? comma : end;

        read_item(claim, form, header, trim(text, (size_t)(stop - text)));
        text = stop + 1;
    }
}
