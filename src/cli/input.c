/* SPDX-License-Identifier: MIT */
#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_LEN 65536

static void finish_close(struct adl_input *input)
{
    if (input->is_polled) {
        /* best effort: others may share what it refers to */
        (void)fcntl(input->fd, F_SETFL, input->flags);
    }
    (void)close(input->fd); /* was only read */
    free(input->chunk);
    input->chunk = NULL;
    input->on_closed(input->data); /* may free input */
}

static void on_poll_closed(uv_handle_t *handle)
{
    finish_close(handle->data);
}

static void on_file_read(uv_fs_t *fs)
{
    struct adl_input *input = fs->data;
    ssize_t n = fs->result;

    uv_fs_req_cleanup(fs);
    input->is_reading = false;
    if (input->is_closing) {
        finish_close(input);
        return;
    }
    input->on_read(input->chunk, n, input->data);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct adl_input *input = poll->data;
    ssize_t n = status;

    (void)events; /* whatever it is, read() says it */
    if (status == 0) {
        n = read(input->fd, input->chunk, CHUNK_LEN);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        n = n < 0 ? -errno : n;
    }
    (void)uv_poll_stop(poll); /* never fails */
    input->is_reading = false;
    input->on_read(input->chunk, n, input->data);
}

/* Can the loop tell when something is there? Never so for files. */
static bool can_poll(struct adl_input *input)
{
    struct stat st;

    if (fstat(input->fd, &st) < 0 || S_ISREG(st.st_mode)) {
        return false;
    }
    return uv_poll_init(input->loop, &input->poll, input->fd) == 0;
}

int adl_input_init(struct adl_input *input, uv_loop_t *loop, int fd,
                   adl_input_read_cb on_read, void *data)
{
    *input = (struct adl_input){
        .loop = loop,
        .fd = fd,
        .flags = fcntl(fd, F_GETFL),
        .chunk = malloc(CHUNK_LEN),
        .on_read = on_read,
        .data = data,
    };
    if (input->chunk == NULL) {
        return -ENOMEM;
    }
    input->poll.data = input;
    input->fs.data = input;
    input->is_polled = can_poll(input);
    return 0;
}

int adl_input_read(struct adl_input *input)
{
    int err;

    if (input->is_polled) {
        err = uv_poll_start(&input->poll, UV_READABLE, on_readable);
    } else {
        uv_buf_t buf = uv_buf_init(input->chunk, CHUNK_LEN);

        err = uv_fs_read(input->loop, &input->fs, input->fd, &buf, 1, -1,
                         on_file_read);
    }
    input->is_reading = err == 0;
    return err;
}

bool adl_input_is_live(const struct adl_input *input)
{
    return input->is_polled;
}

void adl_input_close(struct adl_input *input, adl_input_close_cb on_closed)
{
    input->is_closing = true;
    input->on_closed = on_closed;
    if (input->is_polled) {
        uv_close((uv_handle_t *)&input->poll, on_poll_closed);
    } else if (input->is_reading) {
        (void)uv_cancel((uv_req_t *)&input->fs); /* ends by itself if not */
    } else {
        finish_close(input);
    }
}
