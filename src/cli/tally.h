/* SPDX-License-Identifier: MIT */
/* How the run went, in numbers, and the exit status that says so. Pure. */
#ifndef ADL_CLI_TALLY_H
#define ADL_CLI_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "asyncdl/event.h"
#include "asyncdl/request.h"

enum adl_exit_status {
    ADL_EXIT_DONE = 0,
    ADL_EXIT_FAILED = 1,
    ADL_EXIT_USAGE = 2,
    ADL_EXIT_RETRYABLE = 3,
    ADL_EXIT_LOCAL = 4,
    ADL_EXIT_SIGNAL = 128, /* + the signal's number */
};

struct adl_tally {
    uint64_t n_done;
    uint64_t n_before;    /* skipped: done before */
    uint64_t n_in_way;    /* skipped: a file had its name; left alone */
    uint64_t n_failed;    /* for good */
    uint64_t n_retryable; /* failed, and another run can help */
    uint64_t n_bad;       /* lines that ask for nothing that can be done */
    uint64_t n_dups;      /* left out by --dups once */
    uint64_t n_canceled;  /* under way when the run was stopped */
    uint64_t n_retries;
    uint64_t bytes;
    int local_fault; /* that stopped the run, or 0 */
    int signal;      /* that stopped the run, or 0 */
};

/* Is err a fault of this machine, which every other download will meet too? */
bool adl_tally_is_local_fault(int err);

/* Such a one, or a journal that turns out to be damaged, or a folder in which
 * another run works: does it end the run? */
bool adl_tally_is_fault_for_all(int err);

/* An observer: data is the tally. */
void adl_tally_on_event(const struct asyncdl_event *event, void *data);

int adl_tally_get_exit_status(const struct adl_tally *tally);

#endif
