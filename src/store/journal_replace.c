/* SPDX-License-Identifier: MIT */
#include "store/journal_replace.h"

#include <errno.h>
#include <stdio.h>

#include <unistd.h>

#define NEW_FILE      ADL_JOURNAL_FILE ".new"
#define OLD_FILE      ADL_JOURNAL_FILE ".old"
#define NAME_MAX_HERE 32

/* What may stay behind of an attempt that was killed. */
static void remove_new(struct adl_journal_db *db)
{
    (void)unlinkat(db->aside_fd, NEW_FILE, 0);            /* mostly none */
    (void)unlinkat(db->aside_fd, NEW_FILE "-journal", 0); /* likewise */
}

static int make_new(struct adl_journal_db *db)
{
    remove_new(db);
    int err = adl_journal_db_make(db, NEW_FILE);
    adl_journal_db_close(db);
    return err;
}

/* The database first, so that a WAL is never beside one that is not its own. */
static const char *const suffixes[] = {"", "-wal", "-journal"};

#define N_SUFFIXES (sizeof(suffixes) / sizeof(suffixes[0]))

/* Rename BASE and what belongs to it. 0 or -errno. */
static int rename_suffix(struct adl_journal_db *db, size_t i, const char *from,
                         const char *to)
{
    char from_name[NAME_MAX_HERE];
    char to_name[NAME_MAX_HERE];

    (void)snprintf(from_name, sizeof(from_name), "%s%s", from, suffixes[i]);
    (void)snprintf(to_name, sizeof(to_name), "%s%s", to, suffixes[i]);
    if (renameat(db->aside_fd, from_name, db->aside_fd, to_name) == 0 ||
        errno == ENOENT) {
        return 0;
    }
    return adl_journal_db_refuse_errno(db, from_name, -errno);
}

static int swap(struct adl_journal_db *db)
{
    size_t n_moved = 0;
    int err = 0;

    (void)unlinkat(db->aside_fd, OLD_FILE "-wal", 0);     /* of an older */
    (void)unlinkat(db->aside_fd, OLD_FILE "-journal", 0); /* one, if any */
    while (err == 0 && n_moved < N_SUFFIXES) {
        err = rename_suffix(db, n_moved, ADL_JOURNAL_FILE, OLD_FILE);
        n_moved += err == 0;
    }
    (void)unlinkat(db->aside_fd, ADL_JOURNAL_FILE "-shm", 0); /* made anew */
    if (err == 0) {
        err = rename_suffix(db, 0, NEW_FILE, ADL_JOURNAL_FILE);
    }
    while (err < 0 && n_moved > 0) {
        n_moved--;
        (void)rename_suffix(db, n_moved, OLD_FILE,
                            ADL_JOURNAL_FILE); /* it is there at least */
    }
    return err;
}

int adl_journal_replace(struct adl_journal_db *db)
{
    int exists = adl_journal_db_exists(db);

    if (exists <= 0) {
        return exists;
    }
    int err = make_new(db);
    if (err == 0) {
        err = swap(db);
    }
    if (err < 0) {
        remove_new(db);
    }
    return err;
}
