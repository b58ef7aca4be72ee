/* SPDX-License-Identifier: MIT */
#include "fetch/wakeup.h"

static void on_timer(uv_timer_t *timer)
{
    struct adl_wakeup *w = timer->data;

    w->due_ms = UINT64_MAX; /* first, because on_due() may set the next time */
    w->on_due(w->data);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct adl_wakeup *w = handle->data;

    w->on_closed(w->data); /* may free w: nothing below this line */
}

int adl_wakeup_init(struct adl_wakeup *w, uv_loop_t *loop, adl_wakeup_cb cb,
                    void *data)
{
    *w = (struct adl_wakeup){.due_ms = UINT64_MAX, .on_due = cb, .data = data};
    w->timer.data = w;
    return uv_timer_init(loop, &w->timer);
}

int adl_wakeup_at(struct adl_wakeup *w, uint64_t due_ms)
{
    uint64_t now_ms = uv_now(w->timer.loop);

    if (due_ms >= w->due_ms) {
        return 0; /* an earlier alarm is set, and its owner will look again */
    }
    w->due_ms = due_ms;
    return uv_timer_start(&w->timer, on_timer,
                          due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

void adl_wakeup_clear(struct adl_wakeup *w)
{
    w->due_ms = UINT64_MAX;
    (void)uv_timer_stop(&w->timer); /* always 0 */
}

void adl_wakeup_close(struct adl_wakeup *w, adl_wakeup_cb on_closed)
{
    w->on_closed = on_closed;
    uv_close((uv_handle_t *)&w->timer, on_timer_closed);
}
