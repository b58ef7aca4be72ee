/* SPDX-License-Identifier: MIT */
/*
 * What epoll knows of each socket, by its descriptor. A number that is handed
 * out again gets a new generation.
 */
#ifndef ADL_FETCH_SOCKETS_H
#define ADL_FETCH_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct adl_socket {
    uint32_t wanted;     /* EPOLLIN | EPOLLOUT, what is asked for */
    uint32_t registered; /* what epoll knows */
    uint32_t generation; /* counts the sockets that had this number */
    bool is_ours;        /* we made it */
    bool was_readable;   /* so it is connected */
};

/* {.epfd = an epoll instance}, which stays the caller's. */
struct adl_sockets {
    int epfd;
    struct adl_socket *items; /* by descriptor; free() them */
    size_t n;
};

/* That of a descriptor, until the next call; NULL: no memory. */
struct adl_socket *adl_sockets_get(struct adl_sockets *sockets, int fd);

/* The next one of that number is another. Only for one that was got before, as
 * are the next ones. */
void adl_sockets_forget(struct adl_sockets *sockets, int fd);

/*
 * Tell epoll what is wanted of a socket; the event's data.u64 is generation
 * << 32 | descriptor. 0, or -1 with errno.
 */
int adl_sockets_register(struct adl_sockets *sockets, int fd);

struct adl_corked {
    int fd;
    uint32_t generation;
};

/* List those of ours that are connected, as far as there is room. How many are
 * there? */
size_t adl_sockets_list_connected(const struct adl_sockets *sockets,
                                  struct adl_corked *out, size_t cap);

/* Hold back what is written to TCP sockets, or let it go. One that was
 * forgotten since it was listed is left alone. */
void adl_sockets_cork(const struct adl_sockets *sockets,
                      const struct adl_corked *list, size_t n, bool is_corked);

#endif
