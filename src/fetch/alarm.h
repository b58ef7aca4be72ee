/* SPDX-License-Identifier: MIT */
/*
 * The alarm that libcurl sets through CURLMOPT_TIMERFUNCTION. It rings at most
 * once a loop turn: a timer of libuv 1.44 that is due at once, set in its own
 * callback, runs again before anything else of the loop does, for ever if it
 * is set for ever. What asks to be rung again at once, time after time while
 * nothing comes of it, is rung only every ADL_ALARM_LULL_MS: libcurl 8.9 to
 * 8.14 ask so for as long as a transfer is paused whose stream has ended.
 */
#ifndef ADL_FETCH_ALARM_H
#define ADL_FETCH_ALARM_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#define ADL_ALARM_LULL_MS   10
#define ADL_ALARM_VAIN_RUNS 32 /* rings for nothing before that */

typedef void (*adl_alarm_cb)(void *data);

struct adl_alarm {
    uv_timer_t timer;
    uv_idle_t idle;  /* for what is due at once */
    bool is_ringing; /* inside on_ring() */
    unsigned n_vain; /* rings since something came */
    int n_closing;
    adl_alarm_cb on_ring;
    adl_alarm_cb on_closed;
    void *data;
};

/* It does not keep the loop alive. */
void adl_alarm_init(struct adl_alarm *alarm, uv_loop_t *loop, adl_alarm_cb cb,
                    void *data);

/* Ring once, in timeout_ms from now; below 0 never. In place of what was set
 * before; allowed inside on_ring. */
void adl_alarm_set(struct adl_alarm *alarm, int64_t timeout_ms);

/* Something has come, or was asked for: what is due at once is. */
void adl_alarm_note(struct adl_alarm *alarm);

/* on_closed may free alarm. */
void adl_alarm_close(struct adl_alarm *alarm, adl_alarm_cb on_closed);

#endif
