/* SPDX-License-Identifier: MIT */
/* Which option somebody may have meant. */
#ifndef ADL_CLI_NEAREST_H
#define ADL_CLI_NEAREST_H

#include <stddef.h>

/* The name of the option that is most like name, or NULL where none is. */
const char *adl_nearest_option(const char *name, size_t len);

#endif
