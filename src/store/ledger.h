/* SPDX-License-Identifier: MIT */
/*
 * What the entries of a list are called, and how they stand: the names that are
 * taken (names.h), what the journal of earlier runs says (journal.h, where one
 * is kept), and what lies in the directory. All functions may block.
 *
 * A file appears in this order: its bytes are written, the journal says that
 * it is done (note), both are made to last (settle), then it gets its name. So
 * a file under its own name is always in the journal; one that the journal
 * has and the directory lacks is downloaded again.
 */
#ifndef ADL_STORE_LEDGER_H
#define ADL_STORE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/digest.h"
#include "store/dir.h"
#include "store/journal.h"
#include "store/lookup.h"
#include "util/buf.h"

#define ADL_LEDGER_ERROR_MAX ADL_LOOKUP_ERROR_MAX

/* When what was written is made to last over a power cut. */
enum adl_sync {
    ADL_SYNC_NONE = 0, /* when the system likes */
    ADL_SYNC_BATCH,    /* before a file gets its name, for many at once */
    ADL_SYNC_FILE,     /* likewise, and the name before it is told */
};

struct adl_ledger_options {
    bool keeps_journal;
    bool restarts; /* finished files are downloaded again */
    bool verifies; /* finished files are hashed */
    /* Nothing is made, changed or locked: entries stand as they would, and what
     * becomes of them is not noted. */
    bool only_looks;
    enum adl_sync sync;
};

struct adl_ledger;

/*
 * dir is borrowed. 0 or -ENOMEM, and, where a journal is kept, as
 * adl_journal_open() and adl_dir_lend(), with why in error. With restarts a
 * damaged or newer journal is set aside.
 */
int adl_ledger_open(struct adl_ledger **out, struct adl_dir *dir,
                    const struct adl_ledger_options *options,
                    char error[ADL_LEDGER_ERROR_MAX]);

/*
 * Settle, and end the journal's run with an exit status; negative: not known.
 * NULL is allowed.
 */
void adl_ledger_close(struct adl_ledger *ledger, int status);

/* What an entry asks for. Borrowed for the length of a call. */
struct adl_ledger_ask {
    uint8_t key[ADL_JOURNAL_KEY]; /* of the entry */
    /* Write the name that it would have by itself, safe: called for entries
     * that have none. 0 or -ENOMEM. */
    int (*write_path)(struct adl_buf *out, const void *data);
    const void *data;  /* for that */
    bool is_name_open; /* the server may choose another: it is claimed later */
    bool overwrite;    /* what has that name may be replaced */
    struct adl_checksum expected;
};

/* An entry that has its name. Zero is of none. */
struct adl_admission {
    uint64_t id;               /* in the journal; 0 without one */
    unsigned attempts;         /* of earlier runs */
    bool must_look;            /* it has a name that nobody may change */
    struct adl_record *record; /* owned; NULL for one that is new */
};

void adl_admission_finish(struct adl_admission *admission);

/*
 * Give an entry its name, which replaces what path held. Called in the order of
 * the list, one at a time: the first to ask for a name gets it, but what the
 * journal knows keeps its own. Finish out after its look. 0; -ENOMEM; or
 * -errno or another code, with why in error.
 */
int adl_ledger_admit(struct adl_ledger *ledger,
                     const struct adl_ledger_ask *ask, struct adl_buf *path,
                     struct adl_admission *out,
                     char error[ADL_LEDGER_ERROR_MAX]);

/*
 * See how an entry stands that was admitted and is called path: from any
 * thread, side by side. view is the caller's. 0 or as admit.
 */
int adl_ledger_look(struct adl_ledger *ledger, const struct adl_ledger_ask *ask,
                    const struct adl_admission *admission,
                    struct adl_dir_view *view, const char *path,
                    struct adl_standing *out, char error[ADL_LEDGER_ERROR_MAX]);

/*
 * Claim a name that was open until now, from any thread; what it became
 * replaces what path held. 0 or -errno, with why in error.
 */
int adl_ledger_claim(struct adl_ledger *ledger, const char *wanted,
                     struct adl_buf *path, char error[ADL_LEDGER_ERROR_MAX]);

/*
 * Note what became of an entry, from any thread; boot is filled in, and bytes
 * are 0 of half a body that is never made to last. It lasts
 * from the next settle on. 0 or negative; nothing is noted without a journal.
 */
int adl_ledger_note(struct adl_ledger *ledger, struct adl_record *record);

/*
 * Make all that was noted and written until now last, as far as the options
 * say; from any thread. 0 or negative, and then for ever: what a failed sync
 * lost is not known, and no later one would tell.
 */
int adl_ledger_settle(struct adl_ledger *ledger);

#endif
