/* SPDX-License-Identifier: MIT */
#include "support/cmd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/server.h"

#define N_OWN_ARGS 3

/* An empty variable is one that is not set. */
static const char *const cleared[] = {
    "http_proxy=",  "https_proxy=",   "all_proxy=",    "no_proxy=",
    "HTTPS_PROXY=", "ALL_PROXY=",     "NO_PROXY=",     "NETRC=",
    "NO_COLOR=",    "SSL_CERT_FILE=", "SSL_CERT_DIR=",
};

static const char *keep(struct cmd *cmd, char *text)
{
    assert_non_null(text);
    assert_true(cmd->n_texts < CMD_MAX);
    cmd->texts[cmd->n_texts++] = text;
    return text;
}

void cmd_init(struct cmd *cmd)
{
    *cmd = (struct cmd){.out = "", .err = ""};
    assert_int_equal(tmpdir_init(&cmd->dir), 0);
    cmd->options = (struct proc_options){
        .argv = cmd->argv,
        .env = cmd->env,
        .dir = cmd->dir.path,
    };
    cmd_add(cmd, server_get_program("ASYNCDL"), "-d", "out", NULL);
    for (size_t i = 0; i < sizeof(cleared) / sizeof(cleared[0]); i++) {
        cmd_set_env(cmd, cleared[i]);
    }
    cmd_set_env(cmd, cmd_text(cmd, "HOME=%s", cmd->dir.path));
}

void cmd_finish(struct cmd *cmd)
{
    proc_result_finish(&cmd->result);
    for (size_t i = 0; i < cmd->n_texts; i++) {
        free(cmd->texts[i]);
    }
    tmpdir_finish(&cmd->dir);
}

void cmd_add(struct cmd *cmd, const char *arg, ...)
{
    va_list args;

    va_start(args, arg);
    for (; arg != NULL; arg = va_arg(args, const char *)) {
        assert_true(cmd->n_args + 1 < CMD_MAX);
        cmd->argv[cmd->n_args++] = arg;
    }
    va_end(args);
    cmd->argv[cmd->n_args] = NULL;
}

void cmd_reset(struct cmd *cmd)
{
    cmd->n_args = N_OWN_ARGS;
    cmd->argv[cmd->n_args] = NULL;
}

void cmd_set_env(struct cmd *cmd, const char *text)
{
    assert_true(cmd->n_env + 1 < CMD_MAX);
    cmd->env[cmd->n_env++] = text;
    cmd->env[cmd->n_env] = NULL;
}

const char *cmd_text(struct cmd *cmd, const char *format, ...)
{
    struct adl_buf buf = {0};
    char text[4096];
    va_list args;

    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    assert_true(len >= 0 && (size_t)len < sizeof(text));
    assert_int_equal(adl_buf_add(&buf, text, (size_t)len), 0);
    return keep(cmd, adl_buf_take(&buf));
}

const char *cmd_write(struct cmd *cmd, const char *name, const char *text)
{
    assert_int_equal(tmpdir_write(&cmd->dir, name, text, strlen(text)), 0);
    return tmpdir_get_path(&cmd->dir, "%s", name);
}

const char *cmd_read(struct cmd *cmd, const char *name)
{
    struct adl_buf text = {0};

    if (tmpdir_read(&text, &cmd->dir, name) < 0) {
        fail_msg("no file %s; stdout:\n%s\nstderr:\n%s", name, cmd->out,
                 cmd->err);
    }
    if (text.len == 0) {
        return "";
    }
    return keep(cmd, adl_buf_take(&text));
}

bool cmd_has(struct cmd *cmd, const char *name)
{
    const char *path = tmpdir_get_path(&cmd->dir, "%s", name);

    return path != NULL && access(path, F_OK) == 0;
}

size_t cmd_count_files(struct cmd *cmd)
{
    struct tmpdir_files files = {0};

    if (!cmd_has(cmd, "out")) {
        return 0;
    }
    assert_int_equal(tmpdir_list(&files, &cmd->dir, "out"), 0);
    size_t n = files.n;
    tmpdir_files_finish(&files);
    return n;
}

struct proc *cmd_start(struct cmd *cmd)
{
    struct proc *proc = NULL;

    assert_int_equal(proc_start(&proc, &cmd->options), 0);
    return proc;
}

int cmd_wait_any(struct cmd *cmd, struct proc *proc)
{
    proc_result_finish(&cmd->result);
    proc_wait(proc, &cmd->result);
    cmd->out = adl_buf_str(&cmd->result.out);
    cmd->err = adl_buf_str(&cmd->result.err);
    return cmd->result.is_timed_out ? -1 : cmd->result.status;
}

void cmd_wait(struct cmd *cmd, struct proc *proc, int status)
{
    if (cmd_wait_any(cmd, proc) != status) {
        fail_msg("exit status %d%s, signal %d, not %d; stderr:\n%.3000s\n"
                 "stdout:\n%.3000s",
                 cmd->result.status,
                 cmd->result.is_timed_out ? " (took too long)" : "",
                 cmd->result.signal, status, cmd->err, cmd->out);
    }
}

void cmd_run(struct cmd *cmd, int status)
{
    cmd_wait(cmd, cmd_start(cmd), status);
}

void cmd_need_text(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("\"%s\" is not in:\n%.4000s", part, text);
    }
}

void cmd_need_no_text(const char *text, const char *part)
{
    if (strstr(text, part) != NULL) {
        fail_msg("\"%s\" is in:\n%.4000s", part, text);
    }
}

size_t cmd_count_text(const char *text, const char *part)
{
    size_t n = 0;

    for (; (text = strstr(text, part)) != NULL; text += strlen(part)) {
        n++;
    }
    return n;
}
