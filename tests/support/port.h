/* SPDX-License-Identifier: MIT */
/* Ports of 127.0.0.1. */
#ifndef SUPPORT_PORT_H
#define SUPPORT_PORT_H

#include <stdint.h>

/* A port that nobody listens on now, or 0 when there is none. */
uint16_t port_find_free(void);

/* A port that refuses connections until *out_fd is closed: it is taken, and
 * nobody listens on it. 0 when there is none. */
uint16_t port_take_refusing(int *out_fd);

/* Connect, blocking. 0 and a descriptor, or -errno. */
int port_connect(int *out_fd, uint16_t port);

#endif
