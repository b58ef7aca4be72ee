/* SPDX-License-Identifier: MIT */
/* The requests that the fault server saw, for tests to look into. */
#ifndef SUPPORT_FAULTLOG_H
#define SUPPORT_FAULTLOG_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct faultlog {
    json_t *requests; /* an array */
};

int faultlog_init(struct faultlog *log); /* 0 or -ENOMEM */
void faultlog_finish(struct faultlog *log);

/*
 * Note a request: head is its first line and its headers, NUL-terminated, and
 * connection counts the connections from 1.
 */
void faultlog_add(struct faultlog *log, const char *head, uint64_t connection);

/* How often target was asked for. */
uint64_t faultlog_count(const struct faultlog *log, const char *target);

void faultlog_reset(struct faultlog *log);

/*
 * All as JSON, returned: free() it. NULL without memory. An array of
 * {"connection": 1, "method": "GET", "target": "/ok", "headers": {"Host": ...}}
 * where names of headers are in lower case.
 */
char *faultlog_dump(const struct faultlog *log);

#endif
