/* SPDX-License-Identifier: MIT */
#include "fetch/offload.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "support/fault.h"
#include "support/loop.h"
#include "support/suite.h"

#define N_JOBS       200
#define BATCH_WEIGHT 64

struct work {
    struct adl_job job; /* first */
    struct plan *plan;
    uv_sem_t *has_run;
    int n_runs;
    int n_done;
    int n_settled_before; /* when its second half ran */
    int seal_err;
    bool is_sealed;
    int order;
};

struct plan {
    struct adl_offload *offload;
    struct work works[N_JOBS];
    int n_done;
    int n_batches;
    atomic_int n_settled; /* batches are settled on several threads */
    int settle_err;
    int n_ordered;
};

static void run(struct adl_job *job)
{
    struct work *work = (struct work *)job;

    work->n_runs++;
}

/* Only where one runs at a time. */
static void note_order(struct adl_job *job)
{
    struct work *work = (struct work *)job;

    work->order = work->plan->n_ordered++;
}

static void done(struct adl_job *job)
{
    struct work *work = (struct work *)job;

    work->n_done++;
    work->plan->n_done++;
}

static int settle(void *data)
{
    struct plan *plan = data;

    atomic_fetch_add(&plan->n_settled, 1);
    return plan->settle_err;
}

static void seal(struct adl_job *job, int err)
{
    struct work *work = (struct work *)job;

    assert_int_equal(work->n_runs, 1);
    assert_int_equal(work->n_done, 0);
    work->is_sealed = true;
    work->seal_err = err;
    work->n_settled_before = atomic_load(&work->plan->n_settled);
}

static void run_and_fail(struct adl_job *job)
{
    run(job);
    job->seal = NULL;
}

static void on_batch(void *data)
{
    struct plan *plan = data;

    plan->n_batches++;
    adl_offload_flush(plan->offload);
}

static void open_plan(struct plan *plan, uv_loop_t *loop)
{
    const struct adl_offload_options options = {
        .n_batches = 2,
        .max_weight = BATCH_WEIGHT,
        .settle = settle,
        .on_done = on_batch,
        .data = plan,
    };

    *plan = (struct plan){.settle_err = plan->settle_err};
    assert_int_equal(adl_offload_create(&plan->offload, loop, &options), 0);
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
                     (N_JOBS + BATCH_WEIGHT - 1) / BATCH_WEIGHT);
    adl_offload_destroy(plan.offload);
}

static void test_job_too_heavy_for_a_batch_has_one_of_its_own(void **state)
{
    static struct plan plan;

    open_plan(&plan, *state);
    add(&plan, 0, 2 * BATCH_WEIGHT);
    add(&plan, 1, 1);
    adl_offload_flush(plan.offload);
    uv_run(*state, UV_RUN_DEFAULT);

    assert_int_equal(plan.n_done, 2);
    assert_int_equal(plan.n_batches, 2);
    adl_offload_destroy(plan.offload);
}

static void test_second_halves_follow_one_settlement(void **state)
{
    static struct plan plan;

    open_plan(&plan, *state);
    for (int i = 0; i < BATCH_WEIGHT; i++) {
        add(&plan, i, 1);
        plan.works[i].job.seal = seal;
    }
    plan.works[3].job.run = run_and_fail;
    adl_offload_flush(plan.offload);
    uv_run(*state, UV_RUN_DEFAULT);

    assert_int_equal(atomic_load(&plan.n_settled), 1);
    for (int i = 0; i < BATCH_WEIGHT; i++) {
        assert_int_equal(plan.works[i].is_sealed, i != 3);
        assert_int_equal(plan.works[i].seal_err, 0);
        assert_int_equal(plan.works[i].n_settled_before, i != 3);
        assert_int_equal(plan.works[i].n_done, 1);
    }
    adl_offload_destroy(plan.offload);
}

