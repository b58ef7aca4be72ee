/* SPDX-License-Identifier: MIT */
/*
 * When there are too many groups, the rarer half of them is folded into the
 * rests, one for each cause. So what is frequent stays, as in any scheme of
 * heavy hitters, and nothing is counted twice or lost: a group that comes back
 * starts anew, and its number is said to be a part.
 */
#include "cli/failures.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asyncdl/error.h"
#include "cli/tally.h"
#include "cli/url.h"

/* Without memory uthash shall leave an item out, not end the program. */
#define HASH_NONFATAL_OOM         1
#define uthash_nonfatal_oom(item) ((item)->is_lost = true)
/* the default one falls through its cases without saying so */
#define HASH_FUNCTION(key, len, hash) HASH_FNV(key, len, hash)
#include <uthash.h>

#define MAX_CAUSE      100
#define MAX_PLACE      100
#define MAX_EXAMPLE    300
#define MAX_REST_LINES 8

/* What is the same in all failures of a group: characters, no padding. */
struct kind {
    char help; /* of enum adl_failures_help */
    char cause[MAX_CAUSE + 1];
    char place[MAX_PLACE + 1]; /* "" for none */
};

struct adl_failures_group {
    UT_hash_handle hh; /* failures.groups */
    struct kind kind;  /* the key */
    uint64_t n;
    uint64_t last; /* the number of its last failure, to break ties */
    bool is_part;  /* others of its kind are in a rest */
    bool is_lost;
    char example[]; /* its first */
};

/* Groups of one cause, of which nobody knows the places any more. */
struct adl_failures_rest {
    enum adl_failures_help help;
    char cause[MAX_CAUSE + 1];
    char example[MAX_EXAMPLE + 1];
    uint64_t n;
    uint64_t n_groups;
};

static void free_groups(struct adl_failures *failures)
{
    struct adl_failures_group *group = NULL;
    struct adl_failures_group *next = NULL;

    HASH_ITER (hh, failures->groups, group, next) {
        HASH_DEL(failures->groups, group);
        free(group);
    }
}

void adl_failures_finish(struct adl_failures *failures)
{
    free_groups(failures);
    free(failures->rests);
    *failures = (struct adl_failures){0};
}

static int compare(const void *a, const void *b)
{
    const struct adl_failures_group *x =
        *(const struct adl_failures_group *const *)a;
    const struct adl_failures_group *y =
        *(const struct adl_failures_group *const *)b;

    if (x->n != y->n) {
        return x->n > y->n ? -1 : 1;
    }
    return x->last > y->last ? -1 : 1;
}

/* All groups that another run can do that about, most frequent first. */
static size_t sort(struct adl_failures_group **out,
                   const struct adl_failures *failures,
                   unsigned helps /* bits of them */)
{
    size_t n = 0;

    for (struct adl_failures_group *g = failures->groups; g != NULL;
         g = g->hh.next) {
        if ((helps & 1u << g->kind.help) != 0) {
            out[n++] = g;
        }
    }
    qsort(out, n, sizeof(*out), compare);
    return n;
}

/* The rest of a cause, made where there is none; the last takes all others.
 * NULL without memory. */
static struct adl_failures_rest *get_rest(struct adl_failures *failures,
                                          enum adl_failures_help help,
                                          const char *cause)
{
    if (failures->rests == NULL) {
        failures->rests = calloc(ADL_FAILURES_MAX_CAUSES + ADL_FAILURES_N_HELPS,
                                 sizeof(*failures->rests));
        if (failures->rests == NULL) {
            return NULL;
        }
    }
    bool is_full = failures->n_rests >= ADL_FAILURES_MAX_CAUSES;
    for (size_t i = 0; i < failures->n_rests; i++) {
        struct adl_failures_rest *r = &failures->rests[i];

        if (r->help == help &&
            (strcmp(r->cause, cause) == 0 || i >= ADL_FAILURES_MAX_CAUSES)) {
            return r;
        }
    }
    struct adl_failures_rest *r = &failures->rests[failures->n_rests++];
    r->help = help;
    (void)snprintf(r->cause, sizeof(r->cause), "%s",
                   is_full ? "other causes" : cause);
    return r;
}

