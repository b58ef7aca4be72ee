/* SPDX-License-Identifier: MIT */
/* The two pages that the demo list asks for, at their true sizes. */
#ifndef ADL_SITE_PAGES_H
#define ADL_SITE_PAGES_H

#include <microhttpd.h>

#define ADL_PAGES_JYTHON_BYTES 10490
#define ADL_PAGES_DICE_BYTES   278

struct adl_pages {
    struct MHD_Response *jython;
    struct MHD_Response *dice;
};

/* 0 or -ENOMEM. */
int adl_pages_init(struct adl_pages *pages);
void adl_pages_finish(struct adl_pages *pages);

/* The page of that host (a port may follow) and path, borrowed, or NULL. */
struct MHD_Response *adl_pages_find(const struct adl_pages *pages,
                                    const char *host, const char *path);

#endif
