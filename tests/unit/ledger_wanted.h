/* SPDX-License-Identifier: MIT */
/* Entries that are admitted and looked for at once, where a test knows what
 * they would be called by themselves. */
#ifndef UNIT_LEDGER_WANTED_H
#define UNIT_LEDGER_WANTED_H

#include "store/ledger.h"

/* struct adl_ledger_ask.write_path: data is the name. */
static inline int write_wanted(struct adl_buf *out, const void *data)
{
    adl_buf_reset(out);
    return adl_buf_add_str(out, data);
}

/* Of a struct adl_ledger_ask. */
#define WANTED(name) .write_path = write_wanted, .data = (name)

static inline int admit_and_look(struct adl_ledger *ledger,
                                 const struct adl_ledger_ask *ask,
                                 struct adl_buf *path, struct adl_standing *out,
                                 char error[ADL_LEDGER_ERROR_MAX])
{
    struct adl_admission admission = {.record = NULL};
    struct adl_dir_view view = {.is_open = false};
    int err = adl_ledger_admit(ledger, ask, path, &admission, error);

    if (err == 0) {
        err = adl_ledger_look(ledger, ask, &admission, &view, adl_buf_str(path),
                              out, error);
    }
    adl_admission_finish(&admission);
    adl_dir_view_finish(&view);
    return err;
}

#endif
