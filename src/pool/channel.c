/* SPDX-License-Identifier: MIT */
#include "pool/channel.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "asyncdl/error.h"

/* The kernel counts more than the bytes of a frame: this lets one wait unread
 * while the next is sent. Where less is allowed, it is as much as that. */
#define SEND_BUFFER (2 * ADL_WIRE_MAX)

/* What the kernel takes of a message's for itself. */
#define SEND_SPARE 64

#define MAX_FDS (sizeof(((struct adl_inbox *)0)->fds) / sizeof(int))

union control {
    struct cmsghdr header; /* for its alignment */
    char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
};

int adl_channel_create(int ends[2])
{
    int size = SEND_BUFFER;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
        return -errno;
    }
    for (int i = 0; i < 2; i++) { /* a wish: see above */
        (void)setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    }
    return 0;
}

size_t adl_channel_get_max(int fd)
{
    int size = 0;
    socklen_t len = sizeof(size);

    if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &len) < 0 ||
        size <= SEND_SPARE) {
        return ADL_WIRE_MAX; /* then sending says what it takes */
    }
    size_t max = (size_t)(size - SEND_SPARE);
    return max < ADL_WIRE_MAX ? max : ADL_WIRE_MAX;
}

static void put_fds(struct msghdr *message, union control *control,
                    const int *fds, size_t n_fds)
{
    if (n_fds == 0) {
        return;
    }
    *control = (union control){.bytes = {0}};
    message->msg_control = control->bytes;
    message->msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
    memcpy(CMSG_DATA(header), fds, n_fds * sizeof(int));
}

int adl_channel_send(int fd, const struct adl_buf *frame, const int *fds,
                     size_t n_fds, int flags)
{
    struct iovec part = {.iov_base = frame->data, .iov_len = frame->len};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    union control control;
    ssize_t n;

    assert(n_fds <= MAX_FDS);
    put_fds(&message, &control, fds, n_fds);
    do {
        n = sendmsg(fd, &message, flags | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : 0; /* a message goes as a whole */
}

static void read_fds(struct adl_inbox *inbox, struct msghdr *message)
{
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
         header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET ||
            header->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        size_t n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        assert(n + inbox->n_fds <= MAX_FDS); /* as much room as we gave */
        memcpy(inbox->fds + inbox->n_fds, CMSG_DATA(header), n * sizeof(int));
        inbox->n_fds += n;
    }
}

int adl_channel_receive(int fd, struct adl_inbox *inbox,
                        struct adl_wire_frame *out, bool *is_short, int flags)
{
    struct iovec part = {.iov_base = inbox->bytes,
                         .iov_len = sizeof(inbox->bytes)};
    union control control;
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof(control.bytes),
    };
    ssize_t n;

    inbox->n_fds = 0;
    inbox->n_taken = 0;
    do {
        n = recvmsg(fd, &message, flags | MSG_CMSG_CLOEXEC);
        /* A reset says, once, that the other end closed without having read
         * all; what it had sent before is there nevertheless. */
    } while (n < 0 && (errno == EINTR || errno == ECONNRESET));
    if (n <= 0) {
        return n == 0 ? -EPIPE : -errno;
    }
    read_fds(inbox, &message);
    *is_short = (message.msg_flags & MSG_CTRUNC) != 0;
    if (*is_short) {
        adl_inbox_close_fds(inbox);
    }
    int err =
        (message.msg_flags & MSG_TRUNC) != 0
            ? ASYNCDL_EFRAME
            : adl_wire_parse(out, inbox->bytes, (size_t)n,
                             *is_short ? ADL_WIRE_LOST_FDS : inbox->n_fds);
    if (err < 0) {
        adl_inbox_close_fds(inbox);
    }
    return err;
}

int adl_inbox_take_fd(struct adl_inbox *inbox)
{
    return inbox->n_taken < inbox->n_fds ? inbox->fds[inbox->n_taken++] : -1;
}

void adl_inbox_close_fds(struct adl_inbox *inbox)
{
    while (inbox->n_taken < inbox->n_fds) {
        (void)close(inbox->fds[inbox->n_taken++]); /* nothing was written */
    }
    inbox->n_fds = 0;
    inbox->n_taken = 0;
}
