/* SPDX-License-Identifier: MIT */
/* Any bytes become a safe path, and no two claims end at one file. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "store/name.h"
#include "store/names.h"

enum { N_CLAIMS = 4 };

struct state {
    struct adl_buf name;
    struct adl_buf again;
    struct adl_buf second;
    struct adl_buf third;
    struct adl_buf claimed[N_CLAIMS];
    struct adl_names *names;
};

static bool is_safe(const struct adl_buf *buf)
{
    return fuzz_is_safe_path(adl_buf_str(buf), buf->len) &&
           strlen(buf->data) == buf->len;
}

static const char *check_safe(struct state *s, const char *bytes, size_t len)
{
    if (adl_name_make_safe(&s->name, bytes, len) < 0) {
        return "a name is made of any bytes";
    }
    if (fuzz_is_planted(1)) {
        s->name.data[0] = '.';
    }
    if (!is_safe(&s->name)) {
        return "a made name is safe";
    }
    if (adl_name_make_safe(&s->again, s->name.data, s->name.len) < 0 ||
        !fuzz_is_same(&s->name, &s->again) || fuzz_is_planted(2)) {
        return "a safe name stays as it is";
    }
    return NULL;
}

static const char *check_numbers(struct state *s)
{
    if (adl_name_number(&s->second, s->name.data, 2) < 0 ||
        adl_name_number(&s->third, s->name.data,
                        fuzz_is_planted(3) ? 2 : UINT32_MAX) < 0) {
        return "a name can be numbered";
    }
    if (fuzz_is_planted(4)) {
        s->second.data[s->second.len - 1] = '\n';
    }
    if (!is_safe(&s->second) || !is_safe(&s->third)) {
        return "a numbered name is safe";
    }
    return fuzz_is_same(&s->second, &s->third) ||
                   fuzz_is_same(&s->second, &s->name)
               ? "two numbers make two names"
               : NULL;
}

/* Is a the folder that b lies in? */
static bool is_folder_of(const struct adl_buf *a, const struct adl_buf *b)
{
    return a->len < b->len && memcmp(a->data, b->data, a->len) == 0 &&
           b->data[a->len] == '/';
}

static const char *compare_claims(const struct state *s)
{
    for (int i = 0; i < N_CLAIMS; i++) {
        if (!is_safe(&s->claimed[i])) {
            return "a claimed name is safe";
        }
        for (int j = 0; j < N_CLAIMS; j++) {
            if (i != j && fuzz_is_same(&s->claimed[i], &s->claimed[j])) {
                return "two claims get two names";
            }
            if (is_folder_of(&s->claimed[i], &s->claimed[j])) {
                return "no file is a folder of another";
            }
        }
    }
    return NULL;
}

/* The name twice, then a file below it, or above where there is no room. */
static const char *check_claims(struct state *s)
{
    const char *names[N_CLAIMS] = {s->name.data, s->name.data,
                                   adl_buf_str(&s->again), s->second.data};
    const char *slash = strchr(s->name.data, '/');

    adl_buf_reset(&s->again);
    if (slash != NULL) {
        (void)adl_buf_add(&s->again, s->name.data,
                          (size_t)(slash - s->name.data));
    } else {
        (void)adl_buf_addf(&s->again, "%s/x", s->name.data);
    }
    names[2] = s->again.data;
    for (int i = 0; i < N_CLAIMS; i++) {
        if (adl_names_claim(s->names, names[i], &s->claimed[i]) < 0) {
            return "a safe name can be claimed";
        }
    }
    if (fuzz_is_planted(5)) {
        adl_buf_reset(&s->claimed[1]);
        (void)adl_buf_add_str(&s->claimed[1], s->claimed[0].data);
    }
    if (fuzz_is_planted(6)) {
        adl_buf_reset(&s->claimed[1]);
        (void)adl_buf_addf(&s->claimed[1], "%s/y", s->claimed[0].data);
    }
    return compare_claims(s);
}

static const char *check(const char *bytes, size_t len)
{
    struct state s = {0};

    if (adl_names_create(&s.names) < 0) {
        return "there is memory";
    }
    const char *broken = check_safe(&s, bytes, len);
    if (broken == NULL) {
        broken = check_numbers(&s);
    }
    if (broken == NULL) {
        broken = check_claims(&s);
    }
    adl_names_destroy(s.names);
    adl_buf_finish(&s.name);
    adl_buf_finish(&s.again);
    adl_buf_finish(&s.second);
    adl_buf_finish(&s.third);
    for (int i = 0; i < N_CLAIMS; i++) {
        adl_buf_finish(&s.claimed[i]);
    }
    return broken;
}

#define TEN     "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct fuzz_seed seeds[] = {
    FUZZ_SEED(""),
    FUZZ_SEED("index.html"),
    FUZZ_SEED("../../etc/passwd"),
    FUZZ_SEED("/a//b/./c\\d"),
    FUZZ_SEED("a\0b\x1b[2J\x7f"),
    FUZZ_SEED("\xc2\x9b\xe2\x80\xae\xe2\x81\xa6\xff\xe2\x80"),
    FUZZ_SEED("caf\xc3\xa9.tar.gz"),
    FUZZ_SEED("name~2/name"),
    FUZZ_SEED(HUNDRED HUNDRED HUNDRED ".tar.gz"),
    FUZZ_SEED(HUNDRED HUNDRED TEN TEN TEN TEN TEN "123/" HUNDRED),
};

const struct fuzz_target fuzz_name = {
    .name = "name",
    .check = check,
    .seeds = seeds,
    .n_seeds = sizeof(seeds) / sizeof(seeds[0]),
    .n_plants = 6,
};
