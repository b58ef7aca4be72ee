/* SPDX-License-Identifier: MIT */
/* cmocka, and a loop for each test that fails when something is left on it. */
#ifndef SUPPORT_LOOP_H
#define SUPPORT_LOOP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <uv.h>

/* Puts a fresh loop in *state. */
int loop_setup(void **state);

/* Runs it dry, and fails unless it closes: a test that failed may have left on
 * it what never ends. */
int loop_teardown(void **state);

#endif
