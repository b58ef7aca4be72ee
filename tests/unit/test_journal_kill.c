/* SPDX-License-Identifier: MIT */
#include "unit/journal_records.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "support/effort.h"
#include "support/suite.h"
#include "util/rng.h"

#define N_KILLS effort(50, 10)
#define BATCH   7

/* Put and commit for ever; tell the last id of each commit. */
static void write_on(int aside_fd, int pipe_fd)
{
    struct adl_journal *journal = NULL;
    char why[200];

    if (adl_journal_open(&journal, aside_fd, ADL_JOURNAL_KEEP, false, why,
                         sizeof(why)) < 0) {
        _exit(1);
    }
    for (;;) {
        uint64_t id = 0;

        for (int i = 0; i < BATCH; i++) {
            id = adl_journal_take_id(journal);
            struct adl_record record = make_record(id, id);

            if (adl_journal_put(journal, &record) < 0) {
                _exit(2);
            }
        }
        if (adl_journal_commit(journal) < 0 ||
            write(pipe_fd, &id, sizeof(id)) != sizeof(id)) {
            _exit(3);
        }
    }
}

/* Kill it after so many commits; the last id that it told. */
static uint64_t kill_writer(int aside_fd, uint64_t n_commits)
{
    int fds[2];
    uint64_t id = 0;
    int status = 0;

    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        write_on(aside_fd, fds[1]);
    }
    close(fds[1]);
    for (uint64_t i = 0; i <= n_commits; i++) {
        assert_int_equal(read(fds[0], &id, sizeof(id)), sizeof(id));
    }
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    while (read(fds[0], &id, sizeof(id)) == sizeof(id)) {
        /* what it told before it died */
    }
    close(fds[0]);
    return id;
}

static void test_kill_loses_nothing_that_was_committed(void **state)
{
    struct adl_rng rng = {3};
    int aside_fd = open_aside(*state);

    for (unsigned round = 0; round < N_KILLS; round++) {
        uint64_t last = kill_writer(aside_fd, adl_rng_next(&rng) % 64);
        struct adl_journal *journal = open_journal(aside_fd);

        for (uint64_t id = 1; id <= last; id++) {
            assert_int_equal(match(journal, id), id);
        }
        uint64_t next = adl_journal_take_id(journal);
        assert_true(next > last); /* more may be there, only whole batches */
        assert_int_equal((next - 1) % BATCH, 0);
        adl_journal_close(journal);
    }
    close(aside_fd);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

TEST_SUITE(journal_kill)
{
    const struct CMUnitTest tests[] = {
        TEST(test_kill_loses_nothing_that_was_committed),
    };

    return cmocka_run_group_tests_name("journal_kill", tests, NULL, NULL);
}
