/* SPDX-License-Identifier: MIT */
/*
 * A SQLite database in a folder that is known by its descriptor: it stays with
 * that folder when something is renamed, and no part of it is ever a symlink.
 * Paths of any length will do. Needs /proc.
 */
#ifndef ADL_STORE_FOLDERDB_H
#define ADL_STORE_FOLDERDB_H

#include <sqlite3.h>

struct adl_folderdb {
    sqlite3 *db;     /* NULL when closed; zero is closed */
    sqlite3_vfs vfs; /* known to SQLite by its address: do not move it */
    char vfs_name[32];
};

/*
 * Open the database of that name; flags are those of sqlite3_open_v2(). With
 * SQLITE_OPEN_URI, parameters may follow the name ("journal.db?immutable=1").
 * With SQLITE_OPEN_READONLY it removes nothing.
 * The folder is borrowed until close. Answers SQLite's result code; after a
 * failure out->db may be there to ask for more, so close it in any case.
 */
int adl_folderdb_open(struct adl_folderdb *out, int folder_fd, const char *name,
                      int flags);

/*
 * Likewise, to be read along with its WAL while nobody writes it: no lock is
 * taken. With "PRAGMA locking_mode = EXCLUSIVE" as its first statement no
 * memory is shared either, so that no file is needed for that.
 */
int adl_folderdb_open_unlocked(struct adl_folderdb *out, int folder_fd,
                               const char *name);

/* All its statements must be finalized. One that is closed is allowed. */
void adl_folderdb_close(struct adl_folderdb *folderdb);

/*
 * A result code in the library's terms: 0, -errno where the system says one,
 * or ASYNCDL_EJOURNAL for a file that is no sound database.
 */
int adl_folderdb_translate(const struct adl_folderdb *folderdb, int rc);

#endif
