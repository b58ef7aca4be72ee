/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* TCP_CORK */

#include "fetch/sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

struct adl_socket *adl_sockets_get(struct adl_sockets *sockets, int fd)
{
    size_t wanted = (size_t)fd + 1;

    if (wanted > sockets->n) {
        size_t n = wanted + wanted / 2 + 32;
        struct adl_socket *items = realloc(sockets->items, n * sizeof(*items));

        if (items == NULL) {
            return NULL;
        }
        for (size_t i = sockets->n; i < n; i++) {
            items[i] = (struct adl_socket){0};
        }
        sockets->items = items;
        sockets->n = n;
    }
    return &sockets->items[fd];
}

void adl_sockets_forget(struct adl_sockets *sockets, int fd)
{
    struct adl_socket *sock = &sockets->items[fd];

    if (sock->registered != 0) {
        /* Fails where it was closed before: then epoll has forgotten it. */
        (void)epoll_ctl(sockets->epfd, EPOLL_CTL_DEL, fd, NULL);
    }
    *sock = (struct adl_socket){.generation = sock->generation + 1};
}

int adl_sockets_register(struct adl_sockets *sockets, int fd)
{
    struct adl_socket *sock = &sockets->items[fd];
    struct epoll_event event = {
        .events = sock->wanted,
        .data.u64 = (uint64_t)sock->generation << 32 | (uint32_t)fd,
    };
    int op = sock->registered != 0 ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    int rc = epoll_ctl(sockets->epfd, op, fd, &event);

    if (rc < 0 && errno == ENOENT) { /* closed and opened without our knowing */
        rc = epoll_ctl(sockets->epfd, EPOLL_CTL_ADD, fd, &event);
    } else if (rc < 0 && errno == EEXIST) {
        rc = epoll_ctl(sockets->epfd, EPOLL_CTL_MOD, fd, &event);
    }
    sock->registered = rc == 0 ? sock->wanted : 0;
    return rc;
}

size_t adl_sockets_list_connected(const struct adl_sockets *sockets,
                                  struct adl_corked *out, size_t cap)
{
    size_t n = 0;

    for (size_t i = 0; i < sockets->n; i++) {
        const struct adl_socket *sock = &sockets->items[i];

        if (sock->is_ours && sock->was_readable) {
            if (n < cap) {
                out[n] = (struct adl_corked){(int)i, sock->generation};
            }
            n++;
        }
    }
    return n;
}

void adl_sockets_cork(const struct adl_sockets *sockets,
                      const struct adl_corked *list, size_t n, bool is_corked)
{
    int value = is_corked;

    for (size_t i = 0; i < n; i++) {
        int fd = list[i].fd;

        if (sockets->items[fd].generation == list[i].generation) {
            /* Fails where it is no TCP. */
            (void)setsockopt(fd, IPPROTO_TCP, TCP_CORK, &value, sizeof(value));
        }
    }
}
