/* SPDX-License-Identifier: MIT */
/*
 * The signals that a run answers. SIGINT, SIGTERM and SIGHUP stop it, told on
 * the loop; a second one of them ends the program on the spot, whatever the
 * loop is held up by. SIGUSR1 asks how it goes. What was ignored when the
 * program started, as nohup has it, stays ignored.
 *
 * One at a time in a process.
 */
#ifndef ADL_CLI_SIGNALS_H
#define ADL_CLI_SIGNALS_H

#include <signal.h>

#include <uv.h>

#define ADL_SIGNALS_MAX 4

struct adl_signals {
    uv_async_t door;
    struct sigaction before[ADL_SIGNALS_MAX]; /* as they were */
    int n_stops_told;
    void (*on_stop)(int signal_number, void *data); /* once */
    void (*on_status)(void *data);
    void *data;
};

/*
 * Callbacks and data are those of the caller, set before. Keeps the loop
 * going until adl_signals_unref(). 0 or what libuv says.
 */
int adl_signals_open(struct adl_signals *signals, uv_loop_t *loop);

/* Nothing waits for signals any more; they are still answered. */
void adl_signals_unref(struct adl_signals *signals);

/* The first that shall stop the run, told or not; 0: none came. */
int adl_signals_get(void);

/* As before open. On the loop's next turn the handle is gone. */
void adl_signals_close(struct adl_signals *signals);

#endif
