/* SPDX-License-Identifier: MIT */
/*
 * The main() of a program whose suites are TEST_SUITES: SUITE(a)SUITE(b) and so
 * on.
 *
 *     test_store                 run all
 *     test_store part sink       run two of them
 *
 * Ends with 0 if no test failed, with 2 if there is no such suite.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "support/suite.h"

#define SUITE(name) int suite_##name(void);
TEST_SUITES
#undef SUITE

static const struct suite {
    const char *name;
    int (*run)(void);
} suites[] = {
#define SUITE(name) {#name, suite_##name},
    TEST_SUITES
#undef SUITE
};

static const size_t n_suites = sizeof(suites) / sizeof(suites[0]);

static const struct suite *find_suite(const char *name)
{
    for (size_t i = 0; i < n_suites; i++) {
        if (strcmp(suites[i].name, name) == 0) {
            return &suites[i];
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    int n_failed = 0;

    for (int i = 1; i < argc; i++) {
        if (find_suite(argv[i]) == NULL) {
            fprintf(stderr, "no suite %s; there are:", argv[i]);
            for (size_t k = 0; k < n_suites; k++) {
                fprintf(stderr, " %s", suites[k].name);
            }
            fputc('\n', stderr);
            return 2;
        }
    }
    for (int i = 1; i < argc; i++) {
        n_failed += find_suite(argv[i])->run();
    }
    for (size_t i = 0; argc < 2 && i < n_suites; i++) {
        n_failed += suites[i].run();
    }
    return n_failed > 0;
}
