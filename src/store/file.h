/* SPDX-License-Identifier: MIT */
/*
 * Single steps with open files that POSIX has no call for, or that need some
 * care. All block, and answer 0 or -errno unless they say otherwise.
 */
#ifndef ADL_STORE_FILE_H
#define ADL_STORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/stat.h>

/*
 * Open a new file in a folder, to be written and read, that has no name and is
 * gone when it is closed without one (O_TMPFILE). -ENOTSUP where the file
 * system has none. The caller closes *out_fd.
 */
int adl_file_open_nameless(int *out_fd, int folder_fd);

/*
 * Give a nameless file its name. -EEXIST where something has it. -ENOTSUP
 * where this system cannot, so that the file must be made in another way.
 */
int adl_file_link_nameless(int fd, int folder_fd, const char *name);

/*
 * Rename a file where nothing has the new name: -EEXIST otherwise. After a
 * crash it may have both names.
 */
int adl_file_rename_new(int from_fd, const char *from, int to_fd,
                        const char *to);

/* Write all of it where the descriptor stands. */
int adl_file_write(int fd, const void *bytes, size_t len);

/* Copy all of a file, from its start, to where another stands. */
int adl_file_copy(int to_fd, int from_fd);

/* When it was last changed, in nanoseconds since 1970; times before 1678 and
 * after 2261, which servers send too, are the first and the last of these. */
int64_t adl_file_get_mtime_ns(const struct stat *info);

/*
 * Set aside room for size bytes without changing the length. Where the file
 * system has no such thing nothing happens; in memory, where it takes as long
 * as to write them and memory that others may need until they come, there must
 * only be as much now. 0, -errno, or ASYNCDL_ETOOBIG for more than 16 TiB that
 * it could never hold: then it is not the disk that is full.
 */
int adl_file_allocate(int fd, uint64_t size);

/* Is it on a file system that has no disk, so that to write is to copy? */
bool adl_file_is_in_memory(int fd);

/* Set the time of the last change. Where it cannot be kept, nothing happens. */
int adl_file_set_mtime(int fd, int64_t mtime_s);

/*
 * Close a file in advance: report what only a close reports (a quota or a
 * server that refuses late), and keep fd and its lock.
 */
int adl_file_flush(int fd);

/* Lock it alone, or -EWOULDBLOCK. -ENOTSUP where there are no locks. */
int adl_file_lock(int fd);

/* Lock it along with others, waiting where one has it alone. As above. */
int adl_file_lock_shared(int fd);

/*
 * Claim bytes of a file that is open for writing, be they there or not, until
 * it is closed; -EWOULDBLOCK where another open file has any of them, of this
 * process or another. Unlike a lock as above it can be seen without taking it.
 * -ENOTSUP where there are no such locks.
 */
int adl_file_claim(int fd, int start, int len);

/* Has another claimed any of them? 1, 0 or -errno. fd may be open for reading
 * only. */
int adl_file_is_claimed(int fd, int start, int len);

/* Is it what name in that folder refers to? 1, 0 or -errno. */
int adl_file_is_at(int fd, int folder_fd, const char *name);

#endif
