/* SPDX-License-Identifier: MIT */
/* One alarm on a loop. */
#ifndef ADL_FETCH_WAKEUP_H
#define ADL_FETCH_WAKEUP_H

#include <stdint.h>

#include <uv.h>

typedef void (*adl_wakeup_cb)(void *data);

struct adl_wakeup {
    uv_timer_t timer;
    uint64_t due_ms; /* UINT64_MAX when no alarm is set */
    adl_wakeup_cb on_due;
    adl_wakeup_cb on_closed;
    void *data;
};

int adl_wakeup_init(struct adl_wakeup *w, uv_loop_t *loop, adl_wakeup_cb cb,
                    void *data);

/* Call cb at due_ms of the loop's clock, unless an earlier alarm is set: its
 * owner then looks again. UINT64_MAX sets none. 0 or -EINVAL when closing. */
int adl_wakeup_at(struct adl_wakeup *w, uint64_t due_ms);

/* No alarm any more. */
void adl_wakeup_clear(struct adl_wakeup *w);

/* on_closed may free w. */
void adl_wakeup_close(struct adl_wakeup *w, adl_wakeup_cb on_closed);

#endif
