/* SPDX-License-Identifier: MIT */
#include "meter.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <asyncdl/asyncdl.h>

#define MAX_PROCESSES 256
#define SCHEDSTAT     "/proc/thread-self/schedstat" /* ran, queued, slices */

/* Where the kernel does not say it, no thread has ever stood in a queue. */
static uint64_t read_queued_ns(void)
{
    FILE *in = fopen(SCHEDSTAT, "r");
    uint64_t queued_ns = 0;

    if (in == NULL) {
        return 0;
    }
    if (fscanf(in, "%*u %" SCNu64, &queued_ns) != 1) {
        queued_ns = 0;
    }
    (void)fclose(in); /* it was only read */
    return queued_ns;
}

void meter_read(struct meter *out)
{
    struct timespec cpu;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu); /* always there */
    *out = (struct meter){
        .now_ns = asyncdl_trace_get_now_ns(),
        .cpu_ns = (uint64_t)cpu.tv_sec * 1000000000 + (uint64_t)cpu.tv_nsec,
        .queued_ns = read_queued_ns(),
    };
}

uint64_t meter_worked_ns(const struct meter *from, const struct meter *to)
{
    uint64_t wall_ns = to->now_ns - from->now_ns;
    uint64_t worked_ns =
        to->cpu_ns - from->cpu_ns + (to->queued_ns - from->queued_ns);

    return worked_ns < wall_ns ? worked_ns : wall_ns;
}

uint64_t meter_waited_ns(const struct meter *from, const struct meter *to)
{
    return to->now_ns - from->now_ns - meter_worked_ns(from, to);
}

/* Add what the kernel says of one process. */
static void add_process(struct meter_tree *tree, pid_t pid)
{
    char path[64];
    char line[256];
    uint64_t kib;
    unsigned n;

    (void)snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
    FILE *in = fopen(path, "r");

    if (in == NULL) {
        return; /* it has ended meanwhile */
    }
    tree->n_processes++;
    while (fgets(line, sizeof(line), in) != NULL) {
        if (sscanf(line, "VmHWM: %" SCNu64, &kib) == 1) {
            tree->peak_bytes += kib * 1024;
        } else if (sscanf(line, "Threads: %u", &n) == 1) {
            tree->n_threads += n;
        }
    }
    (void)fclose(in); /* it was only read */
}

/* Append the children of one thread of a process. */
static size_t add_children(pid_t *pids, size_t n, pid_t pid)
{
    char path[96];
    long child;

    (void)snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children", (long)pid,
                   (long)pid);
    FILE *in = fopen(path, "r");

    if (in == NULL) {
        return n;
    }
    while (n < MAX_PROCESSES && fscanf(in, "%ld", &child) == 1) {
        pids[n++] = (pid_t)child;
    }
    (void)fclose(in); /* it was only read */
    return n;
}

void meter_read_tree(struct meter_tree *out)
{
    pid_t pids[MAX_PROCESSES] = {getpid()};
    size_t n = 1;

    *out = (struct meter_tree){0};
    for (size_t i = 0; i < n; i++) {
        add_process(out, pids[i]);
        n = add_children(pids, n, pids[i]);
    }
}
