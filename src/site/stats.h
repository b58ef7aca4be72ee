/* SPDX-License-Identifier: MIT */
/* What the site was asked for, and by how many at once. */
#ifndef ADL_SITE_STATS_H
#define ADL_SITE_STATS_H

#include <stdint.h>

struct adl_stats;

/* Counts of one URL or one host. They stay valid until the stats go. */
struct adl_stats_entry {
    uint64_t n_requests; /* since the last reset */
    uint64_t n_active;
    uint64_t max_active;
};

int adl_stats_create(struct adl_stats **out); /* 0 or -ENOMEM */
void adl_stats_destroy(struct adl_stats *stats);

/*
 * Count the beginning of a request for url (path and query) at host; one call
 * of end follows. The entries are borrowed. Past a bound of names, the others
 * share one entry. 0 or -ENOMEM.
 */
int adl_stats_begin(struct adl_stats *stats, struct adl_stats_entry **out_url,
                    struct adl_stats_entry **out_host, const char *url,
                    const char *host);
void adl_stats_end(struct adl_stats *stats, struct adl_stats_entry *url,
                   struct adl_stats_entry *host);

void adl_stats_count_connection(struct adl_stats *stats);

/* Start over; what is in flight stays counted as active. */
void adl_stats_reset(struct adl_stats *stats);

/* All of it as JSON, returned: free() it. NULL without memory. */
char *adl_stats_dump(const struct adl_stats *stats);

#endif
