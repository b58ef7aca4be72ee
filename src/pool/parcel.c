/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memfd_create, F_ADD_SEALS, MAP_POPULATE, fallocate */
#include "pool/parcel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "asyncdl/error.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
#define MARK  64 /* bytes in front of the data, and their alignment */

#if !defined(MADV_POPULATE_WRITE)
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

enum {
    IN_USE, /* what fresh memory says */
    IDLE,
    EMPTY, /* idle, and without memory */
};

static size_t get_page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static char *get_memory(struct adl_parcel *parcel)
{
    return (char *)parcel + get_page_size();
}

static atomic_uint *get_mark(struct adl_parcel *parcel)
{
    return (atomic_uint *)(void *)get_memory(parcel);
}

void *adl_parcel_get_data(struct adl_parcel *parcel)
{
    return get_memory(parcel) + MARK;
}

/* Map size bytes, whole pages, with a page for us in front. */
static int map(struct adl_parcel **out, int fd, size_t size, int protection,
               int flags)
{
    size_t page = get_page_size();
    char *base = mmap(NULL, page + size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (base == MAP_FAILED) {
        return -errno;
    }
    if (mmap(base + page, size, protection, MAP_SHARED | MAP_FIXED | flags, fd,
             0) == MAP_FAILED) {
        int err = -errno;

        (void)munmap(base, page + size); /* as it was mapped */
        return err;
    }
    struct adl_parcel *parcel = (struct adl_parcel *)(void *)base;
    parcel->size = size - MARK;
    parcel->fd = -1;
    atomic_init(&parcel->n_shares, 1);
    atomic_init(&parcel->is_lent, false);
    *out = parcel;
    return 0;
}

/* Memory for all of it now: what is missing later is a SIGBUS. */
static int allocate(int fd, size_t size)
{
    int err;

    do {
        err = fallocate(fd, 0, 0, (off_t)size) < 0 ? -errno : 0;
    } while (err == -EINTR);
    return err == -ENOSPC ? -ENOMEM : err;
}

/* With the mark, in eighths of a power of two, so that the next that is a
 * little larger fits, too. len is below a quarter of what there can be. */
static size_t round_up(size_t len)
{
    size_t unit = get_page_size();

    while (unit <= (len + MARK) / 16) {
        unit *= 2;
    }
    return (len + MARK + unit - 1) / unit * unit;
}

static int create(struct adl_parcel **out, size_t len, bool is_lazy)
{
    if (len > PTRDIFF_MAX / 4) {
        return -ENOMEM;
    }
    size_t size = round_up(len);
    int fd = memfd_create("asyncdl", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) {
        return -errno;
    }
    int err = !is_lazy                         ? allocate(fd, size)
              : ftruncate(fd, (off_t)size) < 0 ? -errno
                                               : 0;
    if (err == 0 && fcntl(fd, F_ADD_SEALS, SEALS) < 0) {
        err = -errno;
    }
    if (err == 0) {
        err = map(out, fd, size, PROT_READ | PROT_WRITE,
                  is_lazy ? 0 : MAP_POPULATE);
    }
    if (err < 0) {
        (void)close(fd); /* nothing is lost */
        return err;
    }
    (*out)->fd = fd;
    return 0;
}

int adl_parcel_create(struct adl_parcel **out, size_t len)
{
    return create(out, len, false);
}

int adl_parcel_create_lazy(struct adl_parcel **out, size_t len)
{
    return create(out, len, true);
}

/* Bytes that it has, and always will; 0: it is no parcel for len. */
static size_t measure(int fd, size_t len)
{
    struct stat st;
    int seals = fcntl(fd, F_GET_SEALS);

    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || fstat(fd, &st) < 0 ||
        st.st_size < MARK || (uintmax_t)st.st_size > PTRDIFF_MAX / 2) {
        return 0;
    }
    size_t size = (size_t)st.st_size;
    return len <= size - MARK && size % get_page_size() == 0 ? size : 0;
}

int adl_parcel_adopt(struct adl_parcel **out, int fd, size_t len,
                     bool is_writable)
{
    size_t size = measure(fd, len);
    int err = size == 0 ? ASYNCDL_EFRAME
                        : map(out, fd, size,
                              is_writable ? PROT_READ | PROT_WRITE : PROT_READ,
                              MAP_POPULATE);

    (void)close(fd); /* the mapping keeps it */
    return err;
}

void adl_parcel_retain(struct adl_parcel *parcel)
{
    /* Whoever retains has a share: there is nothing to be ordered with. */
    atomic_fetch_add_explicit(&parcel->n_shares, 1, memory_order_relaxed);
}

void adl_parcel_close_fd(struct adl_parcel *parcel)
{
    if (parcel->fd >= 0) {
        (void)close(parcel->fd); /* memory, no disk */
        parcel->fd = -1;
    }
}

void adl_parcel_release(struct adl_parcel *parcel)
{
    /* The last sees, by acquire, what others did before their release. */
    if (parcel == NULL || atomic_fetch_sub_explicit(&parcel->n_shares, 1,
                                                    memory_order_acq_rel) > 1) {
        return;
    }
    adl_parcel_close_fd(parcel);
    (void)munmap(parcel, get_page_size() + MARK + parcel->size); /* ours */
}

bool adl_parcel_is_idle(struct adl_parcel *parcel)
{
    return atomic_load_explicit(get_mark(parcel), memory_order_relaxed) !=
           IN_USE;
}

bool adl_parcel_use(struct adl_parcel *parcel)
{
    /* By acquire, what the other end did with it is over. */
    unsigned was = atomic_exchange_explicit(get_mark(parcel), IN_USE,
                                            memory_order_acquire);

    if (was == EMPTY &&
        madvise(get_memory(parcel), parcel->size + MARK, MADV_POPULATE_WRITE) <
            0 &&
        errno != EINVAL) {
        atomic_store_explicit(get_mark(parcel), EMPTY, memory_order_release);
        return false;
    }
    return was != IN_USE;
}

void adl_parcel_let_go(struct adl_parcel *parcel)
{
    atomic_store_explicit(get_mark(parcel), IDLE, memory_order_release);
}

void adl_parcel_discard(struct adl_parcel *parcel)
{
    size_t page = get_page_size();

    if (parcel->size + MARK > page) { /* its mark stays */
        (void)madvise(get_memory(parcel) + page, parcel->size + MARK - page,
                      MADV_REMOVE); /* else it costs memory, no more */
    }
}

void adl_parcel_empty(struct adl_parcel *parcel)
{
    unsigned was = IDLE;

    if (atomic_compare_exchange_strong_explicit(get_mark(parcel), &was, IN_USE,
                                                memory_order_acquire,
                                                memory_order_relaxed)) {
        adl_parcel_discard(parcel);
        atomic_store_explicit(get_mark(parcel), EMPTY, memory_order_release);
    }
}

void adl_parcel_drop(void *data, size_t len)
{
    size_t page = get_page_size();
    char *memory = (char *)data - MARK;
    struct adl_parcel *parcel = (struct adl_parcel *)(void *)(memory - page);

    (void)len;
    atomic_store_explicit(&parcel->is_lent, false, memory_order_relaxed);
    adl_parcel_let_go(parcel);
    adl_parcel_release(parcel);
}
