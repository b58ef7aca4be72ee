/* SPDX-License-Identifier: MIT */
#include "fetch/offload.h"

#include <errno.h>

#include "support/fault.h"
#include "support/loop.h"

#define N_JOBS 200

struct work {
    struct adl_job job; /* first */
    struct plan *plan;
    int n_runs;
    int n_done;
};

struct plan {
    struct adl_offload *offload;
    struct work works[N_JOBS];
    int n_done;
    int n_batches;
};

static void run(struct adl_job *job)
{
    struct work *work = (struct work *)job;

    work->n_runs++;
}

static void done(struct adl_job *job)
{
    struct work *work = (struct work *)job;

    work->n_done++;
    work->plan->n_done++;
}

static void on_batch(void *data)
{
    struct plan *plan = data;

    plan->n_batches++;
    adl_offload_flush(plan->offload);
}

static void open_plan(struct plan *plan, uv_loop_t *loop)
{
    assert_int_equal(adl_offload_create(&plan->offload, loop, on_batch, plan),
                     0);
}

static void add(struct plan *plan, int i, unsigned weight)
{
    plan->works[i].plan = plan;
    plan->works[i].job =
        (struct adl_job){.run = run, .done = done, .weight = weight};
    adl_offload_add(plan->offload, &plan->works[i].job);
}

static void test_nothing_runs_before_the_flush(void **state)
{
    static struct plan plan;

    open_plan(&plan, *state);
    add(&plan, 0, 1);
    uv_run(*state, UV_RUN_DEFAULT);
    assert_int_equal(plan.n_done, 0);

    adl_offload_flush(plan.offload);
    uv_run(*state, UV_RUN_DEFAULT);
    assert_int_equal(plan.works[0].n_runs, 1);
    assert_int_equal(plan.works[0].n_done, 1);
    assert_int_equal(plan.n_batches, 1);
    adl_offload_destroy(plan.offload);
}

static void test_every_job_runs_once_in_few_batches(void **state)
{
    static struct plan plan;

    open_plan(&plan, *state);
    for (int i = 0; i < N_JOBS; i++) {
        add(&plan, i, 1);
    }
    adl_offload_flush(plan.offload);
    uv_run(*state, UV_RUN_DEFAULT);

    for (int i = 0; i < N_JOBS; i++) {
        assert_int_equal(plan.works[i].n_runs, 1);
        assert_int_equal(plan.works[i].n_done, 1);
    }
    assert_int_equal(plan.n_batches,
                     (N_JOBS + ADL_BATCH_WEIGHT - 1) / ADL_BATCH_WEIGHT);
    adl_offload_destroy(plan.offload);
}

static void test_job_too_heavy_for_a_batch_has_one_of_its_own(void **state)
{
    static struct plan plan;

    open_plan(&plan, *state);
    add(&plan, 0, 2 * ADL_BATCH_WEIGHT);
    add(&plan, 1, 1);
    adl_offload_flush(plan.offload);
    uv_run(*state, UV_RUN_DEFAULT);

    assert_int_equal(plan.n_done, 2);
    assert_int_equal(plan.n_batches, 2);
    adl_offload_destroy(plan.offload);
}

static void test_out_of_memory_is_told(void **state)
{
    struct adl_offload *offload = NULL;

    fault_arm(FAULT_CALLOC, 1, ENOMEM);
    assert_int_equal(adl_offload_create(&offload, *state, on_batch, NULL),
                     -ENOMEM);
    fault_clear();
    assert_null(offload);
    adl_offload_destroy(NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, loop_setup, loop_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_runs_before_the_flush),
        TEST(test_every_job_runs_once_in_few_batches),
        TEST(test_job_too_heavy_for_a_batch_has_one_of_its_own),
        TEST(test_out_of_memory_is_told),
    };

    return cmocka_run_group_tests_name("offload", tests, NULL, NULL);
}
