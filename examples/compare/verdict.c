/* SPDX-License-Identifier: MIT */
#include "verdict.h"

#include <stdio.h>

#include "figures.h"

#define AS_FAST 1.1 /* times that are taken to be equal */

/* The row that is fastest among ours, or NULL. */
static const struct row *find_best(const struct result *result)
{
    const struct row *best = NULL;

    for (size_t i = 0; i < result->n_rows; i++) {
        const struct row *row = &result->rows[i];

        if (row->n_rounds > 0 && !row->is_peer &&
            (best == NULL || row->median_s < best->median_s)) {
            best = row;
        }
    }
    return best;
}

/* "waited 97 % and worked 3 % of the time: I/O-bound". */
static void describe(char *out, size_t cap, const struct outcome *outcome)
{
    (void)snprintf(out, cap, "waited %u %% and worked %u %% of the time: %s",
                   figures_percent(outcome->waited_ns, outcome->worked_ns),
                   figures_percent(outcome->worked_ns, outcome->waited_ns),
                   asyncdl_bound_get_name(asyncdl_bound_judge(
                       outcome->waited_ns, outcome->worked_ns)));
}

static void write_io(struct result *result)
{
    const struct row *first = &result->rows[0];
    const struct row *best = find_best(result);
    char share[160];
    char times[FIGURE_BYTES];

    describe(share, sizeof(share), &first->outcome);
    figures_times(times, best->faster);
    (void)snprintf(
        result->verdict, TEXT_BYTES,
        "One after another, it %s. Waiting needs no CPU, so let "
        "one loop wait for all: %s was %s as fast, with %u thread%s.",
        share, best->name, times, best->outcome.n_threads,
        best->outcome.n_threads == 1 ? "" : "s");
}

static void write_cpu(struct result *result, unsigned n_cpus)
{
    const struct row *best = find_best(result);
    const struct row *loop = result_find(result, "loop");
    const struct row *pool = result_find(result, "threads");
    char share[160];
    char times[FIGURE_BYTES];

    describe(share, sizeof(share), &result->rows[0].outcome);
    figures_times(times, best->faster);
    int n = best->faster < AS_FAST
                ? snprintf(result->verdict, TEXT_BYTES,
                           "It %s. Only more CPUs help: of %u, none was free "
                           "for it.",
                           share, n_cpus)
                : snprintf(result->verdict, TEXT_BYTES,
                           "It %s. Only more CPUs help: on %u, %s were %s as "
                           "fast as plain.",
                           share, n_cpus, best->name, times);

    if (loop != NULL && pool != NULL && loop->outcome.beside_ns > 0 &&
        pool->outcome.beside_ns > 0 && n > 0 && n < TEXT_BYTES) {
        (void)snprintf(result->verdict + n, TEXT_BYTES - (size_t)n,
                       " Keep it off the loop: downloads beside it took "
                       "%.2f s there, %.2f s beside threads.",
                       (double)loop->outcome.beside_ns / 1e9,
                       (double)pool->outcome.beside_ns / 1e9);
    }
}

static void write_both(struct result *result)
{
    const struct row *first = &result->rows[0];
    const struct row *best = find_best(result);
    const struct row *loop = result_find(result, "loop");
    char share[160];
    char times[FIGURE_BYTES];

    describe(share, sizeof(share), &first->outcome);
    figures_times(times, best->faster);
    int n = snprintf(result->verdict, TEXT_BYTES,
                     "One after another, it %s. Let the loop wait and workers "
                     "compute: %s was %s as fast",
                     share, best->name, times);

    if (loop == NULL || loop == best || n < 0 || n >= TEXT_BYTES) {
        (void)snprintf(result->verdict, TEXT_BYTES,
                       "One after another, it %s. %s was %s as fast: with so "
                       "little to compute, or no CPU free for it, workers do "
                       "not pay here.",
                       share, best->name, times);
        return;
    }
    figures_times(times, loop->median_s / best->median_s);
    (void)snprintf(result->verdict + n, TEXT_BYTES - (size_t)n,
                   ", and %s as fast as with the hash on the loop.", times);
}

static void write_hold(struct result *result)
{
    const struct outcome *held = &result->rows[0].outcome;
    const struct outcome *pool = &result->rows[result->n_rows - 1].outcome;
    double held_ms = (double)held->held_ns / 1e6;
    double pool_ms = (double)pool->held_ns / 1e6;

    (void)snprintf(
        result->verdict, TEXT_BYTES,
        "The lag probe says that \"%s\" held the loop for %.0f ms: nothing "
        "else "
        "on it went on meanwhile. Cut it in pieces, or give it to the pool, "
        "where it held the loop for %s %.0f ms.",
        held->held_by, held_ms,
        pool_ms < held_ms ? "no more than" : "as much as", pool_ms + 0.5);
}

void verdict_write(struct result *result, unsigned n_cpus)
{
    for (size_t i = 0; i < result->n_rows; i++) {
        if (result->rows[i].n_rounds == 0 && !result->rows[i].is_peer) {
            (void)snprintf(result->verdict, TEXT_BYTES,
                           "None: %s failed, and so there is nothing to "
                           "compare.",
                           result->rows[i].name);
            return;
        }
    }
    switch (result->topic) {
    case TOPIC_IO:
        write_io(result);
        break;
    case TOPIC_CPU:
        write_cpu(result, n_cpus);
        break;
    case TOPIC_BOTH:
        write_both(result);
        break;
    case TOPIC_HOLD:
        write_hold(result);
        break;
    default:
        break; /* written by those that run them */
    }
}

unsigned verdict_best_count(const double *seconds, unsigned n)
{
    double best_s = 0;

    for (unsigned i = 0; i < n; i++) {
        if (seconds[i] > 0 && (best_s == 0 || seconds[i] < best_s)) {
            best_s = seconds[i];
        }
    }
    for (unsigned i = 0; i < n; i++) {
        if (seconds[i] > 0 && seconds[i] <= best_s * AS_FAST) {
            return i + 1;
        }
    }
    return 0;
}
