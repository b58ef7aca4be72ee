/* SPDX-License-Identifier: MIT */
/*
 * The directory that downloads go to, and DIR/.asyncdl/ where files are made
 * before they appear under their own names. All functions block: but for the
 * constructor they run on the pool, from several threads at once.
 *
 * Nothing outside the directory is ever touched: paths are resolved with
 * openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS), and
 * one component at a time with O_NOFOLLOW where the kernel has no openat2.
 */
#ifndef ADL_STORE_DIR_H
#define ADL_STORE_DIR_H

#include <stdbool.h>

#include <sys/stat.h>

#include "util/buf.h"

struct adl_dir;

/*
 * Remember path (copied); nothing is made or opened until it is needed. 0 or
 * -ENOMEM.
 */
int adl_dir_create(struct adl_dir **out, const char *path);

/*
 * From now on, before anything else: only look. What is missing is not made,
 * but answered with -ENOENT, and nothing is locked or removed.
 */
void adl_dir_only_look(struct adl_dir *dir);

/*
 * From now on, before anything else: work there alone (store/lockfile.h),
 * without a journal. ASYNCDL_EINUSE where another does, ASYNCDL_EINWAY, or 0:
 * nothing is made yet, and who needs the directory first locks it. Where that
 * is refused it stays so: nothing was saved then, and nothing will be.
 */
int adl_dir_work_alone(struct adl_dir *dir);

/*
 * Close it, and remove DIR/.asyncdl/ where it was opened here, is empty and no
 * other adl_dir, of this or another process, has it open. NULL is allowed.
 */
void adl_dir_destroy(struct adl_dir *dir);

/*
 * The folder that was looked into last, open for the next look: in a list,
 * files of one folder mostly follow each other. Who else renames or replaces it
 * is not noticed, so reset it soon. Zero: none.
 */
struct adl_dir_view {
    struct adl_buf folder; /* its path */
    int fd;
    bool is_open;
};

/* Forget it. */
void adl_dir_view_reset(struct adl_dir_view *view);
void adl_dir_view_finish(struct adl_dir_view *view);

/*
 * Look at what is there by that path, be it a folder or a dangling symlink.
 * Makes nothing. 1, 0 (also where there is no directory yet), or -errno. A path
 * that leads through a symlink or a file answers ASYNCDL_EINWAY. view is the
 * caller's, for one thread at a time.
 */
int adl_dir_look(struct adl_dir *dir, struct adl_dir_view *view,
                 const char *path, struct stat *out);

/* Open a file to be read. 0 or as above; the caller closes *out_fd. */
int adl_dir_open_file(struct adl_dir *dir, const char *path, int *out_fd);

/* Is it open, and was nothing but DIR/.asyncdl/ in it by then? */
bool adl_dir_is_new(const struct adl_dir *dir);

/* Were the directory and DIR/.asyncdl/ opened? */
bool adl_dir_is_open(const struct adl_dir *dir);

/*
 * Make the directory and DIR/.asyncdl/ where they are missing, and lend their
 * descriptors, valid until destroy. 0 or -errno; to work alone also as
 * adl_lockfile_take().
 */
int adl_dir_lend(struct adl_dir *dir, int *out_root_fd, int *out_aside_fd);

/*
 * Open the folder that path's last component lies in, making folders that are
 * missing; *out_name points at that component within path. The caller closes
 * *out_fd. 0, ASYNCDL_EINWAY for a path through a symlink or a file, or -errno.
 */
int adl_dir_open_parent(struct adl_dir *dir, const char *path, int *out_fd,
                        const char **out_name);

#endif
