/* SPDX-License-Identifier: MIT */
/*
 * A container may see 64 CPUs and be paid for two: workers beyond those two
 * only stop each other. Inside of one, the group that /proc names may not be
 * there below /sys, where the container's own is the root; so each path is
 * looked at as far up as the root, and what is not there sets no limit.
 */
#define _GNU_SOURCE /* sched_getaffinity(), CPU_COUNT_S */

#include "pool/cpus.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asyncdl/pool.h"

#define CPUS_MAX   65536
#define FILE_MAX   65536
#define PATH_CAP   4096
#define GROUPS_MAX 64 /* one in another */

static unsigned divide_up(long long quota, long long period)
{
    if (quota <= 0 || period <= 0) {
        return 0;
    }
    long long n = quota / period + (quota % period > 0 ? 1 : 0);
    return n < CPUS_MAX ? (unsigned)n : CPUS_MAX;
}

/* 0 for what is no number. */
static long long parse(const char *text, char **end)
{
    errno = 0;
    long long n = strtoll(text, end, 10);
    return errno == 0 && *end != text ? n : 0;
}

unsigned adl_cpus_parse_max(const char *text)
{
    char *end;
    long long quota = parse(text, &end); /* "max" is no number */

    return quota > 0 ? divide_up(quota, parse(end, &end)) : 0;
}

unsigned adl_cpus_parse_cfs(const char *quota, const char *period)
{
    char *end;
    long long n = parse(quota, &end); /* -1: no limit */

    return divide_up(n, parse(period, &end));
}

/* Is word one of the list, which commas part? */
static bool has_word(const char *list, size_t len, const char *word)
{
    size_t word_len = strlen(word);
    size_t i = 0;

    while (i < len) {
        const char *comma = memchr(list + i, ',', len - i);
        size_t end = comma != NULL ? (size_t)(comma - list) : len;

        if (end - i == word_len && memcmp(list + i, word, word_len) == 0) {
            return true;
        }
        i = end + 1;
    }
    return false;
}

/* A line is NUMBER:CONTROLLERS:PATH; version 2 has no controllers. */
const char *adl_cpus_find_group(const char *text, bool is_v1, int *len)
{
    while (*text != '\0') {
        size_t n = strcspn(text, "\n");
        const char *controllers = memchr(text, ':', n);
        const char *path = NULL;

        if (controllers != NULL) {
            controllers++;
            path = memchr(controllers, ':', n - (size_t)(controllers - text));
        }
        if (path != NULL) {
            size_t list_len = (size_t)(path - controllers);
            bool is_it =
                is_v1 ? has_word(controllers, list_len, "cpu") : list_len == 0;

            path++;
            if (is_it && *path == '/' && n < INT_MAX) {
                *len = (int)(n - (size_t)(path - text));
                return path;
            }
        }
        text += n + (text[n] == '\n' ? 1 : 0);
    }
    return NULL;
}

/* Up to cap - 1 bytes of a file, as a string: "" where it cannot be read. */
static void read_file(const char *path, char *out, size_t cap)
{
    FILE *file = fopen(path, "re");
    size_t n = 0;

    if (file != NULL) {
        n = fread(out, 1, cap - 1, file);
        (void)fclose(file); /* it was only read */
    }
    out[n] = '\0';
}

static unsigned quota_v2(const char *dir)
{
    char path[PATH_CAP + 32];
    char text[64];

    (void)snprintf(path, sizeof(path), "%s/cpu.max", dir);
    read_file(path, text, sizeof(text));
    return adl_cpus_parse_max(text);
}

static unsigned quota_v1(const char *dir)
{
    char path[PATH_CAP + 32];
    char quota[64];
    char period[64];

    (void)snprintf(path, sizeof(path), "%s/cpu.cfs_quota_us", dir);
    read_file(path, quota, sizeof(quota));
    (void)snprintf(path, sizeof(path), "%s/cpu.cfs_period_us", dir);
    read_file(path, period, sizeof(period));
    return adl_cpus_parse_cfs(quota, period);
}

static unsigned least(unsigned a, unsigned b)
{
    if (a == 0 || b == 0) {
        return a + b; /* 0: no limit */
    }
    return a < b ? a : b;
}

/* Of a group below the mount point, and of all that it is in. */
static unsigned quota_of(const char *mount, const char *group, int len,
                         bool is_v1)
{
    char dir[PATH_CAP];
    size_t mount_len = strlen(mount);
    int n = snprintf(dir, sizeof(dir), "%s%.*s", mount, len, group);
    unsigned quota = 0;

    if (n < 0 || (size_t)n >= sizeof(dir)) {
        return 0;
    }
    for (int i = 0; i < GROUPS_MAX; i++) {
        quota = least(quota, is_v1 ? quota_v1(dir) : quota_v2(dir));
        char *slash = strrchr(dir + mount_len, '/');
        if (slash == NULL) {
            break;
        }
        *slash = '\0';
    }
    return quota;
}

unsigned adl_cpus_quota(const char *root)
{
    static const struct {
        const char *mount;
        bool is_v1;
    } mounts[] = {
        {"/sys/fs/cgroup", false},
        {"/sys/fs/cgroup/unified", false},
        {"/sys/fs/cgroup/cpu", true},
        {"/sys/fs/cgroup/cpu,cpuacct", true},
    };
    char path[PATH_CAP];
    char *text = malloc(FILE_MAX);
    unsigned quota = 0;

    if (text == NULL) {
        return 0;
    }
    (void)snprintf(path, sizeof(path), "%s/proc/self/cgroup", root);
    read_file(path, text, FILE_MAX);
    for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
        int len;
        const char *group = adl_cpus_find_group(text, mounts[i].is_v1, &len);

        if (group != NULL) {
            (void)snprintf(path, sizeof(path), "%s%s", root, mounts[i].mount);
            quota = least(quota, quota_of(path, group, len, mounts[i].is_v1));
        }
    }
    free(text);
    return quota;
}

/* The kernel refuses a set that is smaller than its own. */
unsigned adl_cpus_allowed(void)
{
    for (int n = 1024; n <= CPUS_MAX; n *= 2) {
        cpu_set_t *set = CPU_ALLOC(n);
        int count = 0;

        if (set == NULL) {
            return 1;
        }
        int err = sched_getaffinity(0, CPU_ALLOC_SIZE(n), set) < 0 ? errno : 0;
        if (err == 0) {
            count = CPU_COUNT_S(CPU_ALLOC_SIZE(n), set);
        }
        CPU_FREE(set);
        if (err != EINVAL) {
            return count > 0 ? (unsigned)count : 1;
        }
    }
    return 1;
}

unsigned asyncdl_cpu_count(void)
{
    unsigned n_allowed = adl_cpus_allowed();
    unsigned quota = adl_cpus_quota("");

    return quota > 0 && quota < n_allowed ? quota : n_allowed;
}