static void test_nothing_is_settled_for_jobs_of_one_half(void **state)
{
    static struct plan plan;

    open_plan(&plan, *state);
    add(&plan, 0, 1);
    add(&plan, 1, 1);
    plan.works[1].job.run = run_and_fail;
    plan.works[1].job.seal = seal;
    adl_offload_flush(plan.offload);
    uv_run(*state, UV_RUN_DEFAULT);

    assert_int_equal(plan.n_done, 2);
    assert_int_equal(atomic_load(&plan.n_settled), 0);
    adl_offload_destroy(plan.offload);
}

static void test_second_half_learns_that_the_settlement_failed(void **state)
{
    static struct plan plan = {.settle_err = -ENOSPC};

    open_plan(&plan, *state);
    add(&plan, 0, 1);
    plan.works[0].job.seal = seal;
    adl_offload_flush(plan.offload);
    uv_run(*state, UV_RUN_DEFAULT);

    assert_true(plan.works[0].is_sealed);
    assert_int_equal(plan.works[0].seal_err, -ENOSPC);
    adl_offload_destroy(plan.offload);
}

static void test_one_batch_keeps_the_order(void **state)
{
    static struct plan plan;
    struct adl_offload_options options = {
        .n_batches = 1, .max_weight = 1, .on_done = on_batch, .data = &plan};

    plan = (struct plan){0};
    assert_int_equal(adl_offload_create(&plan.offload, *state, &options), 0);
    for (int i = 0; i < N_JOBS; i++) {
        add(&plan, i, 1);
        plan.works[i].job.run = note_order;
    }
    adl_offload_flush(plan.offload);
    uv_run(*state, UV_RUN_DEFAULT);

    assert_int_equal(plan.n_batches, N_JOBS);
    for (int i = 0; i < N_JOBS; i++) {
        assert_int_equal(plan.works[i].order, i);
    }
    adl_offload_destroy(plan.offload);
}

/* For jobs of one plan: one waits for another. */
struct meeting {
    struct work works[5];
    uv_sem_t has_run;
    int n_rests;
};

static void run_and_tell(struct adl_job *job)
{
    struct work *work = (struct work *)job;

    work->n_runs++;
    uv_sem_post(work->has_run);
}

static void wait_for_one_to_run(struct adl_job *job)
{
    struct work *work = (struct work *)job;

    uv_sem_wait(work->has_run);
    work->n_done++;
}

static void count_done(struct adl_job *job)
{
    ((struct work *)job)->n_done++;
}

static void rest(unsigned i_batch, void *data)
{
    assert_int_equal(i_batch, 0);
    ((struct meeting *)data)->n_rests++;
}

static void ignore(void *data)
{
    (void)data;
}

static void test_full_batch_runs_while_the_last_is_told(void **state)
{
    static struct meeting m;
    struct adl_offload *offload = NULL;
    const struct adl_offload_options options = {.n_batches = 1,
                                                .max_weight = 2,
                                                .rest = rest,
                                                .on_done = ignore,
                                                .data = &m};

    assert_int_equal(adl_offload_create(&offload, *state, &options), 0);
    assert_int_equal(uv_sem_init(&m.has_run, 0), 0);
    for (int i = 0; i < 5; i++) {
        m.works[i].has_run = &m.has_run;
        m.works[i].job =
            (struct adl_job){.run = run, .done = count_done, .weight = 1};
        adl_offload_add(offload, &m.works[i].job);
    }
    m.works[0].job.done = wait_for_one_to_run; /* for that of a later batch */
    m.works[2].job.run = run_and_tell;
    adl_offload_flush(offload);
    uv_run(*state, UV_RUN_DEFAULT);

    for (int i = 0; i < 4; i++) {
        assert_int_equal(m.works[i].n_runs, 1);
        assert_int_equal(m.works[i].n_done, 1);
    }
    assert_int_equal(m.n_rests, 2);
    assert_int_equal(m.works[4].n_runs, 0); /* fills none: it waits */
    adl_offload_flush(offload);
    uv_run(*state, UV_RUN_DEFAULT);
    assert_int_equal(m.works[4].n_done, 1);
    assert_int_equal(m.n_rests, 3);
    uv_sem_destroy(&m.has_run);
    adl_offload_destroy(offload);
}

