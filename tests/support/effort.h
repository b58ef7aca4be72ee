/* SPDX-License-Identifier: MIT */
/* How often a test repeats itself: in full, or, where ASYNCDL_TEST_BRIEFLY is
 * set, less. Under sanitizers and valgrind each step is several times as dear,
 * and the same tests have run in full without them. */
#ifndef SUPPORT_EFFORT_H
#define SUPPORT_EFFORT_H

#include <stdlib.h>

static inline unsigned effort(unsigned full, unsigned brief)
{
    return getenv("ASYNCDL_TEST_BRIEFLY") == NULL ? full : brief;
}

#endif
