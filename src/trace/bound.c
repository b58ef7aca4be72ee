/* SPDX-License-Identifier: MIT */
/* What a program is bound by, from how long it waited and how long it worked.
 */
#include "asyncdl/trace.h"

#define MANY_PERCENT 70.0

enum asyncdl_bound asyncdl_bound_judge(uint64_t waited_ns, uint64_t worked_ns)
{
    double all = (double)waited_ns + (double)worked_ns;

    if ((double)waited_ns * 100 >= all * MANY_PERCENT) {
        return ASYNCDL_BOUND_IO;
    }
    return (double)worked_ns * 100 >= all * MANY_PERCENT ? ASYNCDL_BOUND_CPU
                                                         : ASYNCDL_BOUND_BOTH;
}

const char *asyncdl_bound_get_name(enum asyncdl_bound bound)
{
    switch (bound) {
    case ASYNCDL_BOUND_IO:
        return "I/O-bound";
    case ASYNCDL_BOUND_CPU:
        return "CPU-bound";
    case ASYNCDL_BOUND_BOTH:
        break;
    }
    return "bound by both";
}
