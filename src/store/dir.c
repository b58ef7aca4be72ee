/* SPDX-License-Identifier: MIT */
/*
 * Who has DIR/.asyncdl/ open holds a shared lock on it, and who removes it
 * must have it alone: another process that works on the same directory is not
 * left with a folder that has no name any more.
 */
#include "store/dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "asyncdl/error.h"
#include "store/beneath.h"
#include "store/file.h"
#include "store/lockfile.h"
#include "store/name.h"
#include "store/parents.h"

#define ASIDE     ".asyncdl"
#define MAX_TRIES 16

struct adl_dir {
    char *path;
    uv_mutex_t lock; /* guards the descriptors until each is open for good */
    int root_fd;     /* -1 until needed, as aside_fd */
    int aside_fd;
    /* Both are open, and stay so. Set with release after they were written,
     * read with acquire: who sees it sees them, and needs no lock. */
    atomic_bool is_open;
    bool is_new; /* set before is_open, and not changed after */
    bool only_looks;
    bool works_alone;
    bool is_refused; /* another works there */
    int lock_fd;     /* -1: not locked */
};

int adl_dir_create(struct adl_dir **out, const char *path)
{
    struct adl_dir *dir = calloc(1, sizeof(*dir));
    int err = -ENOMEM;

    if (dir == NULL) {
        return -ENOMEM;
    }
    dir->root_fd = -1;
    dir->aside_fd = -1;
    dir->lock_fd = -1;
    dir->path = strdup(path);
    if (dir->path == NULL) {
        goto fail;
    }
    err = uv_mutex_init(&dir->lock);
    if (err < 0) {
        goto fail;
    }
    *out = dir;
    return 0;

fail:
    free(dir->path);
    free(dir);
    return err;
}

void adl_dir_only_look(struct adl_dir *dir)
{
    dir->only_looks = true;
}

/* What fails here leaves an empty folder behind, which hurts nobody. */
static void remove_aside(const struct adl_dir *dir)
{
    if (!dir->only_looks && adl_file_lock(dir->aside_fd) == 0 &&
        adl_file_is_at(dir->aside_fd, dir->root_fd, ASIDE) == 1) {
        (void)unlinkat(dir->root_fd, ASIDE, AT_REMOVEDIR);
    }
}

void adl_dir_destroy(struct adl_dir *dir)
{
    if (dir == NULL) {
        return;
    }
    if (dir->lock_fd >= 0) {
        adl_lockfile_drop(dir->lock_fd, dir->aside_fd);
    }
    if (dir->aside_fd >= 0) {
        remove_aside(dir);
        (void)close(dir->aside_fd); /* folders: nothing that could be lost */
    }
    if (dir->root_fd >= 0) {
        (void)close(dir->root_fd);
    }
    uv_mutex_destroy(&dir->lock);
    free(dir->path);
    free(dir);
}

static int open_path(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd >= 0 ? fd : -errno;
}

/* The lock is held. */
static int open_root(struct adl_dir *dir)
{
    if (dir->root_fd >= 0) {
        return 0;
    }
    int fd = open_path(dir->path);
    if (fd < 0) {
        return fd;
    }
    dir->root_fd = fd;
    return 0;
}

/* The lock is held. */
static int make_root(struct adl_dir *dir)
{
    int err = open_root(dir);

    if (err == -ENOENT && !dir->only_looks) {
        err = adl_parents_make(dir->path);
        if (err == 0) {
            err = open_root(dir);
        }
    }
    return err;
}

