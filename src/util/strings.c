/* SPDX-License-Identifier: MIT */
#include "util/strings.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

int adl_strings_copy(char ***out, const char *const *list)
{
    size_t n = 0;

    if (list == NULL) {
        *out = NULL;
        return 0;
    }
    while (list[n] != NULL) {
        n++;
    }
    char **copy = calloc(n + 1, sizeof(*copy));
    if (copy == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        copy[i] = strdup(list[i]);
        if (copy[i] == NULL) {
            adl_strings_free(copy);
            return -ENOMEM;
        }
    }
    *out = copy;
    return 0;
}

void adl_strings_free(char **list)
{
    for (char **each = list; each != NULL && *each != NULL; each++) {
        free(*each);
    }
    free(list);
}

int adl_string_copy(char **out, const char *text)
{
    char *copy = text != NULL ? strdup(text) : NULL;

    if (text != NULL && copy == NULL) {
        return -ENOMEM;
    }
    *out = copy;
    return 0;
}
