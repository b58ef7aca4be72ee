/* SPDX-License-Identifier: MIT */
#include "pool/setup.h"

#include <assert.h>
#include <string.h>
#include <sys/socket.h>

#include "pool/channel.h"
#include "pool/lock.h"
#include "pool/parcel.h"
#include "pool/queue.h"

/* Bytes of an argument: more would not go through the smallest socket. */
#define MAX_IN_FRAME 2048

static int send_module(int fd, struct adl_buf *frame,
                       const struct adl_module *module, size_t index)
{
    const struct adl_wire_record record = {
        .value = {(int64_t)index},
        .data = module->id,
        .data_len = module->id_len,
        .text = module->path,
        .text_len = (uint32_t)strlen(module->path),
    };
    int err = adl_wire_begin(frame, ADL_WIRE_MODULE);

    if (err == 0) {
        err = adl_wire_add(frame, &record);
    }
    return err < 0 ? err : adl_channel_send(fd, frame, NULL, 0, MSG_DONTWAIT);
}

int adl_setup_send_modules(int fd, struct adl_buf *frame,
                           const struct adl_modules *modules, size_t *n_told)
{
    while (*n_told < modules->n) {
        int err = send_module(fd, frame, &modules->items[*n_told], *n_told);

        if (err < 0) {
            return err;
        }
        ++*n_told;
    }
    return 0;
}

/* The parcel is there where the data goes by a descriptor. */
static int add_call(struct adl_buf *frame, struct adl_modules *modules,
                    const struct adl_setup_call *call,
                    struct adl_parcel **parcel)
{
    struct adl_wire_record record = {
        .value = {0, ADL_WIRE_NO_MODULE},
        .data = call->arg.data,
        .data_len = call->arg.len,
    };
    int err = 0;

    if (call->function != 0) {
        err = adl_modules_name(modules, call->function, &record.value[1],
                               &record.value[2]);
    }
    if (err == 0 && call->arg.len > MAX_IN_FRAME) {
        err = adl_parcel_create(parcel, call->arg.len);
        if (err == 0) {
            memcpy(adl_parcel_get_data(*parcel), call->arg.data, call->arg.len);
            record.flags = ADL_WIRE_BY_FD;
        }
    }
    return err < 0 ? err : adl_wire_add(frame, &record);
}

static int make_frame(struct adl_buf *frame, struct adl_modules *modules,
                      const struct adl_setup *setup, struct adl_parcel **parcel)
{
    const struct adl_wire_record first = {
        .value = {setup->id, setup->max_result_bytes,
                  (int64_t)setup->n_queues << 32 | (int64_t)setup->n_locks},
        .text = setup->name,
        .text_len = (uint32_t)strlen(setup->name),
    };
    int err = adl_wire_begin(frame, setup->kind);

    if (err == 0) {
        err = adl_wire_add(frame, &first);
    }
    for (unsigned i = 0; i < setup->n_calls && err == 0; i++) {
        /* Only one of them has an argument. */
        assert(setup->calls[i].arg.len == 0 || *parcel == NULL);
        err = add_call(frame, modules, &setup->calls[i], parcel);
    }
    return err;
}

static size_t list_fds(int *fds, const struct adl_setup *setup,
                       const struct adl_parcel *parcel)
{
    size_t n = 0;

    assert(2 * setup->n_queues + setup->n_locks + 1 < ADL_WIRE_MAX_FDS);
    if (setup->outbox_fd >= 0) {
        fds[n++] = setup->outbox_fd;
    }
    for (size_t i = 0; i < setup->n_queues; i++) {
        adl_queue_get_fds(setup->queues[i], fds + n);
        n += 2;
    }
    for (size_t i = 0; i < setup->n_locks; i++) {
        fds[n++] = adl_lock_get_fd(setup->locks[i]);
    }
    if (parcel != NULL) {
        fds[n++] = parcel->fd;
    }
    return n;
}

int adl_setup_send(int fd, struct adl_buf *frame, struct adl_modules *modules,
                   size_t *n_told, const struct adl_setup *setup)
{
    struct adl_parcel *parcel = NULL;
    struct adl_buf first = {0};
    int fds[ADL_WIRE_MAX_FDS];
    int err = make_frame(&first, modules, setup, &parcel);

    if (err == 0) {
        err = adl_setup_send_modules(fd, frame, modules, n_told);
    }
    if (err == 0) {
        size_t n_fds = list_fds(fds, setup, parcel);

        err = adl_channel_send(fd, &first, fds, n_fds, MSG_DONTWAIT);
    }
    adl_parcel_release(parcel);
    adl_buf_finish(&first);
    return err;
}
