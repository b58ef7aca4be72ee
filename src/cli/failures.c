/* SPDX-License-Identifier: MIT */
#include "cli/failures.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Without memory uthash shall leave an item out, not end the program. */
#define HASH_NONFATAL_OOM         1
#define uthash_nonfatal_oom(item) ((item)->is_lost = 1)
/* the default one falls through its cases without saying so */
#define HASH_FUNCTION(key, len, hash) HASH_FNV(key, len, hash)
#include <uthash.h>

#define MAX_CAUSE   100
#define MAX_PLACE   100
#define MAX_EXAMPLE 300

struct adl_failure_group {
    UT_hash_handle hh; /* failures.groups */
    uint64_t n;
    size_t rank; /* order of arrival, to break ties */
    int is_lost;
    char *example; /* behind the key */
    char key[];    /* "CAUSE from PLACE" */
};

void adl_failures_finish(struct adl_failures *failures)
{
    struct adl_failure_group *group = NULL;
    struct adl_failure_group *next = NULL;

    HASH_ITER (hh, failures->groups, group, next) {
        HASH_DEL(failures->groups, group);
        free(group);
    }
    *failures = (struct adl_failures){0};
}

/* Make a group and put it in its place; NULL without memory. */
static struct adl_failure_group *create_group(struct adl_failures *failures,
                                              const char *key,
                                              const char *example)
{
    size_t n_key = strlen(key);
    size_t n_example = strnlen(example, MAX_EXAMPLE);
    struct adl_failure_group *group =
        calloc(1, sizeof(*group) + n_key + n_example + 2);

    if (group == NULL) {
        return NULL;
    }
    memcpy(group->key, key, n_key);
    group->example = group->key + n_key + 1;
    memcpy(group->example, example, n_example);
    group->rank = failures->n_groups;
    HASH_ADD(hh, failures->groups, key[0], (unsigned)n_key, group);
    if (group->is_lost) {
        free(group);
        return NULL;
    }
    failures->n_groups++;
    return group;
}

void adl_failures_add(struct adl_failures *failures, const char *cause,
                      const char *place, const char *example)
{
    struct adl_failure_group *group = NULL;
    struct adl_buf key = {0};
    int err = place[0] != '\0' ? adl_buf_addf(&key, "%.*s from %.*s", MAX_CAUSE,
                                              cause, MAX_PLACE, place)
                               : adl_buf_addf(&key, "%.*s", MAX_CAUSE, cause);

    failures->n++;
    if (err == 0) {
        HASH_FIND(hh, failures->groups, key.data, (unsigned)key.len, group);
    }
    if (err == 0 && group == NULL &&
        failures->n_groups < ADL_FAILURES_MAX_GROUPS) {
        group = create_group(failures, key.data, example);
    }
    if (group != NULL) {
        group->n++;
    } else {
        failures->n_others++;
    }
    adl_buf_finish(&key);
}

static int compare(const void *a, const void *b)
{
    const struct adl_failure_group *x =
        *(const struct adl_failure_group *const *)a;
    const struct adl_failure_group *y =
        *(const struct adl_failure_group *const *)b;

    if (x->n != y->n) {
        return x->n > y->n ? -1 : 1;
    }
    return x->rank < y->rank ? -1 : 1;
}

static int print_group(struct adl_buf *buf,
                       const struct adl_failure_group *group)
{
    const char *example = group->example;

    return adl_buf_addf(buf, "%8" PRIu64 "  %s%s%s\n", group->n, group->key,
                        example[0] != '\0' ? ", such as " : "", example);
}

static int print_rest(struct adl_buf *buf, const struct adl_failures *failures,
                      size_t n_more, uint64_t n_shown)
{
    uint64_t n_left = failures->n - n_shown;

    if (n_left == 0) {
        return 0;
    }
    if (failures->n_others > 0) {
        return adl_buf_addf(buf, "%8" PRIu64 "  in more groups\n", n_left);
    }
    return adl_buf_addf(buf, "%8" PRIu64 "  in %zu more group%s\n", n_left,
                        n_more, n_more == 1 ? "" : "s");
}

int adl_failures_print(struct adl_buf *buf, const struct adl_failures *failures)
{
    size_t n = failures->n_groups;
    const struct adl_failure_group **sorted = calloc(n + 1, sizeof(*sorted));
    uint64_t n_shown = 0;
    int err = 0;

    if (sorted == NULL) {
        return -ENOMEM;
    }
    for (struct adl_failure_group *g = failures->groups; g != NULL;
         g = g->hh.next) {
        sorted[g->rank] = g;
    }
    qsort(sorted, n, sizeof(*sorted), compare);
    size_t n_lines = n < ADL_FAILURES_MAX_LINES ? n : ADL_FAILURES_MAX_LINES;
    for (size_t i = 0; err == 0 && i < n_lines; i++) {
        err = print_group(buf, sorted[i]);
        n_shown += sorted[i]->n;
    }
    if (err == 0) {
        err = print_rest(buf, failures, n - n_lines, n_shown);
    }
    free(sorted);
    return err;
}
