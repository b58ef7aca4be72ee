/* SPDX-License-Identifier: MIT */
/* Transfers whose host's address is being asked for, at the name servers of
 * the user's choice: RESOLVING, between WAITING and ACTIVE. */
#ifndef ADL_FETCH_LOCATE_H
#define ADL_FETCH_LOCATE_H

#include <stddef.h>
#include <stdint.h>

#include "fetch/state.h"
#include "util/buf.h"

#define ADL_LOCATE_WAITS 1

/*
 * See to it that the address is known where a transfer that has just got its
 * slot goes. 0, and *out_addresses is borrowed for the moment, or NULL where
 * libcurl needs none; ADL_LOCATE_WAITS, and the transfer is RESOLVING; or
 * -ENOMEM, and it is where it was.
 */
int adl_locate_start(struct asyncdl_transfer *t, const char **out_addresses);

/* The lookup has ended, or is to end: RESOLVING is over. */
void adl_locate_stop(struct asyncdl_transfer *t);

/* As adl_attempt_check_time(), which goes on where this ends. */
int adl_locate_check_time(const struct asyncdl_transfer *t, uint64_t now_ms,
                          uint64_t *out_due_ms);

/* Of a lookup, the transfer it is for. */
struct asyncdl_transfer *adl_locate_get_transfer(
    struct adl_resolve_lookup *lookup);

/* What to tell libcurl, "+HOST:PORT:ADDRESS,...". 0 or -ENOMEM. */
int adl_locate_write(struct adl_buf *out, const struct asyncdl_transfer *t,
                     const char *addresses);

/* Say why a lookup failed; why is a word of the resolver, or "". */
void adl_locate_explain(char *out, size_t cap, const struct asyncdl_transfer *t,
                        int err, const char *why);

#endif
