/* SPDX-License-Identifier: MIT */
/*
 * --failed FILE: what failed, as a list that can be run.
 *
 *     adl_failed_open(&failed, "FILE", sources, &error);
 *     adl_failed_ticket(&ticket, &failed, entry);      (for each request)
 *     asyncdl_fetch(..., adl_failed_on_done, ticket);
 *     adl_failed_finish(&failed, msg, is_whole, ADL_ASIDE_SYNC);
 *
 * FILE appears or is replaced at the end (aside.h), also when nothing failed.
 * Who may not read URLs with their secrets may not read it. An entry's text is
 * kept until its end only.
 */
#ifndef ADL_CLI_FAILED_H
#define ADL_CLI_FAILED_H

#include <stdbool.h>

#include "asyncdl/request.h"
#include "cli/aside.h"
#include "cli/entry.h"
#include "cli/listparse.h"
#include "cli/msg.h"
#include "cli/source.h"
#include "util/buf.h"

struct adl_failed_ticket;

struct adl_failed {
    struct adl_aside aside;
    bool is_list; /* FILE is one of those that are read */
};

/*
 * Make sure that FILE can be written, without touching it. sources are what
 * is going to be read: FILE may be one of them. 0; -ENOMEM; or -errno with
 * what is wrong in error.
 */
int adl_failed_open(struct adl_failed *failed, const char *path,
                    const struct adl_sources *sources, struct adl_buf *error);

/* The same with what is wrong told. */
int adl_failed_begin(struct adl_failed *failed, const char *path,
                     const struct adl_sources *sources,
                     const struct adl_msg *msg);

/* Would it open? Writes nothing, and tells what is wrong; dir would be made
 * before, or is NULL. */
int adl_failed_check(const char *path, const char *dir,
                     const struct adl_msg *msg);

static inline bool adl_failed_is_open(const struct adl_failed *failed)
{
    return adl_aside_is_open(&failed->aside);
}

/*
 * What to keep of an entry until its end, for adl_failed_on_done(): NULL where
 * failed is not open. 0 or a negative code, also in failed->aside.err.
 */
int adl_failed_ticket(struct adl_failed_ticket **out, struct adl_failed *failed,
                      const struct adl_entry *entry);

/* Write the entry of a ticket, and free that. NULL is allowed. */
void adl_failed_use(struct adl_failed_ticket *ticket);

/* Free the ticket of an entry that did not fail. NULL is allowed. */
void adl_failed_drop(struct adl_failed_ticket *ticket);

/* Of a request: data is its ticket, which is used or dropped. */
void adl_failed_on_done(const struct asyncdl_result *result, void *data);

/* A line that no run can do anything with: a comment says so. */
void adl_failed_add_bad(struct adl_failed *failed,
                        const struct adl_place *place, const char *why);

/*
 * Put what failed in FILE's place, and close it. Where FILE is a list that was
 * not tried to its end (is_whole says whether it was), it stays as it was: what
 * is left to do stands nowhere else. Says on msg what did not work. 0 or a
 * negative code; one that is not open is allowed.
 */
int adl_failed_finish(struct adl_failed *failed, const struct adl_msg *msg,
                      bool is_whole, enum adl_aside_end end);

/* FILE stays as it was. Closes it; one that is not open is allowed. */
void adl_failed_abort(struct adl_failed *failed);

#endif
