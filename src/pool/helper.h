/* SPDX-License-Identifier: MIT */
/* A helper from its fork to its end. */
#ifndef ADL_POOL_HELPER_H
#define ADL_POOL_HELPER_H

#include "pool/channel.h"

/* Say that it runs, learn what it is to be, and be it. */
_Noreturn void adl_helper_run(int fd, struct adl_inbox *inbox);

#endif
