/* SPDX-License-Identifier: MIT */
/* The examples of pools, processes, queues and locks do what is said of them.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/proc.h"
#include "support/server.h"
#include "support/suite.h"
#include "support/tmpdir.h"
#include "util/rng.h"

#define N_FILES 1000

/* Run an example; what it prints may then be read. */
static char *run(struct proc_result *result, const char *variable,
                 const char *arg)
{
    const char *argv[] = {server_get_program(variable), arg, NULL};
    struct proc_options options = {.argv = argv, .timeout_ms = 60000};

    *result = (struct proc_result){0};
    assert_int_equal(proc_run(result, &options), 0);
    assert_string_equal(adl_buf_str(&result->err), "");
    assert_int_equal(result->status, 0);
    char *out = strdup(adl_buf_str(&result->out));
    assert_non_null(out);
    proc_result_finish(result);
    return out;
}

static bool is_prime(unsigned long n)
{
    for (unsigned long p = 2; p <= n / p; p++) {
        if (n % p == 0) {
            return false;
        }
    }
    return n > 1;
}

static void check_factors(const char *line)
{
    char *at;
    unsigned long number = strtoul(line, &at, 10);
    unsigned long product = 1;

    assert_in_range(number, 100000, 50000000);
    assert_memory_equal(at, " = ", 3);
    for (at += 2; *at == ' ' || *at == 'x'; at += at[1] == 'x' ? 2 : 0) {
        unsigned long prime = strtoul(at, &at, 10);

        assert_true(is_prime(prime));
        product *= prime;
    }
    assert_int_equal(*at, '\0');
    assert_int_equal(product, number);
}

static void test_primes_factors_on_both_backends(void **state)
{
    struct proc_result result;
    char *lines[64] = {NULL};
    size_t n = 0;

    (void)state;
    char *out = run(&result, "PRIMES", NULL);
    for (char *line = out; *line != '\0' && n < 64; n++) {
        lines[n] = line;
        line = strchr(line, '\n');
        *line++ = '\0';
    }
    assert_int_equal(n, 42);
    assert_string_equal(lines[0], "threads");
    assert_string_equal(lines[21], "processes");
    for (size_t i = 1; i <= 20; i++) {
        check_factors(lines[i]);
        assert_string_equal(lines[21 + i], lines[i]);
    }
    free(out);
}

static void test_count_takes_every_result(void **state)
{
    struct proc_result result;
    int n = 0;

    (void)state;
    char *out = run(&result, "COUNT", NULL);
    assert_non_null(strstr(out, "\nthe sum is 7999998000000\n"));
    for (const char *at = out; (at = strstr(at, "exit status 0\n")); at++) {
        n++;
    }
    assert_int_equal(n, 4);
    free(out);
}

/* How many lines before `end` are as they were printed. */
static unsigned count_whole(const char *at, const char *end)
{
    unsigned n = 0;

    for (; at < end; at = strchr(at, '\n') + 1) {
        n += strncmp(at, "process ", 8) == 0 &&
             strncmp(at + 9, " prints this line as a whole\n", 29) == 0;
    }
    return n;
}

static void test_no_line_is_torn_with_the_lock(void **state)
{
    struct proc_result result;
    unsigned n_lines[4] = {0};

    (void)state;
    char *out = run(&result, "LOCK", NULL);
    const char *at = strstr(out, "without the lock: ");
    assert_non_null(at);
    assert_true(count_whole(out, at) < 800);
    for (at = strchr(at, '\n') + 1; *at == 'p'; at = strchr(at, '\n') + 1) {
        unsigned i = (unsigned)(at[8] - '0');

        assert_in_range(i, 0, 3);
        assert_memory_equal(at, "process ", 8);
        assert_memory_equal(at + 9, " prints this line as a whole\n", 29);
        n_lines[i]++;
    }
    assert_memory_equal(at, "with the lock: ", 15);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(n_lines[i], 200);
    }
    free(out);
}

static void test_busy_shows_a_process_for_each_cpu(void **state)
{
    struct proc_result result;
    long pids[128];
    size_t n = 0;

    (void)state;
    char *out = run(&result, "BUSY", "1000000");
    char *at = out;
    for (char *end; n < 128; at = end + 1) {
        pids[n] = strtol(at, &end, 10);
        if (*end != '\n') {
            break;
        }
        n++;
    }
    assert_true(n >= 2 && n % 2 == 0);
    size_t n_cpus = n / 2;
    for (size_t i = 0; i < n_cpus; i++) {
        assert_int_equal(pids[n_cpus + i], pids[n_cpus]);
        for (size_t k = i + 1; k <= n_cpus; k++) {
            assert_true(pids[i] != pids[k]);
        }
    }
    assert_true((size_t)strtol(at, NULL, 10) == n_cpus);
    assert_non_null(strstr(at, " processes: "));
    assert_non_null(strstr(at, " threads: "));
    free(out);
}

