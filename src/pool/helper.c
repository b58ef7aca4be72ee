/* SPDX-License-Identifier: MIT */
#include "pool/helper.h"

#include <stdbool.h>
#include <unistd.h>

#include "pool/kit.h"
#include "pool/self.h"
#include "pool/serve.h"
#include "pool/wire.h"

_Noreturn void adl_helper_run(int fd, struct adl_inbox *inbox)
{
    struct adl_kit kit = {.fd = fd, .inbox = inbox};
    struct adl_wire_frame frame;
    bool is_short;

    if (adl_wire_put(&kit.frame, ADL_WIRE_STARTED, getpid(), 0) < 0) {
        adl_kit_exit(1); /* its program sees that it ended */
    }
    adl_kit_send(&kit, -1);
    adl_kit_receive(&kit, &frame, &is_short);
    if (frame.kind == ADL_WIRE_WORKER) {
        adl_serve_run(&kit, &frame, is_short);
    } else if (frame.kind == ADL_WIRE_PROCESS) {
        adl_self_run(&kit, &frame, is_short);
    }
    adl_kit_exit(0);
}
