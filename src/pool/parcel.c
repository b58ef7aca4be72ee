/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memfd_create, F_ADD_SEALS, MAP_POPULATE, fallocate */
#include "pool/parcel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "asyncdl/error.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static int map(struct adl_parcel *parcel, int protection)
{
    void *data = mmap(NULL, parcel->len, protection, MAP_SHARED | MAP_POPULATE,
                      parcel->fd, 0);

    if (data == MAP_FAILED) {
        return -errno;
    }
    parcel->data = data;
    return 0;
}

/* Memory for all of it now: what is missing later is a SIGBUS. */
static int allocate(int fd, size_t len)
{
    int err;

    if (len > INT64_MAX) {
        return -ENOMEM;
    }
    do {
        err = fallocate(fd, 0, 0, (off_t)len) < 0 ? -errno : 0;
    } while (err == -EINTR);
    return err == -ENOSPC ? -ENOMEM : err;
}

int adl_parcel_create(struct adl_parcel *out, size_t len)
{
    struct adl_parcel parcel = {.len = len};

    parcel.fd = memfd_create("asyncdl", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (parcel.fd < 0) {
        return -errno;
    }
    int err = allocate(parcel.fd, len);
    if (err == 0 && fcntl(parcel.fd, F_ADD_SEALS, SEALS) < 0) {
        err = -errno;
    }
    if (err == 0) {
        err = map(&parcel, PROT_READ | PROT_WRITE);
    }
    if (err < 0) {
        (void)close(parcel.fd); /* nothing is lost */
        return err;
    }
    *out = parcel;
    return 0;
}

void adl_parcel_let_go(struct adl_parcel *parcel)
{
    (void)munmap(parcel->data, parcel->len); /* it is ours */
    parcel->data = NULL;
}

int adl_parcel_map(struct adl_parcel *out, int fd, uint64_t len)
{
    struct adl_parcel parcel = {.fd = fd, .len = (size_t)len};
    int err =
        len == 0 || len > SIZE_MAX ? ASYNCDL_EFRAME : map(&parcel, PROT_READ);

    (void)close(fd); /* the mapping keeps it */
    if (err < 0) {
        return err;
    }
    parcel.fd = -1;
    *out = parcel;
    return 0;
}

/* As long as it says, and for good. */
static bool is_whole(int fd, uint64_t len)
{
    struct stat st;
    int seals = fcntl(fd, F_GET_SEALS);

    return seals >= 0 && (seals & F_SEAL_SHRINK) != 0 && fstat(fd, &st) == 0 &&
           st.st_size >= 0 && (uint64_t)st.st_size >= len;
}

int adl_parcel_adopt(struct adl_parcel *out, int fd, uint64_t len)
{
    if (!is_whole(fd, len)) {
        (void)close(fd); /* it is no parcel */
        return ASYNCDL_EFRAME;
    }
    return adl_parcel_map(out, fd, len);
}

void adl_parcel_unmap(void *data, size_t len)
{
    (void)munmap(data, len); /* it was mapped so */
}

void adl_parcel_finish(struct adl_parcel *parcel)
{
    if (parcel->data != NULL) {
        (void)munmap(parcel->data, parcel->len); /* it is ours */
    }
    if (parcel->len > 0 && parcel->fd >= 0) {
        (void)close(parcel->fd); /* others have it, or nobody wants it */
    }
    *parcel = (struct adl_parcel){0};
}
