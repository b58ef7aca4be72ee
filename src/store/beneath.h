/* SPDX-License-Identifier: MIT */
/*
 * Folders below a folder, whatever a path says: it leads through no symlink
 * and never out, also while others rename what it goes through.
 *
 * path is relative to root_fd; the caller closes *out_fd. Both answer 0,
 * -EXDEV for a path that would leave, -ELOOP or -ENOTDIR for one that leads
 * through a symlink or a file, or another -errno.
 */
#ifndef ADL_STORE_BENEATH_H
#define ADL_STORE_BENEATH_H

int adl_beneath_open(int *out_fd, int root_fd, const char *path);

/* The same, making folders that are missing (0777 & ~umask). */
int adl_beneath_make(int *out_fd, int root_fd, const char *path);

#endif
