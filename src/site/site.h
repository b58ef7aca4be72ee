/* SPDX-License-Identifier: MIT */
/* The server: HTTP and HTTPS on one loop, without a thread of its own. */
#ifndef ADL_SITE_SITE_H
#define ADL_SITE_SITE_H

#include <stdint.h>

#include <uv.h>

#include "site/cert.h"

struct adl_site;

/*
 * Listen at the address and the ports (0: free ones). cert is borrowed until
 * the site is closed. 0 or -errno.
 */
int adl_site_open(struct adl_site **out, uv_loop_t *loop, const char *bind,
                  const uint16_t ports[2], const struct adl_cert *cert);

/* How long each answer waits, 0 unless set. */
void adl_site_set_latency(struct adl_site *site, uint32_t ms);

uint16_t adl_site_get_port(const struct adl_site *site);
uint16_t adl_site_get_tls_port(const struct adl_site *site);

/* Drop all connections; the loop frees the site in its next turns. */
void adl_site_close(struct adl_site *site);

#endif
