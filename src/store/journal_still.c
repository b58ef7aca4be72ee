/* SPDX-License-Identifier: MIT */
#include "store/journal_still.h"

#include <fcntl.h>
#include <stddef.h>

#define WAL 1

static const char *const names[ADL_STILL_FILES] = {
    "journal.db",
    [WAL] = "journal.db-wal",
};

static void look(struct stat *out, int aside_fd, const char *name)
{
    if (fstatat(aside_fd, name, out, AT_SYMLINK_NOFOLLOW) < 0) {
        *out = (struct stat){.st_nlink = 0};
    }
}

void adl_still_look(struct adl_still *out, int aside_fd)
{
    for (size_t i = 0; i < ADL_STILL_FILES; i++) {
        look(&out->files[i], aside_fd, names[i]);
    }
    out->is_known = true;
}

bool adl_still_has_wal(const struct adl_still *still)
{
    return still->files[WAL].st_nlink > 0 && still->files[WAL].st_size > 0;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return (a->st_nlink > 0) == (b->st_nlink > 0) && a->st_dev == b->st_dev &&
           a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

bool adl_still_holds(const struct adl_still *still, int aside_fd)
{
    for (size_t i = 0; i < ADL_STILL_FILES; i++) {
        struct stat now;

        look(&now, aside_fd, names[i]);
        if (!is_same(&now, &still->files[i])) {
            return false;
        }
    }
    return true;
}
