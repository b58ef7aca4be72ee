/* SPDX-License-Identifier: MIT */
/* What --help prints, from the table of options. */
#ifndef ADL_CLI_HELP_H
#define ADL_CLI_HELP_H

#include "util/buf.h"

/* Append the short usage: one line. 0 or -ENOMEM. */
int adl_help_add_usage(struct adl_buf *buf);

/* Append the whole help, no line longer than 80 columns. 0 or -ENOMEM. */
int adl_help_add(struct adl_buf *buf);

#endif
