/* SPDX-License-Identifier: MIT */
/* What an entry would be called by itself, where a test knows that. */
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

#endif
