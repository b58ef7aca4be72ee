/* SPDX-License-Identifier: MIT */
/*
 * Does an entry need to be downloaded? Judged by what the journal says of it
 * and by what lies in the directory. Pure.
 *
 * A file is taken for finished by its size and its time; where these do not
 * agree with the journal, its hash decides. A file that was changed by somebody
 * else is never replaced unasked; one whose time is ours and whose size is not
 * was torn by a crash.
 */
#ifndef ADL_STORE_STANDING_H
#define ADL_STORE_STANDING_H

#include <stdbool.h>
#include <stdint.h>

#include "store/digest.h"
#include "store/journal.h"

/* What has the entry's name. Zero: nothing. */
struct adl_found {
    bool is_there;
    bool is_file; /* a regular one */
    uint64_t size;
    int64_t mtime_ns;
};

/* What is asked of it. */
struct adl_demand {
    struct adl_checksum expected; /* of this run's list */
    bool overwrite; /* what is there may be replaced, whoever made it */
    bool restarts;  /* finished files are downloaded again */
    bool verifies;  /* finished files are hashed */
};

enum adl_verdict {
    ADL_VERDICT_OPEN,    /* to be downloaded */
    ADL_VERDICT_REPLACE, /* likewise; what is there is its own earlier file */
    ADL_VERDICT_DONE,    /* nothing to do */
    ADL_VERDICT_HASH,    /* its hash decides: adl_standing_settle() */
    ADL_VERDICT_TAKEN,   /* something that is not ours has its name */
    ADL_VERDICT_CHANGED, /* it was ours, and somebody changed it since */
};

/* record is NULL for an entry that the journal does not know. */
enum adl_verdict adl_standing_judge(const struct adl_record *record,
                                    const struct adl_found *found,
                                    const struct adl_demand *demand);

/* Is it the file that the record tells of, by size and time? */
bool adl_standing_is_intact(const struct adl_record *record,
                            const struct adl_found *found);

/* The kinds of hashes to compute after ADL_VERDICT_HASH. */
unsigned adl_standing_kinds(const struct adl_record *record,
                            const struct adl_demand *demand);

/* The verdict once the hashes are known. */
enum adl_verdict adl_standing_settle(const struct adl_record *record,
                                     const struct adl_found *found,
                                     const struct adl_demand *demand,
                                     const struct adl_sums *sums);

/*
 * How many bytes of a part can be gone on with: 0 where nothing can. part is
 * what has its name now; is_same_boot: no power cut lies between.
 */
uint64_t adl_standing_trust(const struct adl_record *record,
                            const struct adl_found *part, bool is_same_boot);

#endif
