/* SPDX-License-Identifier: MIT */
/*
 * openat2() resolves a path in one call, and the kernel sees to it that it
 * stays below. Where there is none (before Linux 5.6, or kept away by a
 * sandbox) the path is walked, one component at a time: O_NOFOLLOW refuses
 * symlinks, and ".." is refused here.
 */
#define _GNU_SOURCE /* syscall(): glibc has no openat2() */

#include "store/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FOLDER_FLAGS  (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define COMPONENT_MAX 255
#define MAX_TRIES     4

static int open_at_once(int root_fd, const char *path)
{
    struct open_how how = {
        .flags = FOLDER_FLAGS & ~O_NOFOLLOW, /* said below, as ELOOP */
        .resolve =
            RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    long fd = -1;

    /* EAGAIN: somebody renamed what lies on the way. */
    for (int i = 0; i < MAX_TRIES; i++) {
        fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
        if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) {
            break;
        }
    }
    return fd >= 0 ? (int)fd : -errno;
}

static int open_folder(int parent_fd, const char *name)
{
    int fd = openat(parent_fd, name, FOLDER_FLAGS);

    return fd >= 0 ? fd : -errno;
}

static int open_or_make_folder(int parent_fd, const char *name)
{
    int fd = open_folder(parent_fd, name);

    if (fd != -ENOENT) {
        return fd;
    }
    if (mkdirat(parent_fd, name, 0777) < 0 && errno != EEXIST) {
        return -errno;
    }
    return open_folder(parent_fd, name);
}

/* Copy the first component to name, and answer its length, or -errno. */
static int cut_component(char *name, const char *path)
{
    size_t len = strcspn(path, "/");

    if (len > COMPONENT_MAX) {
        return -ENAMETOOLONG;
    }
    memcpy(name, path, len);
    name[len] = '\0';
    return strcmp(name, "..") == 0 ? -EXDEV : (int)len;
}

static int walk(int root_fd, const char *path,
                int (*step)(int parent_fd, const char *name))
{
    char name[COMPONENT_MAX + 1];

    if (path[0] == '/') {
        return -EXDEV;
    }
    int fd = step(root_fd, ".");
    while (fd >= 0 && *path != '\0') {
        int len = cut_component(name, path);
        int next = len >= 0 ? step(fd, name) : len;

        (void)close(fd); /* a folder: nothing that could be lost */
        fd = next;
        path += len > 0 ? len : 0;
        path += strspn(path, "/");
    }
    return fd;
}

static bool is_openat2_missing(int err)
{
    return err == -ENOSYS || err == -EPERM || err == -EAGAIN;
}

int adl_beneath_open(int *out_fd, int root_fd, const char *path)
{
    int fd = open_at_once(root_fd, path);

    if (is_openat2_missing(fd)) {
        fd = walk(root_fd, path, open_folder);
    }
    if (fd < 0) {
        return fd;
    }
    *out_fd = fd;
    return 0;
}

int adl_beneath_make(int *out_fd, int root_fd, const char *path)
{
    int fd = open_at_once(root_fd, path);

    if (fd == -ENOENT || is_openat2_missing(fd)) {
        fd = walk(root_fd, path, open_or_make_folder);
    }
    if (fd < 0) {
        return fd;
    }
    *out_fd = fd;
    return 0;
}
