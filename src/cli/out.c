/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memrchr */
#include "cli/out.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/signals.h"

#define FLUSH_MS  100
#define FLUSH_LEN ((size_t)64 * 1024)
#define MAX_LEN   ((size_t)1024 * 1024)
#define WAIT_MS   100 /* for a reader, before signals are looked at */

/* Can some be written now? Waits for it when told to. */
static bool is_writable(const struct adl_out *out, int timeout_ms)
{
    struct pollfd p = {.fd = out->fd, .events = POLLOUT};

    /* a signal ends the wait, and whoever waits looks at what it was */
    return out->is_file || poll(&p, 1, timeout_ms) > 0;
}

static void drop(struct adl_out *out, int err)
{
    out->err = err;
    out->n_written = 0;
    adl_buf_reset(&out->text);
}

/* How much of it is written at once: whole lines, where they are not too long,
 * so that none is torn by what others write there, or left half. */
static size_t choose_piece(const char *text, size_t len)
{
    if (len <= PIPE_BUF) {
        return len;
    }
    const char *end = memrchr(text, '\n', PIPE_BUF);
    return end != NULL ? (size_t)(end + 1 - text) : PIPE_BUF;
}

/*
 * Write a piece. What can be polled takes PIPE_BUF bytes without waiting when
 * poll() says it takes any.
 */
static void write_piece(struct adl_out *out)
{
    const char *text = out->text.data + out->n_written;
    size_t len = out->text.len - out->n_written;
    ssize_t n =
        write(out->fd, text, out->is_file ? len : choose_piece(text, len));

    if (n >= 0) {
        out->n_written += (size_t)n;
    } else if (errno != EINTR && errno != EAGAIN) {
        drop(out, -errno);
    }
}

/* What is left of a timeout; none (-1) stays none. */
static int get_left_ms(uint64_t start_ns, int timeout_ms)
{
    if (timeout_ms <= 0) {
        return timeout_ms;
    }
    uint64_t spent_ms = (uv_hrtime() - start_ns) / 1000000;
    return spent_ms < (uint64_t)timeout_ms ? timeout_ms - (int)spent_ms : 0;
}

/* Write until at most n_keep bytes are left, as long as it may take. */
static void write_some(struct adl_out *out, size_t n_keep, int timeout_ms)
{
    uint64_t start_ns = timeout_ms > 0 ? uv_hrtime() : 0;

    while (out->text.len - out->n_written > n_keep &&
           is_writable(out, get_left_ms(start_ns, timeout_ms))) {
        write_piece(out);
    }
    size_t n_left = out->text.len - out->n_written;
    if (n_left > 0 && out->n_written > 0) {
        memmove(out->text.data, out->text.data + out->n_written, n_left + 1);
    }
    out->text.len = n_left;
    out->n_written = 0;
}

static void on_timer(uv_timer_t *timer)
{
    struct adl_out *out = timer->data;

    write_some(out, 0, 0);
    adl_out_added(out); /* what could not be written tries again */
}

int adl_out_init(struct adl_out *out, uv_loop_t *loop, int fd)
{
    struct stat st;

    *out = (struct adl_out){.fd = fd};
    out->is_file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    int err = uv_timer_init(loop, &out->timer);
    if (err == 0) {
        out->timer.data = out;
        uv_unref((uv_handle_t *)&out->timer); /* no reason to go on */
    }
    return err;
}

void adl_out_added(struct adl_out *out)
{
    if (out->err < 0) {
        drop(out, out->err);
        return;
    }
    if (out->text.len >= FLUSH_LEN) {
        write_some(out, 0, 0);
    }
    while (out->text.len >= MAX_LEN && adl_signals_get() == 0) {
        write_some(out, MAX_LEN / 2, WAIT_MS);
    }
    uv_handle_t *timer = (uv_handle_t *)&out->timer;
    if (out->text.len > 0 && !uv_is_active(timer) && !uv_is_closing(timer)) {
        /* fails only while closing */
        (void)uv_timer_start(&out->timer, on_timer, FLUSH_MS, 0);
    }
}

int adl_out_flush(struct adl_out *out, int timeout_ms)
{
    write_some(out, 0, timeout_ms);
    return out->err == 0 && out->text.len > 0 ? -ETIMEDOUT : out->err;
}

void adl_out_stop(struct adl_out *out)
{
    if (!uv_is_closing((uv_handle_t *)&out->timer)) {
        uv_close((uv_handle_t *)&out->timer, NULL);
    }
}

void adl_out_finish(struct adl_out *out)
{
    adl_buf_finish(&out->text);
}
