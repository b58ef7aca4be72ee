/* SPDX-License-Identifier: MIT */
/*
 * SQLite takes paths, follows their links and allows them 512 bytes. A copy of
 * its file system layer that leaves paths alone takes /proc/self/fd/N/NAME: the
 * kernel finds the folder, and SQLite opens every file with O_NOFOLLOW.
 */
#include "store/folderdb.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

#include "asyncdl/error.h"

#define PATH_MAX_HERE 128

/* In place of what resolves links. */
static int keep_path(sqlite3_vfs *vfs, const char *path, int cap, char *out)
{
    int n = snprintf(out, (size_t)cap, "%s", path);

    (void)vfs;
    return n >= 0 && n < cap ? SQLITE_OK : SQLITE_CANTOPEN;
}

/* In place of what removes files: SQLite tidies up what it takes for left
 * over, though it may only read. */
static int keep_file(sqlite3_vfs *vfs, const char *path, int sync)
{
    (void)vfs;
    (void)path;
    (void)sync;
    return SQLITE_OK;
}

/* layer is one of SQLite's own. */
static int open_on(struct adl_folderdb *out, const char *layer, int folder_fd,
                   const char *name, int flags)
{
    char path[PATH_MAX_HERE];
    const sqlite3_vfs *usual = sqlite3_vfs_find(layer);

    *out = (struct adl_folderdb){0};
    if (usual == NULL) {
        return SQLITE_NOMEM; /* SQLite could not be initialized */
    }
    (void)snprintf(path, sizeof(path), "%s/proc/self/fd/%d/%s",
                   (flags & SQLITE_OPEN_URI) != 0 ? "file:" : "", folder_fd,
                   name);
    (void)snprintf(out->vfs_name, sizeof(out->vfs_name), "asyncdl-%p",
                   (void *)out);
    out->vfs = *usual;
    out->vfs.pNext = NULL;
    out->vfs.zName = out->vfs_name;
    out->vfs.xFullPathname = keep_path;
    if ((flags & SQLITE_OPEN_READONLY) != 0) {
        out->vfs.xDelete = keep_file;
    }
    int rc = sqlite3_vfs_register(&out->vfs, 0);
    if (rc != SQLITE_OK) {
        *out = (struct adl_folderdb){0};
        return rc;
    }
    rc = sqlite3_open_v2(path, &out->db, flags | SQLITE_OPEN_NOMUTEX,
                         out->vfs_name);
    if (out->db != NULL) {
        (void)sqlite3_extended_result_codes(out->db, 1); /* cannot fail */
    }
    return rc;
}

int adl_folderdb_open(struct adl_folderdb *out, int folder_fd, const char *name,
                      int flags)
{
    return open_on(out, "unix", folder_fd, name, flags);
}

int adl_folderdb_open_unlocked(struct adl_folderdb *out, int folder_fd,
                               const char *name)
{
    return open_on(out, "unix-none", folder_fd, name, SQLITE_OPEN_READONLY);
}

void adl_folderdb_close(struct adl_folderdb *folderdb)
{
    if (folderdb->vfs.zName == NULL) {
        return;
    }
    /* What is left undone, the next to open it will do. */
    (void)sqlite3_close(folderdb->db);
    (void)sqlite3_vfs_unregister(&folderdb->vfs); /* it is registered */
    *folderdb = (struct adl_folderdb){0};
}

/* What the system said of the last call that failed, or fallback. */
static int get_errno(const struct adl_folderdb *folderdb, int fallback)
{
    int err = folderdb->db != NULL ? sqlite3_system_errno(folderdb->db) : 0;

    return err > 0 ? -err : fallback;
}

/* What it said of that file, or 0. which is of the file, or of its WAL. */
static int get_errno_of(const struct adl_folderdb *folderdb, int which)
{
    sqlite3_file *file = NULL;
    int err = 0;

    if (sqlite3_file_control(folderdb->db, "main", which, &file) != SQLITE_OK ||
        file == NULL || file->pMethods == NULL ||
        file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &err) !=
            SQLITE_OK) {
        return 0;
    }
    return err > 0 && err != EAGAIN && err != EACCES ? -err : 0; /* a lock */
}

/* The connection is not told why a commit could not write, the file is. */
static int get_io_errno(const struct adl_folderdb *folderdb)
{
    int err = get_errno(folderdb, 0);

    if (err == 0 && folderdb->db != NULL) {
        err = get_errno_of(folderdb, SQLITE_FCNTL_JOURNAL_POINTER);
    }
    if (err == 0 && folderdb->db != NULL) {
        err = get_errno_of(folderdb, SQLITE_FCNTL_FILE_POINTER);
    }
    return err < 0 ? err : -EIO;
}

int adl_folderdb_translate(const struct adl_folderdb *folderdb, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return -EBUSY;
    case SQLITE_READONLY:
        return -EROFS;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return -EACCES;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* a table or a column is missing */
    case SQLITE_SCHEMA:
    case SQLITE_MISMATCH:
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
    case SQLITE_FORMAT:
        return ASYNCDL_EJOURNAL;
    case SQLITE_CANTOPEN:
        return get_errno(folderdb, -EACCES);
    default:
        return get_io_errno(folderdb);
    }
}
