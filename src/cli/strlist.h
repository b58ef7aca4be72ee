/* SPDX-License-Identifier: MIT */
/* A list of strings that it owns, with a NULL behind the last. */
#ifndef ADL_CLI_STRLIST_H
#define ADL_CLI_STRLIST_H

#include <stddef.h>

struct adl_strlist {
    char **items; /* zero is an empty list; NULL until something is added */
    size_t n;
    size_t cap;
};

void adl_strlist_finish(struct adl_strlist *list);

/* Empty it and keep the allocation of the list itself. */
void adl_strlist_reset(struct adl_strlist *list);

/* Copy a string in. 0 or -ENOMEM; on failure the list is as it was. */
int adl_strlist_add(struct adl_strlist *list, const char *str);
int adl_strlist_add_bytes(struct adl_strlist *list, const char *str,
                          size_t len);

/* The items as public structs want them; NULL for an empty list. */
const char *const *adl_strlist_get(const struct adl_strlist *list);

#endif
