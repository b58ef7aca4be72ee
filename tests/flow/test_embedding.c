/* SPDX-License-Identifier: MIT */
/*
 * Another program's loop, with work of its own: a pipe and a socket on which
 * it talks to itself, and a handle that is called in each turn. A client works
 * beside them. Each takes its turns: in no more than a few turns of the loop
 * does one of them stand still.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "support/client.h"
#include "support/suite.h"
#include "support/tmpdir.h"

#define N_FILES     1000
#define LARGE_BYTES (256 * 1024 * 1024)

static struct servers *servers;

/* Sends a byte to itself for as long as it is not told to stop. */
struct echo {
    uv_stream_t *from;
    uv_stream_t *to;
    char buf[16];
    uint64_t n_rounds;
};

struct program {
    struct rig rig;
    uv_check_t check; /* once a turn */
    uv_idle_t idle;   /* the program is busy: no turn waits */
    uv_pipe_t pipe[2];
    uv_tcp_t tcp[2];
    struct echo pipe_echo;
    struct echo tcp_echo;
    uint64_t n_turns;
    uint64_t n_idle;
    uint64_t n_lost; /* turns in which an echo stood still for too long */
    uint64_t pipe_seen, pipe_turn;
    uint64_t tcp_seen, tcp_turn;
    int n_done;
    int n_good;
};

static void send_byte(struct echo *echo);

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    struct echo *echo = handle->data;

    (void)wanted;
    *buf = uv_buf_init(echo->buf, sizeof(echo->buf));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    (void)buf;
    if (n > 0) {
        struct echo *echo = stream->data;

        echo->n_rounds++;
        send_byte(echo);
    }
}

static void send_byte(struct echo *echo)
{
    char byte = 'x';
    uv_buf_t buf = uv_buf_init(&byte, 1);

    assert_int_equal(uv_try_write(echo->to, &buf, 1), 1);
}

static void start_echo(struct echo *echo, uv_stream_t *from, uv_stream_t *to)
{
    *echo = (struct echo){.from = from, .to = to};
    from->data = echo;
    assert_int_equal(uv_read_start(from, on_alloc, on_read), 0);
    send_byte(echo);
}

static void on_idle(uv_idle_t *idle)
{
    struct program *p = idle->data;

    p->n_idle++;
}

/* A byte that was sent in one turn is read in the next, or the one after. */
static void look(struct program *p, uint64_t n_rounds, uint64_t *seen,
                 uint64_t *turn)
{
    if (n_rounds != *seen) {
        *seen = n_rounds;
        *turn = p->n_turns;
    } else if (p->n_turns - *turn > 5) {
        p->n_lost++;
    }
}

static void on_check(uv_check_t *check)
{
    struct program *p = check->data;

    p->n_turns++;
    look(p, p->pipe_echo.n_rounds, &p->pipe_seen, &p->pipe_turn);
    look(p, p->tcp_echo.n_rounds, &p->tcp_seen, &p->tcp_turn);
}

static void start_program(struct program *p)
{
    uv_loop_t *loop = &p->rig.loop;
    uv_file fds[2];
    uv_os_sock_t socks[2];

    assert_int_equal(uv_pipe(fds, UV_NONBLOCK_PIPE, UV_NONBLOCK_PIPE), 0);
    assert_int_equal(uv_socketpair(SOCK_STREAM, 0, socks, UV_NONBLOCK_PIPE,
                                   UV_NONBLOCK_PIPE),
                     0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(uv_pipe_init(loop, &p->pipe[i], 0), 0);
        assert_int_equal(uv_pipe_open(&p->pipe[i], fds[i]), 0);
        assert_int_equal(uv_tcp_init(loop, &p->tcp[i]), 0);
        assert_int_equal(uv_tcp_open(&p->tcp[i], socks[i]), 0);
    }
    start_echo(&p->pipe_echo, (uv_stream_t *)&p->pipe[0],
               (uv_stream_t *)&p->pipe[1]);
    start_echo(&p->tcp_echo, (uv_stream_t *)&p->tcp[0],
               (uv_stream_t *)&p->tcp[1]);
    (void)uv_check_init(loop, &p->check);
    (void)uv_idle_init(loop, &p->idle);
    p->check.data = p;
    p->idle.data = p;
    (void)uv_check_start(&p->check, on_check);
    (void)uv_idle_start(&p->idle, on_idle);
}

static void stop_program(struct program *p)
{
    for (int i = 0; i < 2; i++) {
        uv_close((uv_handle_t *)&p->pipe[i], NULL);
        uv_close((uv_handle_t *)&p->tcp[i], NULL);
    }
    uv_close((uv_handle_t *)&p->check, NULL);
    uv_close((uv_handle_t *)&p->idle, NULL);
}

static void on_done(const struct asyncdl_result *result, void *data)
{
    struct program *p = data;

    p->n_done++;
    p->n_good += result->err == 0;
}

static void fetch_all(struct program *p)
{
    struct asyncdl_request request = ASYNCDL_REQUEST_INIT;

    request.url = rig_url(&servers->site, "/bytes/%d", LARGE_BYTES);
    request.name = "large";
    assert_int_equal(asyncdl_fetch(NULL, p->rig.client, &request, on_done, p),
                     0);
    request.url = rig_url(&servers->site, "/bytes/3000");
    request.name = NULL;
    for (int i = 0; i < N_FILES; i++) {
        assert_int_equal(
            asyncdl_fetch(NULL, p->rig.client, &request, on_done, p), 0);
    }
}

static void test_program_around_the_client_is_not_starved(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    static struct program p;
    struct tmpdir_files files;
    struct tmpdir dir;

    (void)state;
    assert_int_equal(tmpdir_init(&dir), 0);
    options.dir = dir.path;
    rig_open(&p.rig, &options);
    start_program(&p);
    fetch_all(&p);
    rig_run_until(&p.rig, &p.n_done, N_FILES + 1);

    assert_int_equal(p.n_good, N_FILES + 1);
    assert_true(p.n_turns > N_FILES / 10); /* it did not all happen in one */
    assert_in_range(p.n_idle, p.n_turns - 1, p.n_turns + 1);
    assert_int_equal(p.n_lost, 0);
    assert_true(uv_loop_alive(&p.rig.loop)); /* nobody stopped it */
    stop_program(&p);
    rig_close(&p.rig);

    assert_int_equal(tmpdir_list(&files, &dir, ""), 0);
    assert_int_equal(files.n, N_FILES + 1);
    assert_true(tmpdir_is_pattern(&dir, "large", LARGE_BYTES, 0));
    tmpdir_files_finish(&files);
    tmpdir_finish(&dir);
}

static int setup(void **state)
{
    int err = servers_setup(state);

    servers = *state;
    return err;
}

TEST_SUITE(embedding)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_program_around_the_client_is_not_starved),
    };

    return cmocka_run_group_tests(tests, setup, servers_teardown);
}
