/* SPDX-License-Identifier: MIT */
/* Whether the program can be started again as a forkserver: process.h. */
#ifndef ADL_POOL_HOOK_H
#define ADL_POOL_HOOK_H

#include <stdbool.h>

/* Did the program call asyncdl_main_hook()? From any thread. */
bool adl_hook_was_called(void);

#endif
