/* SPDX-License-Identifier: MIT */
/* How many CPUs there are for this process: asyncdl_cpu_count(). */
#ifndef ADL_POOL_CPUS_H
#define ADL_POOL_CPUS_H

#include <stdbool.h>

/* Those that this process may run on, whatever a quota pays for; at least 1. */
unsigned adl_cpus_allowed(void);

/* What a quota of cpu.max pays for, "MAX PERIOD", rounded up; 0: no limit. */
unsigned adl_cpus_parse_max(const char *text);

/* The same of cpu.cfs_quota_us and cpu.cfs_period_us. */
unsigned adl_cpus_parse_cfs(const char *quota, const char *period);

/*
 * The path of this process's group in /proc/self/cgroup: of version 2, or of
 * version 1's controller of CPUs. Returns where in text it begins, and its
 * length in *len; NULL without one.
 */
const char *adl_cpus_find_group(const char *text, bool is_v1, int *len);

/*
 * The least quota of the group and those above it, 0 where there is none. root
 * is put before /proc and /sys: "" but in tests.
 */
unsigned adl_cpus_quota(const char *root);

#endif
