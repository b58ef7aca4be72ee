/* SPDX-License-Identifier: MIT */
/*
 * Connecting a datagram socket makes the kernel choose a route, and sends
 * nothing. The addresses are of those that are reserved for documentation: they
 * are nobody's, and only a default route leads there.
 */
#include "util/wayout.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define DISCARD_PORT 9

/* 1, 0 or -errno where it cannot be found out. */
static int has_route(const struct sockaddr *addr, socklen_t len)
{
    int fd = socket(addr->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return errno == EAFNOSUPPORT ? 0 : -errno;
    }
    int err = connect(fd, addr, len) < 0 ? errno : 0;
    (void)close(fd); /* nothing was written */
    return err != ENETUNREACH && err != ENETDOWN && err != EHOSTUNREACH &&
           err != EADDRNOTAVAIL;
}

bool adl_wayout_exists(void)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET,
                             .sin_port = htons(DISCARD_PORT)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons(DISCARD_PORT)};

    (void)inet_pton(AF_INET, "192.0.2.1", &v4.sin_addr);     /* both are */
    (void)inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr); /* addresses */
    return has_route((const struct sockaddr *)&v4, sizeof(v4)) != 0 ||
           has_route((const struct sockaddr *)&v6, sizeof(v6)) != 0;
}
