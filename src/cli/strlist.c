/* SPDX-License-Identifier: MIT */
#include "cli/strlist.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 8

void adl_strlist_reset(struct adl_strlist *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->items[i]);
    }
    list->n = 0;
    if (list->items != NULL) {
        list->items[0] = NULL;
    }
}

void adl_strlist_finish(struct adl_strlist *list)
{
    adl_strlist_reset(list);
    free(list->items);
    *list = (struct adl_strlist){0};
}

/* Make room for one more item and the NULL. */
static int grow(struct adl_strlist *list)
{
    if (list->n + 1 < list->cap) {
        return 0;
    }
    if (list->cap > SIZE_MAX / 2 / sizeof(*list->items)) {
        return -ENOMEM;
    }
    size_t cap = list->cap > 0 ? list->cap * 2 : FIRST_CAP;
    char **items = realloc(list->items, cap * sizeof(*items));
    if (items == NULL) {
        return -ENOMEM;
    }
    list->items = items;
    list->cap = cap;
    return 0;
}

int adl_strlist_add_bytes(struct adl_strlist *list, const char *str, size_t len)
{
    int err = grow(list);

    if (err < 0) {
        return err;
    }
    char *copy = malloc(len + 1);
    if (copy == NULL) {
        return -ENOMEM;
    }
    memcpy(copy, str, len);
    copy[len] = '\0';
    list->items[list->n++] = copy;
    list->items[list->n] = NULL;
    return 0;
}

int adl_strlist_add(struct adl_strlist *list, const char *str)
{
    return adl_strlist_add_bytes(list, str, strlen(str));
}

const char *const *adl_strlist_get(const struct adl_strlist *list)
{
    return list->n > 0 ? (const char *const *)list->items : NULL;
}