static void fold(struct adl_failures *failures,
                 const struct adl_failures_group *group)
{
    struct adl_failures_rest *r = get_rest(
        failures, (enum adl_failures_help)group->kind.help, group->kind.cause);

    if (r == NULL) {
        return; /* the difference to all is told as such */
    }
    if (r->n == 0) {
        (void)snprintf(r->example, sizeof(r->example), "%s", group->example);
    }
    r->n += group->n;
    r->n_groups++;
}

static void prune(struct adl_failures *failures)
{
    struct adl_failures_group *sorted[ADL_FAILURES_MAX_GROUPS];
    size_t n = sort(sorted, failures, ~0u);

    for (size_t i = n / 2; i < n; i++) {
        fold(failures, sorted[i]);
        HASH_DEL(failures->groups, sorted[i]);
        free(sorted[i]);
        failures->n_groups--;
    }
    failures->was_pruned = true;
}

/* Make a group and put it in its place; NULL without memory. */
static struct adl_failures_group *create_group(struct adl_failures *failures,
                                               const struct kind *kind,
                                               const char *example)
{
    if (failures->n_groups == ADL_FAILURES_MAX_GROUPS) {
        prune(failures);
    }
    size_t len = strnlen(example, MAX_EXAMPLE);
    struct adl_failures_group *group = calloc(1, sizeof(*group) + len + 1);
    if (group == NULL) {
        return NULL;
    }
    group->kind = *kind;
    memcpy(group->example, example, len);
    group->is_part = failures->was_pruned;
    HASH_ADD(hh, failures->groups, kind, sizeof(group->kind), group);
    if (group->is_lost) {
        free(group);
        return NULL;
    }
    failures->n_groups++;
    return group;
}

static void add(struct adl_failures *failures, const struct kind *kind,
                const char *example)
{
    struct adl_failures_group *group = NULL;

    failures->n++;
    failures->n_of[(size_t)kind->help]++;
    HASH_FIND(hh, failures->groups, kind, sizeof(*kind), group);
    if (group == NULL) {
        group = create_group(failures, kind, example);
    }
    if (group != NULL) {
        group->n++;
        group->last = failures->n;
    }
}

static const char *find_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {400, " (bad request)"},  {401, " (needs a password)"},
        {403, " (forbidden)"},    {404, " (not found)"},
        {410, " (gone)"},         {429, " (too many requests)"},
        {500, " (server error)"}, {502, " (bad gateway)"},
        {503, " (server busy)"},  {504, " (gateway timeout)"},
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status) {
            return reasons[i].reason;
        }
    }
    return "";
}

static enum adl_failures_help find_help(const struct adl_failure *failure)
{
    if (adl_tally_is_fault_for_all(failure->err)) {
        return ADL_FAILURES_MEND;
    }
    return failure->is_retryable ? ADL_FAILURES_AGAIN : ADL_FAILURES_NEVER;
}

/* The host, in lower case; none has a part in what went wrong here. */
static void write_place(struct kind *kind, const struct adl_failure *failure)
{
    const char *host = "";
    size_t len = adl_url_get_host(&host, failure->asked);
    bool is_ours = failure->err == -ENOMEM || failure->err == -ENETDOWN ||
                   kind->help == ADL_FAILURES_MEND;

    len = len < MAX_PLACE ? len : MAX_PLACE;
    for (size_t i = 0; !is_ours && i < len; i++) {
        unsigned char c = (unsigned char)host[i];

        kind->place[i] = (char)(iscntrl(c) ? '?' : tolower(c));
    }
}

void adl_failures_add(struct adl_failures *failures,
                      const struct adl_failure *failure)
{
    struct kind kind = {.help = (char)find_help(failure)};

    if (failure->err == ASYNCDL_EHTTP) {
        (void)snprintf(kind.cause, sizeof(kind.cause), "HTTP %d%s",
                       failure->status, find_reason(failure->status));
    } else {
        (void)snprintf(kind.cause, sizeof(kind.cause), "%s",
                       asyncdl_strerror(failure->err));
    }
    write_place(&kind, failure);
    add(failures, &kind, failure->example);
}

void adl_failures_add_line(struct adl_failures *failures, const char *file,
                           uint64_t line)
{
    struct kind kind = {.help = ADL_FAILURES_NEVER, .cause = "bad line"};
    char example[32];

    (void)snprintf(kind.place, sizeof(kind.place), "%s", file);
    (void)snprintf(example, sizeof(example), "line %" PRIu64, line);
    add(failures, &kind, example);
}