/* Words from a small list, so that some texts are in many files and some in
 * few; every tenth file is empty. */
static void write_files(struct tmpdir *dir)
{
    static const char *const words[] = {"alpha",  "beta", "gamma", "delta",
                                        "needle", "hay",  "stack", "omega"};
    struct adl_rng rng = {.state = 41};

    for (int i = 0; i < N_FILES; i++) {
        char name[32];
        char text[600];
        size_t len = 0;

        for (int k = 0; i % 10 != 0 && k < 60; k++) {
            unsigned word = adl_rng_next(&rng) % 2000 == 0
                                ? 4
                                : (unsigned)(adl_rng_next(&rng) % 4);

            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%c",
                                    words[word], k % 8 == 7 ? '\n' : ' ');
        }
        (void)snprintf(name, sizeof(name), "file-%d.txt", i);
        assert_int_equal(tmpdir_write(dir, name, text, len), 0);
    }
}

static struct proc *start_search(struct tmpdir *dir, long *pid)
{
    const char *argv[] = {server_get_program("SEARCH"), dir->path, NULL};
    struct proc_options options = {
        .argv = argv, .keeps_input = true, .timeout_ms = 60000};
    struct proc *proc;
    char line[64];

    assert_int_equal(proc_start(&proc, &options), 0);
    assert_int_equal(proc_read_line(proc, line, sizeof(line)), 0);
    assert_int_equal(sscanf(line, "searcher %ld", pid), 1);
    return proc;
}

/* As many names as grep lists, and each of them one of grep's. */
static void check_query(struct proc *proc, struct tmpdir *dir,
                        const char *query)
{
    const char *argv[] = {"grep", "-rlF", "-e", query, ".", NULL};
    struct proc_options options = {.argv = argv, .dir = dir->path};
    struct proc_result grep = {0};
    char line[1024];
    size_t n_found = 0;
    size_t n_wanted = 0;

    assert_int_equal(proc_run(&grep, &options), 0);
    const char *wanted = adl_buf_str(&grep.out);
    for (const char *at = wanted; (at = strchr(at, '\n')) != NULL; at++) {
        n_wanted++;
    }
    (void)snprintf(line, sizeof(line), "%s\n", query);
    assert_int_equal(proc_write(proc, line, strlen(line)), 0);
    for (;;) {
        char name[1100];

        assert_int_equal(proc_read_line(proc, line, sizeof(line)), 0);
        if (strncmp(line, "end of ", 7) == 0) {
            break;
        }
        if (strncmp(line, "searcher ", 9) == 0) {
            continue;
        }
        assert_memory_equal(line, query, strlen(query));
        (void)snprintf(name, sizeof(name), "./%s\n", line + strlen(query) + 2);
        assert_non_null(strstr(wanted, name));
        n_found++;
    }
    print_message("%s: %zu files\n", query, n_found);
    assert_int_equal(n_found, n_wanted);
    proc_result_finish(&grep);
}

static void test_search_finds_what_grep_finds(void **state)
{
    struct tmpdir dir;
    struct proc_result result = {0};
    long pid;

    (void)state;
    assert_int_equal(tmpdir_init(&dir), 0);
    write_files(&dir);
    struct proc *proc = start_search(&dir, &pid);
    check_query(proc, &dir, "needle");
    check_query(proc, &dir, "alpha beta gamma delta");
    check_query(proc, &dir, "a");
    check_query(proc, &dir, "in no file");
    proc_close_input(proc);
    proc_wait(proc, &result);
    assert_int_equal(result.status, 0);
    proc_result_finish(&result);
    tmpdir_finish(&dir);
}

static void test_search_ends_when_a_searcher_is_killed(void **state)
{
    struct tmpdir dir;
    struct proc_result result = {0};
    long pid;

    (void)state;
    assert_int_equal(tmpdir_init(&dir), 0);
    write_files(&dir);
    struct proc *proc = start_search(&dir, &pid);
    check_query(proc, &dir, "needle");
    assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
    assert_int_equal(proc_write(proc, "alpha\n", 6), 0);
    proc_wait(proc, &result);
    assert_false(result.is_timed_out);
    assert_int_equal(result.status, 1);
    assert_string_equal(adl_buf_str(&result.err),
                        "search: a searcher has died\n");
    proc_result_finish(&result);
    tmpdir_finish(&dir);
}

TEST_SUITE(examples_pool)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_primes_factors_on_both_backends),
        cmocka_unit_test(test_count_takes_every_result),
        cmocka_unit_test(test_no_line_is_torn_with_the_lock),
        cmocka_unit_test(test_busy_shows_a_process_for_each_cpu),
        cmocka_unit_test(test_search_finds_what_grep_finds),
        cmocka_unit_test(test_search_ends_when_a_searcher_is_killed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
