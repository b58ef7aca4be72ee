/* SPDX-License-Identifier: MIT */
/* Options of curl, wget and aria2 that asyncdl lacks: what to do instead. */
#ifndef ADL_CLI_FOREIGN_H
#define ADL_CLI_FOREIGN_H

#include <stddef.h>

/* Advice for a letter, or for a name of some length; NULL where none is. */
const char *adl_foreign_get_letter(char letter);
const char *adl_foreign_get_name(const char *name, size_t len);

#endif
