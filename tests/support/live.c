/* SPDX-License-Identifier: MIT */
#include "support/live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MERGED "exec \"$0\" \"$@\" 2>&1"

void live_init(struct live *live)
{
    *live = (struct live){.proc = NULL};
    cmd_init(&live->cmd);
}

void live_finish(struct live *live)
{
    proc_stop(live->proc);
    adl_buf_finish(&live->list);
    adl_buf_finish(&live->said);
    cmd_finish(&live->cmd);
}

void live_add_url(struct live *live, const char *host, uint16_t port, int i)
{
    assert_int_equal(
        adl_buf_addf(&live->list, "http://%s:%u/bytes/100/%d\n", host, port, i),
        0);
}

/* Start it with a list that goes on with live_write(). Options of the command
 * were added before. */
void live_open(struct live *live)
{
    const char *argv[CMD_MAX] = {"sh", "-c", MERGED};
    struct cmd *cmd = &live->cmd;

    cmd_add(cmd, "-", NULL);
    assert_true(cmd->n_args + 4 <= CMD_MAX);
    for (size_t i = 0; i < cmd->n_args; i++) {
        argv[i + 3] = cmd->argv[i];
    }
    struct proc_options options = cmd->options;
    options.argv = argv;
    options.keeps_input = true;
    assert_int_equal(proc_start(&live->proc, &options), 0);
}

void live_write(struct live *live)
{
    assert_int_equal(
        proc_write(live->proc, adl_buf_str(&live->list), live->list.len), 0);
    adl_buf_reset(&live->list);
}

void live_start(struct live *live)
{
    live_open(live);
    live_write(live);
    proc_close_input(live->proc);
}

/* Read lines until one begins with text. */
void live_wait_for(struct live *live, const char *text)
{
    char line[1000] = "";

    while (strncmp(line, text, strlen(text)) != 0) {
        if (proc_read_line(live->proc, line, sizeof(line)) < 0) {
            fail_msg("no \"%s\" in:\n%.3000s", text, adl_buf_str(&live->said));
        }
        assert_int_equal(adl_buf_addf(&live->said, "%s\n", line), 0);
    }
}

const char *live_wait(struct live *live, int status)
{
    cmd_wait(&live->cmd, live->proc, status);
    live->proc = NULL;
    return live->cmd.out; /* with the lines that were read before */
}
