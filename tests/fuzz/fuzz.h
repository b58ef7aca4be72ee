/* SPDX-License-Identifier: MIT */
/*
 * Fuzz targets: what reads bytes that nobody vouches for must keep its promises
 * whatever they are. A target is a file of the name fuzz_NAME.c that defines
 * fuzz_NAME, and a line in meson.build. libFuzzer drives it with main.c, and
 * test_targets.c runs its seeds in every build.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

struct fuzz_seed {
    const char *bytes;
    size_t len;
};

/* Of a literal, which may hold NULs. */
#define FUZZ_SEED(literal)             \
    {                                  \
        (literal), sizeof(literal) - 1 \
    }

struct fuzz_target {
    const char *name;
    /* NULL, or the promise that these bytes broke, a constant string. */
    const char *(*check)(const char *bytes, size_t len);
    const struct fuzz_seed *seeds;
    size_t n_seeds;
    /* Bugs that can be planted, counted from 1: one for each promise. Some
     * seed finds each of them. */
    int n_plants;
};

/* All that there are. */
extern const struct fuzz_target *const fuzz_targets[];
extern const size_t fuzz_n_targets;

/* The bug that is planted, 0 for none. Set by who runs a target only. */
extern int fuzz_plant;

/* Is it that bug? The target then spoils what it got before it judges it. */
bool fuzz_is_planted(int plant);

/* Input that is several strings, each ending at a NUL or at the input's end. */
struct fuzz_input {
    const char *at;
    const char *end;
};

/* The next string, in memory of its own that the caller frees; "" where the
 * input is used up. Ends the process where there is no memory. */
char *fuzz_take_string(struct fuzz_input *input);

/* What is left of the input. */
size_t fuzz_count_left(const struct fuzz_input *input);

/* Is it a path that nobody can be hurt by, as store/name.h says? Does not use
 * the code that it judges. */
bool fuzz_is_safe_path(const char *path, size_t len);

/* Bytes that steer a terminal or turn text around, in UTF-8 too. */
bool fuzz_has_controls(const char *bytes, size_t len);

/* The same bytes? */
bool fuzz_is_same(const struct adl_buf *a, const struct adl_buf *b);

#endif