static int print_group(struct adl_buf *buf, const struct adl_failures_group *g)
{
    bool has_place = g->kind.place[0] != '\0';

    return adl_buf_addf(buf, "%8" PRIu64 "%s %s%s%s%s%s\n", g->n,
                        g->is_part ? "+" : " ", g->kind.cause,
                        has_place ? " from " : "", g->kind.place,
                        g->example[0] != '\0' ? ", such as " : "", g->example);
}

static int print_rest(struct adl_buf *buf, const struct adl_failures_rest *r,
                      bool is_exact)
{
    char number[24] = "";

    if (is_exact) {
        (void)snprintf(number, sizeof(number), "%" PRIu64 " ", r->n_groups);
    }
    return adl_buf_addf(buf, "%8" PRIu64 "  %s from %sother%s%s%s\n", r->n,
                        r->cause, number,
                        is_exact && r->n_groups == 1 ? "" : "s",
                        r->example[0] != '\0' ? ", such as " : "", r->example);
}

static int compare_rests(const void *a, const void *b)
{
    const struct adl_failures_rest *x = a;
    const struct adl_failures_rest *y = b;

    return x->n != y->n ? (x->n > y->n ? -1 : 1) : strcmp(x->cause, y->cause);
}

static int print_rests(struct adl_buf *buf, struct adl_failures *rests,
                       enum adl_failures_help help, uint64_t n_left)
{
    int n_lines = 0;
    int err = 0;

    if (rests->rests != NULL) {
        qsort(rests->rests, rests->n_rests, sizeof(*rests->rests),
              compare_rests);
    }
    for (size_t i = 0; err == 0 && i < rests->n_rests; i++) {
        const struct adl_failures_rest *r = &rests->rests[i];

        if (r->help == help && n_lines < MAX_REST_LINES) {
            err = print_rest(buf, r, !rests->was_pruned);
            n_left -= r->n;
            n_lines++;
        }
    }
    if (err == 0 && n_left > 0) {
        err = adl_buf_addf(buf, "%8" PRIu64 "  of other causes\n", n_left);
    }
    return err;
}

/* Those with a rest of their own, and those that have no line of their own. */
static int print_section(struct adl_buf *buf,
                         const struct adl_failures *failures,
                         enum adl_failures_help help)
{
    struct adl_failures_group *sorted[ADL_FAILURES_MAX_GROUPS];
    struct adl_failures rests = {.was_pruned = failures->was_pruned};
    size_t n = sort(sorted, failures, 1u << help);
    uint64_t n_left = failures->n_of[help];
    int err = 0;

    for (size_t i = 0; i < failures->n_rests; i++) {
        struct adl_failures_rest *r =
            get_rest(&rests, failures->rests[i].help, failures->rests[i].cause);

        if (r != NULL) {
            *r = failures->rests[i];
        }
    }
    for (size_t i = 0; err == 0 && i < n; i++) {
        if (i < ADL_FAILURES_MAX_LINES) {
            err = print_group(buf, sorted[i]);
            n_left -= sorted[i]->n;
        } else {
            fold(&rests, sorted[i]);
        }
    }
    if (err == 0) {
        err = print_rests(buf, &rests, help, n_left);
    }
    free(rests.rests);
    return err;
}

int adl_failures_print(struct adl_buf *buf, const struct adl_failures *failures)
{
    static const char *const titles[ADL_FAILURES_N_HELPS] = {
        [ADL_FAILURES_AGAIN] = "another run can help",
        [ADL_FAILURES_MEND] = "to be mended here, then another run can help",
        [ADL_FAILURES_NEVER] = "another run will not help",
    };
    int err = 0;

    for (int i = 0; err == 0 && i < ADL_FAILURES_N_HELPS; i++) {
        if (failures->n_of[i] == 0) {
            continue;
        }
        err = adl_buf_addf(buf, "  %s (%" PRIu64 "):\n", titles[i],
                           failures->n_of[i]);
        if (err == 0) {
            err = print_section(buf, failures, (enum adl_failures_help)i);
        }
    }
    return err;
}
