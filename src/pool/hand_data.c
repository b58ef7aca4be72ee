/* SPDX-License-Identifier: MIT */
#include "pool/hand_data.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "asyncdl/error.h"

static void drop_copy(void *data, size_t len)
{
    (void)len;
    free(data);
}

/* Bytes that the helper keeps for its next results once they are dropped. */
static int take_parcel(struct adl_hand *hand, struct adl_call *call,
                       const struct adl_wire_record *record)
{
    struct adl_parcel *parcel;
    int fd = (record->flags & ADL_WIRE_BY_FD) != 0
                 ? adl_inbox_take_fd(hand->host->inbox)
                 : -1;
    int err = adl_shelf_open(&hand->results, record, fd, &parcel);

    if (err < 0) {
        return err;
    }
    if (atomic_exchange_explicit(&parcel->is_lent, true,
                                 memory_order_relaxed)) {
        adl_parcel_release(parcel);
        return ASYNCDL_EFRAME; /* somebody still has what was in it */
    }
    call->result->data = adl_parcel_get_data(parcel);
    call->drop = adl_parcel_drop;
    return 0;
}

int adl_hand_take_data(struct adl_hand *hand, struct adl_call *call,
                       const struct adl_wire_record *record)
{
    if (record->data_len > hand->host->options->max_result_bytes) {
        return ASYNCDL_ERESULT;
    }
    if ((record->flags & ADL_WIRE_ASIDE) != 0) {
        int err = take_parcel(hand, call, record);

        if (err < 0) {
            return err;
        }
    } else if (record->data_len > 0) {
        void *copy = malloc((size_t)record->data_len);

        if (copy == NULL) {
            return -ENOMEM;
        }
        memcpy(copy, record->data, (size_t)record->data_len);
        call->result->data = copy;
        call->drop = drop_copy;
    }
    call->result->len = (size_t)record->data_len;
    return 0;
}
