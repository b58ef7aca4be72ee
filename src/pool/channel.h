/* SPDX-License-Identifier: MIT */
/*
 * Frames with descriptors over one end of a socket pair, as wire.h says. Never
 * raises SIGPIPE; what is received is closed on exec.
 */
#ifndef ADL_POOL_CHANNEL_H
#define ADL_POOL_CHANNEL_H

#include <stdalign.h>
#include <stddef.h>

#include "pool/wire.h"
#include "util/buf.h"

/* Both ends, closed on exec. 0 or -errno. */
int adl_channel_create(int ends[2]);

/*
 * Send a frame, with borrowed descriptors. flags are of send(). 0, -EAGAIN
 * with MSG_DONTWAIT, -EPIPE or -ECONNRESET where the other end is gone, or
 * -errno.
 */
int adl_channel_send(int fd, const struct adl_buf *frame, const int *fds,
                     size_t n_fds, int flags);

/* How many bytes a frame may have that is sent there: ADL_WIRE_MAX, or fewer
 * where the system gives sockets less memory. */
size_t adl_channel_get_max(int fd);

/* What was received. It is large: keep one for many frames. */
struct adl_inbox {
    alignas(ADL_WIRE_ALIGN) char bytes[ADL_WIRE_MAX];
    int fds[ADL_WIRE_MAX_FDS + 3]; /* as many as the kernel sends */
    size_t n_fds;                  /* those that nobody has taken */
    size_t n_taken;
};

/*
 * Receive a frame and read it. flags are of recv(). 0; -EPIPE at the end;
 * -EAGAIN with MSG_DONTWAIT; ASYNCDL_EFRAME, with no descriptor left; or
 * -errno. *is_short says that descriptors were lost, since no more may be open
 * here: then the inbox has none.
 */
int adl_channel_receive(int fd, struct adl_inbox *inbox,
                        struct adl_wire_frame *out, bool *is_short, int flags);

/* The next descriptor of the frame, the caller's from now on; -1 where they
 * were lost. */
int adl_inbox_take_fd(struct adl_inbox *inbox);

/* Close those that were not taken. */
void adl_inbox_close_fds(struct adl_inbox *inbox);

#endif
