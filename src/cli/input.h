/* SPDX-License-Identifier: MIT */
/*
 * Reads a descriptor on a loop, a chunk each time it is asked to. What can be
 * polled (pipes, terminals, sockets) is read when something is there; files are
 * read on libuv's threadpool. Nothing waits on the loop's thread, and nothing
 * that may never come waits on another.
 */
#ifndef ADL_CLI_INPUT_H
#define ADL_CLI_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include <uv.h>

/* n bytes in chunk, 0 at the end, or a negative code. */
typedef void (*adl_input_read_cb)(const char *chunk, ssize_t n, void *data);
typedef void (*adl_input_close_cb)(void *data);

struct adl_input {
    uv_loop_t *loop;
    uv_poll_t poll;
    uv_fs_t fs;
    int fd;
    int flags; /* the descriptor's, to be restored */
    bool is_polled;
    bool is_reading;
    bool is_closing;
    char *chunk;
    adl_input_read_cb on_read;
    adl_input_close_cb on_closed;
    void *data;
};

/* Takes fd on success. 0, -ENOMEM or what libuv says. */
int adl_input_init(struct adl_input *input, uv_loop_t *loop, int fd,
                   adl_input_read_cb on_read, void *data);

/* Read a chunk: on_read follows once, later. Not while one is being read. */
int adl_input_read(struct adl_input *input);

/* Does it come bit by bit, at its writer's pace? */
bool adl_input_is_live(const struct adl_input *input);

/* on_read does not follow any more; on_closed does, perhaps at once. */
void adl_input_close(struct adl_input *input, adl_input_close_cb on_closed);

#endif
