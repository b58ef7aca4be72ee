/* SPDX-License-Identifier: MIT */
/*
 * A test program is made of suites, one for each of its files. meson.build
 * names them in TEST_SUITES, and suites.c runs those that are asked for.
 */
#ifndef SUPPORT_SUITE_H
#define SUPPORT_SUITE_H

/* Begins the function that runs a file's tests and returns how many failed. */
#define TEST_SUITE(name)    \
    int suite_##name(void); \
    int suite_##name(void)

#endif
