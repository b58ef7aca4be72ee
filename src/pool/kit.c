/* SPDX-License-Identifier: MIT */
#include "pool/kit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "asyncdl/error.h"
#include "pool/lock.h"
#include "pool/queue.h"

_Noreturn void adl_kit_exit(int status)
{
    (void)fflush(stdout); /* nobody is there to be told */
    (void)fflush(stderr); /* likewise */
    _exit(status);
}

/* 0 or -ENOMEM; a module that is not here shows when it is named. */
static int load_module(struct adl_kit *kit, const struct adl_wire_frame *frame)
{
    struct adl_wire_record record;
    size_t at = 0;

    (void)adl_wire_next(frame, &at, &record); /* it has one */
    char *path = strndup(record.text, record.text_len);
    if (path == NULL) {
        return -ENOMEM;
    }
    int err = adl_modules_load(&kit->modules, path, record.data,
                               (size_t)record.data_len);
    free(path);
    return err == -ENOMEM ? err : 0;
}

void adl_kit_receive(struct adl_kit *kit, struct adl_wire_frame *out,
                     bool *is_short)
{
    for (;;) {
        int err = adl_channel_receive(kit->fd, kit->inbox, out, is_short, 0);

        if (err == 0 && out->kind == ADL_WIRE_MODULE) {
            err = load_module(kit, out);
        } else if (err == 0) {
            return;
        }
        if (err < 0) {
            adl_kit_exit(1);
        }
    }
}

void adl_kit_send(struct adl_kit *kit, int fd)
{
    if (adl_channel_send(kit->fd, &kit->frame, &fd, fd >= 0 ? 1 : 0, 0) < 0) {
        adl_kit_exit(1);
    }
}

static int take_queue(struct adl_kit *kit)
{
    int fds[2] = {adl_inbox_take_fd(kit->inbox), adl_inbox_take_fd(kit->inbox)};
    int err = adl_queue_adopt(&kit->queues[kit->n_queues], fds);

    if (err < 0) {
        return err; /* the helper ends, and they with it */
    }
    kit->n_queues++;
    return 0;
}

static int take_lock(struct adl_kit *kit)
{
    int err = adl_lock_adopt(&kit->locks[kit->n_locks],
                             adl_inbox_take_fd(kit->inbox));

    if (err < 0) {
        return err; /* likewise */
    }
    kit->n_locks++;
    return 0;
}

int adl_kit_take(struct adl_kit *kit, const struct adl_wire_record *setup,
                 bool is_short)
{
    size_t n_queues = (size_t)(setup->value[2] >> 32);
    size_t n_locks = (size_t)(setup->value[2] & UINT32_MAX);
    size_t len =
        setup->text_len < ADL_KIT_MAX_NAME ? setup->text_len : ADL_KIT_MAX_NAME;
    int err = 0;

    memcpy(kit->name, setup->text, len);
    kit->name[len] = '\0';
    if (is_short) {
        return -EMFILE;
    }
    kit->queues = calloc(n_queues + 1, sizeof(struct asyncdl_queue *));
    kit->locks = calloc(n_locks + 1, sizeof(struct asyncdl_lock *));
    if (kit->queues == NULL || kit->locks == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < n_queues && err == 0; i++) {
        err = take_queue(kit);
    }
    for (size_t i = 0; i < n_locks && err == 0; i++) {
        err = take_lock(kit);
    }
    return err;
}

uintptr_t adl_kit_find(const struct adl_kit *kit,
                       const struct adl_wire_record *record)
{
    return adl_modules_find(&kit->modules, record->value[1], record->value[2]);
}

int adl_kit_open_data(struct adl_kit *kit, struct adl_wire_record *record,
                      struct adl_parcel **parcel)
{
    *parcel = NULL;
    if ((record->flags & ADL_WIRE_ASIDE) == 0) {
        return 0;
    }
    int fd = (record->flags & ADL_WIRE_BY_FD) != 0
                 ? adl_inbox_take_fd(kit->inbox)
                 : -1;
    int err = adl_shelf_open(&kit->args, record, fd, parcel);
    if (err == 0) {
        record->data = adl_parcel_get_data(*parcel);
    }
    return err;
}

void adl_kit_close_data(const struct adl_wire_record *record,
                        struct adl_parcel *parcel)
{
    if (parcel != NULL && record->parcel > 0 && record->parcel <= ADL_SHELF_N) {
        adl_parcel_let_go(parcel); /* the program uses it again */
    }
    adl_parcel_release(parcel);
}
