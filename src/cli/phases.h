/* SPDX-License-Identifier: MIT */
/* An attempt, split into what it waited for one after the other. Pure. */
#ifndef ADL_CLI_PHASES_H
#define ADL_CLI_PHASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "asyncdl/request.h"
#include "asyncdl/trace.h"

#define ADL_PHASES_MAX 5

struct adl_phase {
    enum asyncdl_span_kind kind;
    uint64_t ns;
};

/*
 * The phases that took any time, in order. What it did last, where it failed,
 * takes the rest. How many there are.
 */
size_t adl_phases_split(struct adl_phase out[ADL_PHASES_MAX],
                        const struct asyncdl_times *times, bool is_tls);

#endif
