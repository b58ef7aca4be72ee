/* SPDX-License-Identifier: MIT */
/* /bytes/N: a resource with validators and ranges, and faults on request. */
#ifndef ADL_SITE_RESOURCE_H
#define ADL_SITE_RESOURCE_H

#include <microhttpd.h>

#include "site/exchange.h"

/* Answer for /bytes/REST. */
enum MHD_Result adl_resource_serve(struct adl_exchange *ex, const char *rest);

#endif
