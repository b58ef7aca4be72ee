/* SPDX-License-Identifier: MIT */
#include "util/clock.h"

#include <time.h>

int64_t adl_clock_wall_s(void)
{
    return (int64_t)time(NULL);
}
