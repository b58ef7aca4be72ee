/* SPDX-License-Identifier: MIT */
/* NULL-terminated lists of strings, as options have them. */
#ifndef ADL_UTIL_STRINGS_H
#define ADL_UTIL_STRINGS_H

/*
 * Copy a list; NULL stays NULL. Free it with adl_strings_free(). 0 or -ENOMEM.
 */
int adl_strings_copy(char ***out, const char *const *list);

void adl_strings_free(char **list); /* NULL is allowed */

/* Copy a string; NULL stays NULL. 0 or -ENOMEM. */
int adl_string_copy(char **out, const char *text);

#endif
