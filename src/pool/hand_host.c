/* SPDX-License-Identifier: MIT */
#include "pool/hand_host.h"

#include <errno.h>
#include <stdlib.h>

static int name_if_any(struct adl_hand_host *host, uintptr_t function)
{
    int64_t index;
    int64_t offset;

    return function == 0
               ? 0
               : adl_modules_name(&host->modules, function, &index, &offset);
}

int adl_hand_host_init(struct adl_hand_host *host)
{
    host->inbox = malloc(sizeof(*host->inbox));
    host->letters = malloc(ADL_OUTBOX_MAX);
    if (host->inbox == NULL || host->letters == NULL) {
        return -ENOMEM;
    }
    int err = name_if_any(host, (uintptr_t)host->options->initializer);
    return err < 0 ? err
                   : name_if_any(host, (uintptr_t)host->options->finisher);
}

void adl_hand_host_finish(struct adl_hand_host *host)
{
    adl_forkserver_release(host->forkserver);
    adl_modules_finish(&host->modules);
    adl_buf_finish(&host->frame);
    adl_buf_finish(&host->aside);
    free(host->inbox);
    free(host->letters);
}
