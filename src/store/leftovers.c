/* SPDX-License-Identifier: MIT */
#include "store/leftovers.h"

#include "store/part.h"

enum state { UNKNOWN, NONE, SOME };

void adl_leftovers_remove(struct adl_leftovers *leftovers, struct adl_dir *dir,
                          const char *path)
{
    enum state state = (enum state)atomic_load(&leftovers->state);
    int root_fd;
    int aside_fd;

    if (state == NONE || adl_dir_lend(dir, &root_fd, &aside_fd) < 0) {
        return;
    }
    if (state == UNKNOWN) {
        state = adl_part_is_any(aside_fd) ? SOME : NONE;
        atomic_store(&leftovers->state, state);
    }
    if (state == SOME) {
        adl_part_discard(aside_fd, path);
    }
}
