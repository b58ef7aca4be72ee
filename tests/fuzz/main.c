/* SPDX-License-Identifier: MIT */
/*
 * A target as libFuzzer drives it. Its name comes in the environment, as the
 * arguments are libFuzzer's:
 *
 *     FUZZ_TARGET=list fuzz --seeds DIR            write its seeds to DIR
 *     FUZZ_TARGET=list fuzz [OPTION]... DIR        libFuzzer's own
 *     FUZZ_TARGET=list FUZZ_PLANT=2 fuzz DIR       with its second bug
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"

static const struct fuzz_target *target;

/* libFuzzer calls both, and declares neither. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static int write_seed(const char *dir, size_t number)
{
    const struct fuzz_seed *seed = &target->seeds[number];
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

    for (size_t i = 0; i < target->n_seeds && status == 0; i++) {
        status = write_seed(dir, i);
    }
    return status;
}

static const struct fuzz_target *find_target(const char *name)
{
    for (size_t i = 0; i < fuzz_n_targets; i++) {
        if (name != NULL && strcmp(fuzz_targets[i]->name, name) == 0) {
            return fuzz_targets[i];
        }
    }
    return NULL;
}

static void tell_names(void)
{
    fputs("fuzz: FUZZ_TARGET must be one of", stderr);
    for (size_t i = 0; i < fuzz_n_targets; i++) {
        fprintf(stderr, " %s", fuzz_targets[i]->name);
    }
    fputs("\n", stderr);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *plant = getenv("FUZZ_PLANT");

    target = find_target(getenv("FUZZ_TARGET"));
    if (target == NULL) {
        tell_names();
        exit(2);
    }
    if (*argc == 3 && strcmp((*argv)[1], "--seeds") == 0) {
        exit(write_seeds((*argv)[2]));
    }
    fuzz_plant = plant != NULL ? (int)strtol(plant, NULL, 10) : 0;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const char *broken = target->check((const char *)bytes, len);

    if (broken != NULL) {
        fprintf(stderr, "%s: broken promise: %s\n", target->name, broken);
        abort();
    }
    return 0;
}