static void wait_for_another(struct adl_job *job, int err)
{
    struct work *work = (struct work *)job;

    assert_int_equal(err, 0);
    if (work->order == 0) {
        uv_sem_wait(work->has_run);
    } else if (work->order == N_JOBS - 1) {
        uv_sem_post(work->has_run);
    }
    work->is_sealed = true;
}

static void note_done(struct adl_job *job)
{
    struct work *work = (struct work *)job;

    assert_true(work->is_sealed);
    assert_int_equal(work->order, work->plan->n_done++);
}

/* The second half of the first job, in the first batch, ends only after that of
 * the last one, in the second. */
static void test_ordered_batches_do_second_halves_side_by_side(void **state)
{
    static struct plan plan;
    const struct adl_offload_options options = {.n_batches = 2,
                                                .max_weight = N_JOBS / 2,
                                                .is_ordered = true,
                                                .on_done = ignore};
    uv_sem_t has_run;

    plan = (struct plan){0};
    assert_int_equal(adl_offload_create(&plan.offload, *state, &options), 0);
    assert_int_equal(uv_sem_init(&has_run, 0), 0);
    for (int i = 0; i < N_JOBS; i++) {
        plan.works[i].plan = &plan;
        plan.works[i].has_run = &has_run;
        plan.works[i].job = (struct adl_job){.run = note_order,
                                             .seal = wait_for_another,
                                             .done = note_done,
                                             .weight = 1};
        adl_offload_add(plan.offload, &plan.works[i].job);
    }
    adl_offload_flush(plan.offload);
    uv_run(*state, UV_RUN_DEFAULT);

    assert_int_equal(plan.n_done, N_JOBS);
    for (int i = 0; i < N_JOBS; i++) {
        assert_int_equal(plan.works[i].order, i);
    }
    uv_sem_destroy(&has_run);
    adl_offload_destroy(plan.offload);
}

/* More batches than there are at once, and jobs that are added when others are
 * done. */
static void test_ordered_jobs_keep_their_order_over_many_batches(void **state)
{
    static struct plan plan;
    const struct adl_offload_options options = {.n_batches = 2,
                                                .max_weight = 3,
                                                .is_ordered = true,
                                                .on_done = on_batch,
                                                .data = &plan};

    plan = (struct plan){0};
    assert_int_equal(adl_offload_create(&plan.offload, *state, &options), 0);
    for (int i = 0; i < N_JOBS; i++) {
        plan.works[i].is_sealed = true; /* there is no second half */
        add(&plan, i, 1);
        plan.works[i].job.run = note_order;
        plan.works[i].job.done = note_done;
    }
    adl_offload_flush(plan.offload);
    uv_run(*state, UV_RUN_DEFAULT);

    assert_int_equal(plan.n_done, N_JOBS);
    for (int i = 0; i < N_JOBS; i++) {
        assert_int_equal(plan.works[i].order, i);
    }
    adl_offload_destroy(plan.offload);
}

static void test_out_of_memory_is_told(void **state)
{
    struct adl_offload *offload = NULL;
    const struct adl_offload_options options = {
        .n_batches = 1, .max_weight = 1, .on_done = on_batch};

    fault_arm(FAULT_CALLOC, 1, ENOMEM);
    assert_int_equal(adl_offload_create(&offload, *state, &options), -ENOMEM);
    fault_clear();
    assert_null(offload);
    adl_offload_destroy(NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, loop_setup, loop_teardown)

TEST_SUITE(offload)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_runs_before_the_flush),
        TEST(test_every_job_runs_once_in_few_batches),
        TEST(test_job_too_heavy_for_a_batch_has_one_of_its_own),
        TEST(test_second_halves_follow_one_settlement),
        TEST(test_nothing_is_settled_for_jobs_of_one_half),
        TEST(test_second_half_learns_that_the_settlement_failed),
        TEST(test_one_batch_keeps_the_order),
        TEST(test_full_batch_runs_while_the_last_is_told),
        TEST(test_ordered_batches_do_second_halves_side_by_side),
        TEST(test_ordered_jobs_keep_their_order_over_many_batches),
        TEST(test_out_of_memory_is_told),
    };

    return cmocka_run_group_tests_name("offload", tests, NULL, NULL);
}
