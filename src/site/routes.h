/* SPDX-License-Identifier: MIT */
/* Which path is answered by what. */
#ifndef ADL_SITE_ROUTES_H
#define ADL_SITE_ROUTES_H

#include <stdbool.h>

#include <microhttpd.h>

#include "site/exchange.h"

struct adl_route {
    const char *path; /* one that ends with '/' stands for all below it */
    bool is_control;  /* about the site: at once, and not counted */
    bool takes_any_method;
    /* rest is what follows path. */
    enum MHD_Result (*serve)(struct adl_exchange *ex, const char *rest);
};

/* The route for path and what is left of path, or NULL. */
const struct adl_route *adl_routes_find(const char *path, const char **rest);

#endif
