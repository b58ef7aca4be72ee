/* SPDX-License-Identifier: MIT */
#include "fetch/turn.h"

#include "support/loop.h"
#include "support/suite.h"

struct probe {
    struct adl_turn turn;
    int n_turns;
    int n_closed;
    int n_again; /* marks to make from inside */
    bool closes; /* in the turn */
};

static void on_closed(void *data)
{
    struct probe *p = data;

    p->n_closed++;
}

static void on_turn(void *data)
{
    struct probe *p = data;

    p->n_turns++;
    if (p->n_again > 0) {
        p->n_again--;
        adl_turn_mark(&p->turn);
    }
    if (p->closes) {
        adl_turn_close(&p->turn, on_closed);
    }
}

static void test_marks_of_a_turn_are_one(void **state)
{
    static struct probe p;
    uv_loop_t *loop = *state;

    adl_turn_init(&p.turn, loop, on_turn, &p);
    for (int i = 0; i < 3; i++) {
        adl_turn_mark(&p.turn);
    }
    assert_int_equal(p.n_turns, 0); /* never inside the call */
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(p.n_turns, 1);

    adl_turn_close(&p.turn, on_closed);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(p.n_closed, 1);
}

static void test_without_a_mark_the_loop_ends(void **state)
{
    static struct probe p;
    uv_loop_t *loop = *state;

    adl_turn_init(&p.turn, loop, on_turn, &p);
    assert_int_equal(uv_run(loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(p.n_turns, 0);
    adl_turn_close(&p.turn, on_closed);
}

static void test_mark_inside_a_turn_makes_another(void **state)
{
    static struct probe p;
    uv_loop_t *loop = *state;
    int n_again = 5;

    p.n_again = n_again;
    adl_turn_init(&p.turn, loop, on_turn, &p);
    adl_turn_mark(&p.turn);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(p.n_turns, n_again + 1);
    adl_turn_close(&p.turn, on_closed);
}

static void on_timer(uv_timer_t *timer)
{
    struct probe *p = timer->data;

    adl_turn_mark(&p->turn);
    uv_close((uv_handle_t *)timer, NULL);
}

static void test_mark_of_a_timer_is_not_slept_over(void **state)
{
    static struct probe p;
    static uv_timer_t near, far;
    uv_loop_t *loop = *state;

    adl_turn_init(&p.turn, loop, on_turn, &p);
    assert_int_equal(uv_timer_init(loop, &near), 0);
    assert_int_equal(uv_timer_init(loop, &far), 0);
    near.data = &p;
    far.data = &p;
    assert_int_equal(uv_timer_start(&near, on_timer, 0, 0), 0);
    assert_int_equal(uv_timer_start(&far, on_timer, 3600000, 0), 0);
    while (p.n_turns == 0) { /* would take an hour */
        uv_run(loop, UV_RUN_ONCE);
    }

    uv_close((uv_handle_t *)&far, NULL);
    adl_turn_close(&p.turn, on_closed);
}

static void test_close_inside_a_turn_that_was_marked_again(void **state)
{
    static struct probe p = {.n_again = 1, .closes = true};
    uv_loop_t *loop = *state;

    adl_turn_init(&p.turn, loop, on_turn, &p);
    adl_turn_mark(&p.turn);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(p.n_turns, 1);
    assert_int_equal(p.n_closed, 1);
}

static void test_marks_of_what_is_closed_come_to_nothing(void **state)
{
    static struct probe p;
    uv_loop_t *loop = *state;

    adl_turn_init(&p.turn, loop, on_turn, &p);
    adl_turn_close(&p.turn, on_closed);
    adl_turn_mark(&p.turn);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(p.n_closed, 1);
    adl_turn_mark(&p.turn);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(p.n_turns, 0);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, loop_setup, loop_teardown)

TEST_SUITE(turn)
{
    const struct CMUnitTest tests[] = {
        TEST(test_marks_of_a_turn_are_one),
        TEST(test_without_a_mark_the_loop_ends),
        TEST(test_mark_inside_a_turn_makes_another),
        TEST(test_mark_of_a_timer_is_not_slept_over),
        TEST(test_close_inside_a_turn_that_was_marked_again),
        TEST(test_marks_of_what_is_closed_come_to_nothing),
    };

    return cmocka_run_group_tests_name("turn", tests, NULL, NULL);
}
