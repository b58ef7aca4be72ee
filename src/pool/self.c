/* SPDX-License-Identifier: MIT */
#include "pool/self.h"

#include <sys/prctl.h>

#include "asyncdl/error.h"
#include "asyncdl/process.h"

struct asyncdl_self {
    struct adl_kit *kit;
};

const char *asyncdl_self_get_name(const struct asyncdl_self *self)
{
    return self->kit->name;
}

struct asyncdl_queue *asyncdl_self_get_queue(const struct asyncdl_self *self,
                                             size_t i)
{
    return i < self->kit->n_queues ? self->kit->queues[i] : NULL;
}

struct asyncdl_lock *asyncdl_self_get_lock(const struct asyncdl_self *self,
                                           size_t i)
{
    return i < self->kit->n_locks ? self->kit->locks[i] : NULL;
}

static void say_ready(struct adl_kit *kit, int err)
{
    if (adl_wire_put(&kit->frame, ADL_WIRE_READY, err, 0) < 0) {
        adl_kit_exit(1);
    }
    adl_kit_send(kit, -1);
}

_Noreturn void adl_self_run(struct adl_kit *kit,
                            const struct adl_wire_frame *frame, bool is_short)
{
    struct asyncdl_self self = {.kit = kit};
    struct adl_wire_record setup;
    struct adl_wire_record call;
    struct adl_parcel *parcel;
    size_t at = 0;

    (void)adl_wire_next(frame, &at, &setup); /* it has two */
    (void)adl_wire_next(frame, &at, &call);
    int err = adl_kit_take(kit, &setup, is_short);
    if (err == 0) {
        err = adl_kit_open_data(kit, &call, &parcel);
    }
    uintptr_t function = adl_kit_find(kit, &call);
    if (err == 0 && function == 0) {
        err = ASYNCDL_ENOFUNC;
    }
    say_ready(kit, err);
    if (err < 0) {
        adl_kit_exit(1);
    }
    (void)prctl(PR_SET_NAME, kit->name);
    asyncdl_process_fn fn = (asyncdl_process_fn)function;
    const void *arg = call.data_len > 0 ? call.data : NULL;
    adl_kit_exit(fn(&self, arg, (size_t)call.data_len) & 0xff);
}
