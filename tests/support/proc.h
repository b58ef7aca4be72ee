/* SPDX-License-Identifier: MIT */
/*
 * Programs run by tests, in the foreground (proc_run) or in the background
 * (proc_start, then proc_stop or proc_wait). Whatever is waited for has a
 * limit in time, and a child dies with the test that started it.
 */
#ifndef SUPPORT_PROC_H
#define SUPPORT_PROC_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

struct proc_options {
    const char *const *argv; /* ends with NULL; argv[0] is looked up in PATH */
    const char *const *env; /* "NAME=VALUE" each, ends with NULL; may be NULL */
    const char *dir;        /* where it runs; NULL: here */
    const char *input;      /* for its stdin, or NULL; then stdin ends */
    size_t input_len;       /* 0: the length of the string */
    bool keeps_input;       /* stdin stays open for proc_write() */
    unsigned max_descriptors; /* RLIMIT_NOFILE; 0: as here */
    unsigned timeout_ms;      /* of each wait; 0: 30 s */
};

struct proc_result {
    int status;        /* exit status, or -1 when a signal ended it */
    int signal;        /* which, or 0 */
    bool is_timed_out; /* it took too long, and was killed */
    struct adl_buf out;
    struct adl_buf err;
};

struct proc;

/* Run to the end. 0, or -errno when it could not be started. */
int proc_run(struct proc_result *result, const struct proc_options *options);
void proc_result_finish(struct proc_result *result);

/* 0 or -errno; -ENOENT when there is no such program. */
int proc_start(struct proc **out, const struct proc_options *options);

/*
 * Wait for the next line on stdout and copy it without its end. 0, -EPIPE when
 * the output has ended, -ETIMEDOUT, -ENOBUFS when it does not fit.
 */
int proc_read_line(struct proc *proc, char *line, size_t cap);

/* Wait until text is in what it has said on stderr. 0, -EPIPE or -ETIMEDOUT. */
int proc_wait_for_err(struct proc *proc, const char *text);

int proc_write(struct proc *proc, const char *bytes, size_t len);
void proc_close_input(struct proc *proc);
int proc_signal(struct proc *proc, int signum);
bool proc_is_running(struct proc *proc);

/* Wait for its end, and free it. */
void proc_wait(struct proc *proc, struct proc_result *result);

/* End it with SIGTERM, with SIGKILL if that does not do, and free it. NULL is
 * allowed. */
void proc_stop(struct proc *proc);

#endif
