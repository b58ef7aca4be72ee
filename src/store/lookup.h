/* SPDX-License-Identifier: MIT */
/*
 * How an entry stands: what standing.h judges by is looked up in the directory,
 * what can be gone on with is found, and what a crash kept from its name gets
 * it. All of it blocks.
 */
#ifndef ADL_STORE_LOOKUP_H
#define ADL_STORE_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "store/digest.h"
#include "store/dir.h"
#include "store/journal.h"
#include "store/part.h"
#include "store/standing.h"

#define ADL_LOOKUP_ERROR_MAX 400

enum adl_standing_state {
    ADL_STANDING_OPEN = 0, /* to be downloaded */
    ADL_STANDING_DONE,     /* done before */
    ADL_STANDING_TAKEN,    /* something that is not ours has its name */
    ADL_STANDING_CHANGED,  /* its file was changed since it was done */
};

/* Half a body of an earlier run. */
struct adl_half {
    char part[ADL_PART_NAME_MAX];
    char *etag; /* owned; NULL none */
    char *last_modified;
    uint64_t bytes;  /* that can be gone on with */
    uint64_t synced; /* of these, what would survive a power cut */
    uint64_t total;  /* 0: not known */
};

void adl_half_destroy(struct adl_half *half); /* NULL is allowed */

/* How an entry stands. */
struct adl_standing {
    enum adl_standing_state state;
    uint64_t id;           /* in the journal; 0 without one */
    unsigned attempts;     /* of earlier runs */
    bool replaces;         /* what has its name is its own earlier file */
    int64_t mtime_ns;      /* of that; 0 */
    bool has_part;         /* half of it is noted, trusted or not */
    struct adl_half *half; /* owned; of one that is open: NULL, or its begin */
    bool is_named;         /* it has a name that nobody may change any more */
    uint64_t bytes;        /* of one that is done */
    bool has_sha256;
    uint8_t sha256[ADL_SHA256_BYTES];
};

/* Where to look. Borrowed for the length of a call. */
struct adl_lookup {
    struct adl_dir *dir;
    struct adl_dir_view *view;   /* of dir */
    struct adl_journal *journal; /* NULL: none is kept */
    const char *boot; /* which one of the machine this is; "": not known */
    struct adl_demand demand;
    bool is_durable; /* what gets its name is synced before */
    bool only_looks; /* changes nothing: what it would do counts as done */
};

/*
 * Anybody may write to a journal: 0 for a path that adl_name_make_safe() could
 * have made, ASYNCDL_EJOURNAL for another, with that in error, or -ENOMEM.
 */
int adl_lookup_check_path(const char *path, char error[ADL_LOOKUP_ERROR_MAX]);

/*
 * See how an entry stands whose file is called path; record is NULL for one
 * that the journal does not know. Adds to out. 0; -ENOMEM; -errno,
 * ASYNCDL_EINWAY, or ASYNCDL_EJOURNAL for a name that is not safe, with why in
 * error; out->half may be set also then.
 */
int adl_lookup_stand(const struct adl_lookup *lookup,
                     const struct adl_record *record, const char *path,
                     struct adl_standing *out,
                     char error[ADL_LOOKUP_ERROR_MAX]);

#endif