/* The descriptor, or -errno. */
static int open_folder_aside(const struct adl_dir *dir)
{
    int fd = openat(dir->root_fd, ASIDE,
                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    return fd >= 0 ? fd : -errno;
}

/* -EAGAIN where another removed it before it was locked. */
static int try_open_aside(struct adl_dir *dir)
{
    if (mkdirat(dir->root_fd, ASIDE, 0777) < 0 && errno != EEXIST) {
        return -errno;
    }
    int fd = open_folder_aside(dir);
    if (fd < 0) {
        return fd == -ENOENT ? -EAGAIN : fd;
    }
    int err = adl_file_lock_shared(fd);
    if (err == 0 || err == -ENOTSUP) { /* no locks: then nobody removes it */
        err = adl_file_is_at(fd, dir->root_fd, ASIDE);
    }
    if (err != 1) {
        (void)close(fd);
        return err == 0 ? -EAGAIN : err;
    }
    dir->aside_fd = fd;
    return 0;
}

/* The lock is held. */
static int open_aside(struct adl_dir *dir)
{
    int err = dir->aside_fd >= 0 ? 0 : -EAGAIN;

    if (dir->only_looks && err < 0) {
        int fd = open_folder_aside(dir);

        dir->aside_fd = fd >= 0 ? fd : -1;
        return fd < 0 ? fd : 0;
    }
    for (int i = 0; i < MAX_TRIES && err == -EAGAIN; i++) {
        err = try_open_aside(dir);
    }
    return err;
}

bool adl_dir_is_open(const struct adl_dir *dir)
{
    return atomic_load_explicit(&dir->is_open, memory_order_acquire);
}

/* Borrow the root where there is one. 0, -ENOENT or another -errno. */
static int get_root(struct adl_dir *dir, int *out_fd)
{
    if (atomic_load_explicit(&dir->is_open, memory_order_acquire)) {
        *out_fd = dir->root_fd;
        return 0;
    }
    uv_mutex_lock(&dir->lock);
    int err = open_root(dir);
    int fd = dir->root_fd;
    uv_mutex_unlock(&dir->lock);
    if (err == 0) {
        *out_fd = fd;
    }
    return err;
}

static bool is_of_others(const char *name)
{
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
           strcmp(name, ASIDE) != 0;
}

/* The lock is held. A folder that we may not read may hold anything. */
static int look_for_others(struct adl_dir *dir)
{
    int fd = openat(dir->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool has_others = false;
    struct dirent *entry;

    if (fd < 0) {
        return errno == EACCES ? 0 : -errno;
    }
    DIR *stream = fdopendir(fd);
    if (stream == NULL) {
        (void)close(fd); /* a folder: nothing could be lost */
        return -ENOMEM;
    }
    while (!has_others && (entry = readdir(stream)) != NULL) {
        has_others = is_of_others(entry->d_name);
    }
    (void)closedir(stream); /* likewise */
    dir->is_new = !has_others;
    return 0;
}

/* Who cannot look is told why when the directory is needed. */
int adl_dir_work_alone(struct adl_dir *dir)
{
    dir->works_alone = true;
    if (open_root(dir) < 0) {
        return 0;
    }
    int fd = open_folder_aside(dir);
    if (fd < 0) {
        return 0;
    }
    int answer = adl_lockfile_is_taken(fd, ADL_LOCKFILE_FILES);
    (void)close(fd); /* a folder: nothing could be lost */
    if (answer == ASYNCDL_EINWAY) {
        return answer;
    }
    return answer == 1 ? ASYNCDL_EINUSE : 0;
}

/* The lock is held. */
static int lock_alone(struct adl_dir *dir)
{
    if (!dir->works_alone || dir->lock_fd >= 0) {
        return 0;
    }
    int err = dir->is_refused ? ASYNCDL_EINUSE
                              : adl_lockfile_take(&dir->lock_fd, dir->aside_fd,
                                                  ADL_LOCKFILE_FILES);
    dir->is_refused = err == ASYNCDL_EINUSE;
    return err;
}

static int open_both(struct adl_dir *dir)
{
    uv_mutex_lock(&dir->lock);
    int err = make_root(dir);
    if (err == 0) {
        err = open_aside(dir);
    }
    if (err == 0) {
        err = lock_alone(dir);
    }
    if (err == 0 && !adl_dir_is_open(dir)) {
        err = look_for_others(dir);
    }
    uv_mutex_unlock(&dir->lock);
    if (err == 0) {
        atomic_store_explicit(&dir->is_open, true, memory_order_release);
    }
    return err;
}

int adl_dir_lend(struct adl_dir *dir, int *out_root_fd, int *out_aside_fd)
{
    bool is_open = atomic_load_explicit(&dir->is_open, memory_order_acquire);
    int err = is_open ? 0 : open_both(dir);

    if (err == 0) {
        *out_root_fd = dir->root_fd;
        *out_aside_fd = dir->aside_fd;
    }
    return err;
}

/* Does it name something within a folder? */
static bool is_component(const char *name)
{
    return name[0] != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/*
 * Split a path into its folders, copied to folder, and its last component. The
 * folder of a single component is ".". 0, -EINVAL or -ENAMETOOLONG.
 */
static int split_path(char folder[ADL_NAME_PATH_MAX + 1], const char **out_name,
                      const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    size_t len = slash != NULL ? (size_t)(slash - path) : 0;

    if (!is_component(name)) {
        return -EINVAL;
    }
    if (slash == path) {
        return -EXDEV; /* absolute */
    }
    if (len > ADL_NAME_PATH_MAX) {
        return -ENAMETOOLONG;
    }
    memcpy(folder, slash != NULL ? path : ".", len > 0 ? len : 1);
    folder[len > 0 ? len : 1] = '\0';
    *out_name = name;
    return 0;
}

/* What is wrong with one path is no fault of the whole directory. */
static int translate_path(int err)
{
    return err == -ENOTDIR || err == -ELOOP ? ASYNCDL_EINWAY : err;
}

/*
 * The folder of a path, and the last component: it is the directory itself,
 * which is lent, where *out_name is path. -ENOENT where it is not there.
 */
static int find_folder(struct adl_dir *dir, const char *path, int *out_fd,
                       const char **out_name)
{
    char folder[ADL_NAME_PATH_MAX + 1];
    int root_fd;

    int err = split_path(folder, out_name, path);
    if (err < 0) {
        return err;
    }
    err = get_root(dir, &root_fd);
    if (err == 0 && *out_name == path) {
        *out_fd = root_fd;
        return 0;
    }
    return err < 0 ? err
                   : translate_path(adl_beneath_open(out_fd, root_fd, folder));
}

static void leave_folder(int fd, const char *name, const char *path)
{
    if (name != path) {
        (void)close(fd); /* a folder: nothing could be lost */
    }
}

void adl_dir_view_reset(struct adl_dir_view *view)
{
    if (view->is_open) {
        (void)close(view->fd); /* a folder: nothing could be lost */
        view->is_open = false;
    }
}

void adl_dir_view_finish(struct adl_dir_view *view)
{
    adl_dir_view_reset(view);
    adl_buf_finish(&view->folder);
}

/* Does path lie in the folder that is open, and not below it? */
static bool is_in_view(const struct adl_dir_view *view, const char *path)
{
    size_t len = view->folder.len;

    return view->is_open && strncmp(path, view->folder.data, len) == 0 &&
           path[len] == '/' && strchr(path + len + 1, '/') == NULL;
}

/* Take over the folder that name, in path, lies in; without memory it is only
 * closed. */
static void keep_in_view(struct adl_dir_view *view, int fd, const char *name,
                         const char *path)
{
    size_t len = (size_t)(name - path) - 1;

    adl_dir_view_reset(view);
    adl_buf_reset(&view->folder);
    view->fd = fd;
    view->is_open = true;
    if (adl_buf_add(&view->folder, path, len) < 0) {
        adl_dir_view_reset(view);
    }
}

static int look_at(struct stat *out, int folder_fd, const char *name)
{
    return fstatat(folder_fd, name, out, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : -errno;
}

/* The folder is not in view, and will be where it is not the directory. */
static int look_into(struct adl_dir *dir, struct adl_dir_view *view,
                     const char *path, struct stat *out)
{
    const char *name;
    int fd;

    int err = find_folder(dir, path, &fd, &name);
    if (err < 0) {
        return err;
    }
    err = look_at(out, fd, name);
    if (name != path) {
        keep_in_view(view, fd, name, path);
    }
    return err;
}

int adl_dir_look(struct adl_dir *dir, struct adl_dir_view *view,
                 const char *path, struct stat *out)
{
    int err;

    if (is_in_view(view, path)) {
        const char *name = path + view->folder.len + 1;

        err = is_component(name) ? look_at(out, view->fd, name) : -EINVAL;
    } else {
        err = look_into(dir, view, path, out);
    }
    return err == -ENOENT ? 0 : err < 0 ? err : 1;
}

int adl_dir_open_file(struct adl_dir *dir, const char *path, int *out_fd)
{
    const char *name;
    int folder_fd;

    int err = find_folder(dir, path, &folder_fd, &name);
    if (err < 0) {
        return err;
    }
    int fd = openat(folder_fd, name,
                    O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
    err = fd < 0 ? translate_path(-errno) : 0;
    leave_folder(folder_fd, name, path);
    if (err == 0) {
        *out_fd = fd;
    }
    return err;
}

bool adl_dir_is_new(const struct adl_dir *dir)
{
    return adl_dir_is_open(dir) && dir->is_new;
}

int adl_dir_open_parent(struct adl_dir *dir, const char *path, int *out_fd,
                        const char **out_name)
{
    char folder[ADL_NAME_PATH_MAX + 1];
    const char *name;
    int root_fd;
    int aside_fd;
    int fd;

    int err = split_path(folder, &name, path);
    if (err < 0) {
        return err;
    }
    err = adl_dir_lend(dir, &root_fd, &aside_fd);
    if (err < 0) {
        return err;
    }
    err = translate_path(adl_beneath_make(&fd, root_fd, folder));
    if (err < 0) {
        return err;
    }
    *out_fd = fd;
    *out_name = name;
    return 0;
}
