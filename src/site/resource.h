/* SPDX-License-Identifier: MIT */
/* /bytes/N: a resource with validators and ranges, and faults on request. */
#ifndef ADL_SITE_RESOURCE_H
#define ADL_SITE_RESOURCE_H

#include <microhttpd.h>

#include "site/exchange.h"

/*
 * Answer for /bytes/REST, where REST is "N" or "N/any/name". The query says
 * what is unusual about it, and any part of it that is not known only makes
 * the URL another one:
 *
 *   seed=S       content and tag of another resource
 *   cut=K        announce all, send K bytes and close
 *   stall=K      announce all, send K bytes and fall silent
 *   cuts=M       only the first M requests of this URL are cut or stall
 *   rate=B       at most B bytes a second
 *   delay=MS     wait, on top of the site's latency (for every path)
 *   ranges=no    ignore Range
 *   etag=X       that tag; "weak" makes it weak, "none" leaves it out
 *   lm=DATE      that Last-Modified; "none" leaves it out
 *   chunked=1    do not announce the size
 *   gzip=1       N is the size before compression
 *   type=TYPE    Content-Type
 */
enum MHD_Result adl_resource_serve(struct adl_exchange *ex, const char *rest);

#endif
