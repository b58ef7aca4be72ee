/* SPDX-License-Identifier: MIT */
/* Lists of name servers as users write them, which are curl's:
 * "192.0.2.1,127.0.0.1:5353,2001:db8::1,[::1]:5353". */
#ifndef ADL_UTIL_NAMESERVER_H
#define ADL_UTIL_NAMESERVER_H

#include <stddef.h>
#include <stdint.h>

#define ADL_NAMESERVERS_MAX 16
#define ADL_NAMESERVER_PORT 53

struct adl_nameserver {
    int family;       /* AF_INET or AF_INET6 */
    uint8_t addr[16]; /* in network order; 4 bytes of it for AF_INET */
    uint16_t port;
};

/* Read at least one, at most ADL_NAMESERVERS_MAX. Their number, or -EINVAL. */
int adl_nameserver_parse(struct adl_nameserver out[ADL_NAMESERVERS_MAX],
                         const char *text);

#endif
