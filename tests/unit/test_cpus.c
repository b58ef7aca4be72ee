/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sched_setaffinity(), CPU_SET */

#include "pool/cpus.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

#include "asyncdl/pool.h"
#include "support/loop.h"
#include "support/scratch.h"
#include "support/suite.h"

static void test_quotas_of_version_2(void **state)
{
    static const struct {
        const char *text;
        unsigned n;
    } cases[] = {
        {"max 100000\n", 0},
        {"100000 100000\n", 1},
        {"150000 100000\n", 2},
        {"1000 100000\n", 1},
        {"400000 100000\n", 4},
        {"99999999999999 1\n", 65536},
        {"100000\n", 0},
        {"100000 0\n", 0},
        {"-5 100000\n", 0},
        {"0 100000\n", 0},
        {"99999999999999999999999 100000\n", 0},
        {"", 0},
        {"words\n", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(adl_cpus_parse_max(cases[i].text), cases[i].n);
    }
}

static void test_quotas_of_version_1(void **state)
{
    static const struct {
        const char *quota;
        const char *period;
        unsigned n;
    } cases[] = {
        {"-1\n", "100000\n", 0},     {"50000\n", "100000\n", 1},
        {"250000\n", "100000\n", 3}, {"", "100000\n", 0},
        {"50000\n", "", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(adl_cpus_parse_cfs(cases[i].quota, cases[i].period),
                         cases[i].n);
    }
}

static void test_group_is_found_in_the_list(void **state)
{
    static const struct {
        const char *text;
        bool is_v1;
        const char *group; /* NULL: none */
    } cases[] = {
        {"0::/\n", false, "/"},
        {"0::/user.slice/a b:c\n", false, "/user.slice/a b:c"},
        {"0::/x", false, "/x"},
        {"0::/x", true, NULL},
        {"5:memory:/m\n4:cpu,cpuacct:/docker/1\n0::/u\n", true, "/docker/1"},
        {"5:memory:/m\n4:cpuacct,cpu:/d\n", true, "/d"},
        {"3:cpuset:/s\n2:cpuacct:/a\n", true, NULL},
        {"5:memory:/m\n4:cpu:/c\n0::/u\n", false, "/u"},
        {"0::relative\n", false, NULL},
        {"nonsense\n\n:\n::\n", false, NULL},
        {"", false, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int len = -1;
        const char *group =
            adl_cpus_find_group(cases[i].text, cases[i].is_v1, &len);

        if (cases[i].group == NULL) {
            assert_null(group);
        } else {
            assert_non_null(group);
            assert_int_equal(len, strlen(cases[i].group));
            assert_memory_equal(group, cases[i].group, (size_t)len);
        }
    }
}

static void put(const char *root, const char *name, const char *text)
{
    char path[512];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", root, name);
    for (char *slash = strchr(path + strlen(root) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        assert_true(mkdir(path, 0777) == 0 || errno == EEXIST);
        *slash = '/';
    }
    file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void test_least_quota_up_to_the_root_counts(void **state)
{
    const char *root = ((const struct scratch *)*state)->path;

    assert_int_equal(adl_cpus_quota(root), 0); /* nothing is there */
    put(root, "proc/self/cgroup", "0::/a/b\n");
    assert_int_equal(adl_cpus_quota(root), 0);
    put(root, "sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    assert_int_equal(adl_cpus_quota(root), 0);
    put(root, "sys/fs/cgroup/a/cpu.max", "300000 100000\n");
    assert_int_equal(adl_cpus_quota(root), 3);
    put(root, "sys/fs/cgroup/a/b/cpu.max", "700000 100000\n");
    assert_int_equal(adl_cpus_quota(root), 3);
    put(root, "sys/fs/cgroup/cpu.max", "200000 100000\n"); /* a container's */
    assert_int_equal(adl_cpus_quota(root), 2);
}

static void test_group_outside_of_the_container_is_no_limit(void **state)
{
    const char *root = ((const struct scratch *)*state)->path;

    put(root, "proc/self/cgroup", "4:cpu,cpuacct:/docker/77\n0::/\n");
    put(root, "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");
    assert_int_equal(adl_cpus_quota(root), 0); /* half a file says nothing */
    put(root, "sys/fs/cgroup/cpu/cpu.cfs_period_us", "10000\n");
    assert_int_equal(adl_cpus_quota(root), 5);
}

static void test_count_follows_the_affinity(void **state)
{
    cpu_set_t all;
    cpu_set_t one;

    (void)state;
    unsigned n = asyncdl_cpu_count();
    assert_true(n >= 1);
    assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
    assert_true(n <= (unsigned)CPU_COUNT(&all));
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++) {
        if (CPU_ISSET(i, &all)) {
            CPU_SET(i, &one);
        }
    }
    assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
    assert_int_equal(asyncdl_cpu_count(), 1);
    assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
}

#define IN_SCRATCH(f) \
    cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

TEST_SUITE(cpus)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quotas_of_version_2),
        cmocka_unit_test(test_quotas_of_version_1),
        cmocka_unit_test(test_group_is_found_in_the_list),
        IN_SCRATCH(test_least_quota_up_to_the_root_counts),
        IN_SCRATCH(test_group_outside_of_the_container_is_no_limit),
        cmocka_unit_test(test_count_follows_the_affinity),
    };

    return cmocka_run_group_tests_name("cpus", tests, NULL, NULL);
}
