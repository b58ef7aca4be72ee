/* SPDX-License-Identifier: MIT */
#include "fetch/alarm.h"

static void stop(struct adl_alarm *alarm)
{
    (void)uv_timer_stop(&alarm->timer); /* always 0 */
    (void)uv_idle_stop(&alarm->idle);   /* always 0 */
}

static void ring(struct adl_alarm *alarm)
{
    stop(alarm); /* first, because on_ring() may set the next one */
    if (alarm->n_vain < ADL_ALARM_VAIN_RUNS) {
        alarm->n_vain++;
    }
    alarm->is_ringing = true;
    alarm->on_ring(alarm->data);
    alarm->is_ringing = false;
}

static void on_timer(uv_timer_t *timer)
{
    ring(timer->data);
}

static void on_idle(uv_idle_t *idle)
{
    ring(idle->data);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct adl_alarm *alarm = handle->data;

    if (--alarm->n_closing == 0) {
        alarm->on_closed(alarm->data); /* may free alarm */
    }
}

void adl_alarm_init(struct adl_alarm *alarm, uv_loop_t *loop, adl_alarm_cb cb,
                    void *data)
{
    *alarm = (struct adl_alarm){.on_ring = cb, .data = data};
    alarm->timer.data = alarm;
    alarm->idle.data = alarm;
    (void)uv_timer_init(loop, &alarm->timer); /* always 0 */
    (void)uv_idle_init(loop, &alarm->idle);   /* always 0 */
    uv_unref((uv_handle_t *)&alarm->timer);
    uv_unref((uv_handle_t *)&alarm->idle);
}

void adl_alarm_set(struct adl_alarm *alarm, int64_t timeout_ms)
{
    stop(alarm);
    if (timeout_ms < 0) {
        return;
    }
    if (timeout_ms == 0 && alarm->is_ringing &&
        alarm->n_vain >= ADL_ALARM_VAIN_RUNS) {
        timeout_ms = ADL_ALARM_LULL_MS;
    }
    if (timeout_ms == 0) {
        (void)uv_idle_start(&alarm->idle, on_idle); /* fails without callback */
    } else {
        (void)uv_timer_start(&alarm->timer, on_timer, (uint64_t)timeout_ms, 0);
    }
}

void adl_alarm_note(struct adl_alarm *alarm)
{
    alarm->n_vain = 0;
}

void adl_alarm_close(struct adl_alarm *alarm, adl_alarm_cb on_closed)
{
    alarm->on_closed = on_closed;
    alarm->n_closing = 2;
    uv_close((uv_handle_t *)&alarm->timer, on_handle_closed);
    uv_close((uv_handle_t *)&alarm->idle, on_handle_closed);
}
