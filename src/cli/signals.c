/* SPDX-License-Identifier: MIT */
/*
 * Handlers of our own, not libuv's, because those tell nothing while the loop
 * waits for a disk or for whoever reads its output. What a handler touches is
 * all that stands outside of functions here: uv_async_send() may be called
 * from a handler, and the rest are lock-free atomics.
 */
#include "cli/signals.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "cli/tally.h"

static const int numbers[ADL_SIGNALS_MAX] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};

static atomic_int first_stop;       /* its number, 0: none came */
static atomic_bool wants_status;    /* SIGUSR1 came and was not answered */
static _Atomic(uv_async_t *) knock; /* NULL: nobody listens */

static void on_signal(int signal_number)
{
    int saved_errno = errno;
    int none = 0;

    if (signal_number == SIGUSR1) {
        atomic_store(&wants_status, true);
    } else if (!atomic_compare_exchange_strong(&first_stop, &none,
                                               signal_number)) {
        _exit(ADL_EXIT_SIGNAL + signal_number);
    }
    uv_async_t *door = atomic_load(&knock);
    if (door != NULL) {
        (void)uv_async_send(door); /* fails on no open handle */
    }
    errno = saved_errno;
}

static void on_knock(uv_async_t *door)
{
    struct adl_signals *signals = door->data;

    if (atomic_exchange(&wants_status, false)) {
        signals->on_status(signals->data);
    }
    int number = adl_signals_get();
    if (number != 0 && signals->n_stops_told == 0) {
        signals->n_stops_told = 1;
        signals->on_stop(number, signals->data);
    }
}

/* Handle a signal, unless whoever started us has it ignored. */
static void catch (int number, struct sigaction *before)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    (void)sigemptyset(&action.sa_mask);    /* fails for no set */
    (void)sigaction(number, NULL, before); /* fails for no real signal */
    if (before->sa_handler != SIG_IGN) {
        (void)sigaction(number, &action, NULL); /* likewise */
    }
}

int adl_signals_open(struct adl_signals *signals, uv_loop_t *loop)
{
    int err = uv_async_init(loop, &signals->door, on_knock);

    if (err < 0) {
        return err;
    }
    signals->door.data = signals;
    signals->n_stops_told = 0;
    atomic_store(&first_stop, 0);
    atomic_store(&wants_status, false);
    atomic_store(&knock, &signals->door);
    for (int i = 0; i < ADL_SIGNALS_MAX; i++) {
        catch (numbers[i], &signals->before[i]);
    }
    return 0;
}

void adl_signals_unref(struct adl_signals *signals)
{
    uv_unref((uv_handle_t *)&signals->door);
}

int adl_signals_get(void)
{
    return atomic_load(&first_stop);
}

void adl_signals_close(struct adl_signals *signals)
{
    for (int i = 0; i < ADL_SIGNALS_MAX; i++) {
        /* fails for no real signal */
        (void)sigaction(numbers[i], &signals->before[i], NULL);
    }
    atomic_store(&knock, (uv_async_t *)NULL);
    uv_close((uv_handle_t *)&signals->door, NULL);
}
