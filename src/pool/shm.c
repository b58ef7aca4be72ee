/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memfd_create(), F_ADD_SEALS */
#include "pool/shm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static size_t get_page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

size_t adl_shm_round_up(size_t size)
{
    size_t rest = get_page_size() - 1;

    return size > SIZE_MAX - rest ? 0 : (size + rest) & ~rest;
}

/* Of a mmap() whose arguments are right but for a size that is too large. */
static int get_map_error(void)
{
    return errno == EINVAL || errno == EOVERFLOW ? -ENOMEM : -errno;
}

static int map_shared(void **out, int fd, size_t size)
{
    void *data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (data == MAP_FAILED) {
        return get_map_error();
    }
    *out = data;
    return 0;
}

/* Map private memory for both, and the shared over its beginning. */
static int map_with_tail(void **out, int fd, size_t size, size_t tail)
{
    if (size % get_page_size() != 0) {
        return -EINVAL;
    }
    if (tail > SIZE_MAX - size) {
        return -ENOMEM;
    }
    void *data = mmap(NULL, size + tail, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) {
        return get_map_error();
    }
    if (mmap(data, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
             0) == MAP_FAILED) {
        int err = get_map_error();

        (void)munmap(data, size + tail); /* as whole as it was mapped */
        return err;
    }
    *out = data;
    return 0;
}

static int map(struct adl_shm *out, int fd, size_t size, size_t tail)
{
    void *data = NULL;
    int err = tail > 0 ? map_with_tail(&data, fd, size, tail)
                       : map_shared(&data, fd, size);

    if (err < 0) {
        return err;
    }
    *out = (struct adl_shm){.fd = fd, .data = data, .size = size, .tail = tail};
    return 0;
}

int adl_shm_create(struct adl_shm *out, const char *name, size_t size,
                   size_t tail)
{
    if (size > INTPTR_MAX) {
        return -ENOMEM;
    }
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) {
        return -errno;
    }
    int err = 0;
    if (ftruncate(fd, (off_t)size) < 0 || fcntl(fd, F_ADD_SEALS, SEALS) < 0) {
        err = errno == EFBIG ? -ENOMEM : -errno;
    } else {
        err = map(out, fd, size, tail);
    }
    if (err < 0) {
        (void)close(fd); /* nothing was written to it */
    }
    return err;
}

int adl_shm_adopt(struct adl_shm *out, int fd, size_t tail)
{
    struct stat st;
    int seals = fcntl(fd, F_GET_SEALS);

    if (seals < 0) {
        return -errno; /* -EINVAL: no memfd */
    }
    if ((seals & SEALS) != SEALS) {
        return -EINVAL;
    }
    if (fstat(fd, &st) < 0) {
        return -errno;
    }
    if (st.st_size <= 0 || (uintmax_t)st.st_size > INTPTR_MAX) {
        return -EINVAL;
    }
    return map(out, fd, (size_t)st.st_size, tail);
}

void adl_shm_unmap(struct adl_shm *shm)
{
    (void)munmap(shm->data, shm->size + shm->tail); /* as it was mapped */
    *shm = (struct adl_shm){0};
}

void adl_shm_finish(struct adl_shm *shm)
{
    if (shm->data == NULL) {
        return;
    }
    (void)close(shm->fd); /* memory has nothing to lose on close */
    adl_shm_unmap(shm);
}
