/* SPDX-License-Identifier: MIT */
#include "support/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in make_address(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

uint16_t port_take_refusing(int *out_fd)
{
    struct sockaddr_in addr = make_address(0);
    socklen_t len = sizeof(addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *out_fd = fd;
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&addr, len) == 0 &&
        getsockname(fd, (struct sockaddr *)&addr, &len) == 0) {
        return ntohs(addr.sin_port);
    }
    return 0;
}

uint16_t port_find_free(void)
{
    int fd;
    uint16_t port = port_take_refusing(&fd);

    if (fd >= 0) {
        (void)close(fd);
    }
    return port;
}

int port_connect(int *out_fd, uint16_t port)
{
    struct sockaddr_in addr = make_address(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0) {
        return -errno;
    }
    if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
        int err = -errno;

        (void)close(fd);
        return err;
    }
    *out_fd = fd;
    return 0;
}
