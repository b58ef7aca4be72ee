/* SPDX-License-Identifier: MIT */
/* Where c-ares is not built in: nothing can be opened. */
#include "fetch/dns.h"

#include "asyncdl/error.h"

int adl_dns_open(struct adl_dns **out, uv_loop_t *loop, const char *servers,
                 enum asyncdl_ip_version ip_version,
                 const struct adl_dns_ops *ops, void *data)
{
    (void)out;
    (void)loop;
    (void)servers;
    (void)ip_version;
    (void)ops;
    (void)data;
    return ASYNCDL_ENOTBUILT;
}

void adl_dns_ask(struct adl_dns *dns, const char *host, void *question)
{
    (void)dns;
    (void)host;
    (void)question;
}

void adl_dns_close(struct adl_dns *dns, adl_dns_cb on_closed)
{
    (void)dns;
    (void)on_closed;
}
