/* SPDX-License-Identifier: MIT */
/*
 * asyncdl run by a test, in a fresh folder where files go to "out". Proxies,
 * certificates and the home folder of whoever runs the test do not reach it.
 *
 *     cmd_init(&cmd);
 *     cmd_add(&cmd, "-A", "x", cmd_text(&cmd, "http://...:%u/", port), NULL);
 *     cmd_run(&cmd, 0);
 *     cmd_need_text(cmd_read(&cmd, "out/index.html"), "x");
 *     cmd_finish(&cmd);
 */
#ifndef SUPPORT_CMD_H
#define SUPPORT_CMD_H

#include <stddef.h>

#include "support/proc.h"
#include "support/tmpdir.h"

#define CMD_MAX 128

struct cmd {
    struct tmpdir dir;
    struct proc_options options; /* may be changed before it is run */
    const char *argv[CMD_MAX];
    const char *env[CMD_MAX];
    char *texts[CMD_MAX]; /* of cmd_text() and cmd_read() */
    size_t n_args;
    size_t n_env;
    size_t n_texts;
    struct proc_result result; /* of the last run */
    const char *out;           /* what it holds */
    const char *err;
};

/* Whatever goes wrong in these fails the test. */

void cmd_init(struct cmd *cmd);
void cmd_finish(struct cmd *cmd);

/* Add arguments up to NULL, which are borrowed. */
void cmd_add(struct cmd *cmd, const char *arg, ...)
#if defined(__GNUC__)
    __attribute__((sentinel))
#endif
    ;

/* Set a variable, "NAME=VALUE", borrowed. */
void cmd_set_env(struct cmd *cmd, const char *text);

/* A text that lives until the finish. */
const char *cmd_text(struct cmd *cmd, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* Write a file in the folder, and give its absolute path. */
const char *cmd_write(struct cmd *cmd, const char *name, const char *text);

/* What a file in the folder holds. */
const char *cmd_read(struct cmd *cmd, const char *name);

/* Is there such a file in the folder? */
bool cmd_has(struct cmd *cmd, const char *name);

/* How many files are below out, the hidden ones included. */
size_t cmd_count_files(struct cmd *cmd);

/* Run it to its end, which has to be this exit status. May be repeated. */
void cmd_run(struct cmd *cmd, int status);

/* Start it in the background, and wait for its end. */
struct proc *cmd_start(struct cmd *cmd);
void cmd_wait(struct cmd *cmd, struct proc *proc, int status);

/* Wait for its end, whatever it is: its exit status, or -1. */
int cmd_wait_any(struct cmd *cmd, struct proc *proc);

/* Take all arguments back but those of cmd_init(). */
void cmd_reset(struct cmd *cmd);

/* Fail, showing the text, unless the part is in it, or not in it. */
void cmd_need_text(const char *text, const char *part);
void cmd_need_no_text(const char *text, const char *part);

size_t cmd_count_text(const char *text, const char *part);

#endif
