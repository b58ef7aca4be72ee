/* SPDX-License-Identifier: MIT */
/* Clients side by side in one directory: which of them keep others out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/client.h"
#include "support/scratch.h"
#include "support/suite.h"
#include "support/tmpdir.h"

static struct servers *servers;

enum kind {
    SHARING, /* neither flag nor journal */
    ALONE,
    KEEPING,
    PLANNING,
    N_KINDS,
};

static struct asyncdl_client_options make_options(enum kind kind,
                                                  struct tmpdir *dir)
{
    static const unsigned flags[N_KINDS] = {
        [ALONE] = ASYNCDL_CLIENT_ALONE,
        [PLANNING] = ASYNCDL_CLIENT_ALONE | ASYNCDL_CLIENT_PLAN,
    };
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;

    options.dir = tmpdir_get_path(dir, "out");
    options.flags = flags[kind];
    options.journal =
        kind == KEEPING ? ASYNCDL_JOURNAL_KEEP : ASYNCDL_JOURNAL_NONE;
    return options;
}

static struct outcome fetch_file(struct rig *rig, const char *name)
{
    struct asyncdl_request request = ASYNCDL_REQUEST_INIT;
    struct outcome o = {0};

    request.url = rig_url(&servers->site, "/bytes/10");
    request.name = name;
    rig_fetch(rig, &o, request);
    rig_run(rig);
    assert_int_equal(o.n_done, 1);
    return o;
}

static void need_refusal(const struct asyncdl_client_options *options)
{
    struct asyncdl_client *client = NULL;
    uv_loop_t loop;

    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(asyncdl_client_open(&client, &loop, options),
                     ASYNCDL_EINUSE);
    assert_null(client);
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&loop), 0);
}

/* The first has saved a file when the second comes, and saves another after
 * that. */
static void test_a_journal_and_the_flag_keep_each_other_out(void **state)
{
    static const bool is_refused[N_KINDS][N_KINDS] = {
        [ALONE] = {[ALONE] = true, [KEEPING] = true},
        [KEEPING] = {[ALONE] = true, [KEEPING] = true},
    };

    (void)state;
    for (enum kind i = SHARING; i < PLANNING; i++) {
        for (enum kind j = SHARING; j < N_KINDS; j++) {
            struct asyncdl_client_options options;
            struct tmpdir dir;
            struct rig first;
            struct rig second;

            print_message("         %d and %d\n", i, j);
            assert_int_equal(tmpdir_init(&dir), 0);
            options = make_options(i, &dir);
            rig_open(&first, &options);
            assert_int_equal(fetch_file(&first, "a").err, 0);
            options = make_options(j, &dir);
            if (is_refused[i][j]) {
                need_refusal(&options);
            } else {
                rig_open(&second, &options);
                assert_int_equal(fetch_file(&second, "b").err, 0);
                rig_close(&second);
            }
            assert_int_equal(fetch_file(&first, "c").err, 0);
            rig_close(&first);
            assert_int_equal(
                access(tmpdir_get_path(&dir, "out/.asyncdl"), F_OK) == 0,
                i == KEEPING || (j == KEEPING && !is_refused[i][j]));
            tmpdir_finish(&dir);
        }
    }
}

/* rig_close() but for the descriptors, of which others have some. */
static void end(struct rig *rig)
{
    rig_shut(rig);
    rig_run(rig);
    assert_int_equal(rig->n_closed, 1);
    assert_int_equal(uv_loop_close(&rig->loop), 0);
}

/* Until then it has nothing there: not even the directory. */
static void test_the_first_to_save_a_file_has_the_directory(void **state)
{
    (void)state;
    for (enum kind kind = ALONE; kind <= KEEPING; kind++) {
        struct asyncdl_client_options options;
        struct tmpdir dir;
        struct rig idle;
        struct rig busy;

        assert_int_equal(tmpdir_init(&dir), 0);
        options = make_options(ALONE, &dir);
        rig_open(&idle, &options);
        assert_int_equal(access(options.dir, F_OK), -1);
        options = make_options(kind, &dir);
        rig_open(&busy, &options);
        assert_int_equal(fetch_file(&busy, "a").err, 0);

        struct outcome o = fetch_file(&idle, "b");
        assert_int_equal(o.err, ASYNCDL_EINUSE);
        assert_int_equal(o.state, ASYNCDL_FAILED);
        assert_true(o.retryable);
        assert_int_equal(access(tmpdir_get_path(&dir, "out/b"), F_OK), -1);
        assert_int_equal(fetch_file(&busy, "c").err, 0);
        end(&busy);
        /* bodies that are no files have no part in it */
        o = (struct outcome){0};
        rig_fetch(&idle, &o, rig_memory(rig_url(&servers->site, "/bytes/10")));
        rig_run(&idle);
        assert_int_equal(o.err, 0);
        assert_int_equal(fetch_file(&idle, "d").err, ASYNCDL_EINUSE);
        end(&idle);
        assert_int_equal(scratch_count_fds(), idle.n_fds);
        tmpdir_finish(&dir);
    }
}

static int setup(void **state)
{
    int err = servers_setup(state);

    servers = *state;
    return err;
}

TEST_SUITE(client_alone)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_journal_and_the_flag_keep_each_other_out),
        cmocka_unit_test(test_the_first_to_save_a_file_has_the_directory),
    };

    return cmocka_run_group_tests_name("client_alone", tests, setup,
                                       servers_teardown);
}
