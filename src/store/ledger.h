/* SPDX-License-Identifier: MIT */
/*
 * What the entries of a list are called, and how they stand: which names are
 * taken (names.h), and what lies in the directory. All functions but the
 * constructor may block.
 */
#ifndef ADL_STORE_LEDGER_H
#define ADL_STORE_LEDGER_H

#include <stdbool.h>

#include "store/dir.h"
#include "util/buf.h"

#define ADL_LEDGER_ERROR_MAX 400

struct adl_ledger;

/* dir is borrowed. 0 or -ENOMEM. */
int adl_ledger_create(struct adl_ledger **out, struct adl_dir *dir);
void adl_ledger_destroy(struct adl_ledger *ledger); /* NULL is allowed */

/* What an entry asks for. Borrowed for the length of a call. */
struct adl_ledger_ask {
    const char *path;  /* the name it would have by itself, safe */
    bool is_name_open; /* the server may choose another: it is claimed later */
    bool overwrite;    /* what has that name may be replaced */
};

enum adl_standing_state {
    ADL_STANDING_OPEN = 0, /* to be downloaded */
    ADL_STANDING_TAKEN,    /* something that is not ours has its name */
};

/* How an entry stands. */
struct adl_standing {
    enum adl_standing_state state;
};

/*
 * Give an entry its name, which replaces what path held, and see how it
 * stands. Called in the order of the list, one at a time: the first to ask for
 * a name gets it. 0; -ENOMEM; or -errno or ASYNCDL_EINWAY, with why in error.
 */
int adl_ledger_admit(struct adl_ledger *ledger,
                     const struct adl_ledger_ask *ask, struct adl_buf *path,
                     struct adl_standing *out,
                     char error[ADL_LEDGER_ERROR_MAX]);

/*
 * Claim a name that was open until now, from any thread; what it became
 * replaces what path held. 0 or -errno, with why in error.
 */
int adl_ledger_claim(struct adl_ledger *ledger, const char *wanted,
                     struct adl_buf *path, char error[ADL_LEDGER_ERROR_MAX]);

#endif
