/* SPDX-License-Identifier: MIT */
/*
 * Parts that earlier runs left, of files that need none now: a part that is
 * needed again is taken for the new one (part.h), and nobody else looks for it.
 */
#ifndef ADL_STORE_LEFTOVERS_H
#define ADL_STORE_LEFTOVERS_H

#include <stdatomic.h>

#include "store/dir.h"

/* Zero: not looked for yet. */
struct adl_leftovers {
    atomic_int state;
};

/*
 * Remove the part for path, unless somebody holds it. Costs next to nothing
 * where there were no parts when it was first called. Any thread of the pool.
 */
void adl_leftovers_remove(struct adl_leftovers *leftovers, struct adl_dir *dir,
                          const char *path);

#endif
