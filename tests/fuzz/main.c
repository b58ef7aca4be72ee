/* SPDX-License-Identifier: MIT */
/*
 * One target as libFuzzer drives it: FUZZ_TARGET is its name.
 *
 *     fuzz_list --seeds DIR           write its seeds to DIR
 *     fuzz_list [OPTION]... DIR       libFuzzer's own
 *     FUZZ_PLANT=2 fuzz_list DIR      with its second bug
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"

extern const struct fuzz_target FUZZ_TARGET;

/* libFuzzer calls both, and declares neither. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static int write_seed(const char *dir, size_t number)
{
    const struct fuzz_seed *seed = &FUZZ_TARGET.seeds[number];
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/seed%zu", dir, number);
    FILE *file = n < (int)sizeof(path) ? fopen(path, "wb") : NULL;

    if (file == NULL) {
        perror(path);
        return 1;
    }
    int is_short = fwrite(seed->bytes, 1, seed->len, file) != seed->len;
    if (fclose(file) != 0 || is_short) {
        perror(path);
        return 1;
    }
    return 0;
}

static int write_seeds(const char *dir)
{
    int status = 0;

    for (size_t i = 0; i < FUZZ_TARGET.n_seeds && status == 0; i++) {
        status = write_seed(dir, i);
    }
    return status;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *plant = getenv("FUZZ_PLANT");

    if (*argc == 3 && strcmp((*argv)[1], "--seeds") == 0) {
        exit(write_seeds((*argv)[2]));
    }
    fuzz_plant = plant != NULL ? (int)strtol(plant, NULL, 10) : 0;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const char *broken = FUZZ_TARGET.check((const char *)bytes, len);

    if (broken != NULL) {
        fprintf(stderr, "%s: broken promise: %s\n", FUZZ_TARGET.name, broken);
        abort();
    }
    return 0;
}
