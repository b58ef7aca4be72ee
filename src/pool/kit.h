/* SPDX-License-Identifier: MIT */
/* What a helper has: its socket, the functions it may be told to call, and the
 * queues and locks that it was given. */
#ifndef ADL_POOL_KIT_H
#define ADL_POOL_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "asyncdl/lock.h"
#include "asyncdl/queue.h"
#include "pool/channel.h"
#include "pool/module.h"
#include "pool/shelf.h"

#define ADL_KIT_MAX_NAME 255

struct adl_kit {
    int fd;
    struct adl_inbox *inbox;
    struct adl_buf frame;  /* to be sent */
    struct adl_shelf args; /* that came */
    struct adl_modules modules;
    char name[ADL_KIT_MAX_NAME + 1];
    struct asyncdl_queue **queues;
    size_t n_queues;
    struct asyncdl_lock **locks;
    size_t n_locks;
};

/*
 * Wait for the next frame that is no MODULE; those are loaded. Ends the helper
 * where the program is gone or sends what cannot be. *is_short as in
 * adl_channel_receive().
 */
void adl_kit_receive(struct adl_kit *kit, struct adl_wire_frame *out,
                     bool *is_short);

/* Send kit->frame, with a borrowed descriptor or -1. Ends the helper where
 * nobody is there to hear it. */
void adl_kit_send(struct adl_kit *kit, int fd);

/* Take name, queues and locks from the first record of a WORKER or PROCESS. 0,
 * -EMFILE, -ENOMEM, or as adl_queue_adopt() and adl_lock_adopt(). */
int adl_kit_take(struct adl_kit *kit, const struct adl_wire_record *setup,
                 bool is_short);

/* The function that a record names: 0 where it names none, or none that is
 * here. */
uintptr_t adl_kit_find(const struct adl_kit *kit,
                       const struct adl_wire_record *record);

/*
 * Have a record's data point to its bytes, wherever they are: *parcel is what
 * they are in, or NULL, and is given back with adl_kit_close_data(). 0, or as
 * adl_shelf_open().
 */
int adl_kit_open_data(struct adl_kit *kit, struct adl_wire_record *record,
                      struct adl_parcel **parcel);

void adl_kit_close_data(const struct adl_wire_record *record,
                        struct adl_parcel *parcel);

/* Standard output is written, and this process ends. */
_Noreturn void adl_kit_exit(int status);

#endif
