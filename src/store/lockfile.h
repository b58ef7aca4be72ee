/* SPDX-License-Identifier: MIT */
/*
 * DIR/.asyncdl/journal.lock says who works in the directory: one at a time, of
 * those who lock it. Who writes the journal is told from who only saves files:
 * the first holds two bytes of it, the second only the last of these.
 *
 * Where there is a journal the file stays. Elsewhere the last holder removes
 * it, so that what was locked may have no name any more: who locks it looks
 * whether it is still there.
 */
#ifndef ADL_STORE_LOCKFILE_H
#define ADL_STORE_LOCKFILE_H

#define ADL_JOURNAL_FILE "journal.db"
#define ADL_JOURNAL_LOCK "journal.lock"

enum adl_lockfile_use {
    ADL_LOCKFILE_JOURNAL = 0, /* it is written, and files are saved */
    ADL_LOCKFILE_FILES,       /* files are saved */
};

/*
 * Lock it, making it where it is missing; *out_fd keeps it until it is closed.
 * 0, also where the file system has no locks; ASYNCDL_EINUSE where another has
 * it for either use; ASYNCDL_EINWAY where it is no regular file; or -errno.
 */
int adl_lockfile_take(int *out_fd, int aside_fd, enum adl_lockfile_use use);

/* Unlock and close it, and remove it where there is no journal. */
void adl_lockfile_drop(int fd, int aside_fd);

/*
 * Does another have it for that use? Of ADL_LOCKFILE_FILES, for either. Needs
 * to read it only, and leaves no trace. 1, 0 (also without locks),
 * ASYNCDL_EINWAY or -errno.
 */
int adl_lockfile_is_taken(int aside_fd, enum adl_lockfile_use use);

#endif
