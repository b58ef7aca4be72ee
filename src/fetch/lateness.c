/* SPDX-License-Identifier: MIT */
#include "fetch/lateness.h"

#define LATE_MS  1000
#define GRACE_MS 1000 /* to read what has come */

uint64_t adl_lateness_get_ms(uint64_t due_ms, uint64_t now_ms)
{
    if (now_ms < due_ms || now_ms - due_ms < LATE_MS) {
        return 0;
    }
    return now_ms - due_ms + GRACE_MS;
}

uint64_t adl_lateness_forgive(uint64_t since_ms, uint64_t late_ms,
                              uint64_t now_ms)
{
    return now_ms - since_ms > late_ms ? since_ms + late_ms : now_ms;
}
