/* SPDX-License-Identifier: MIT */
#include "store/nameless.h"

#include <errno.h>

#include <unistd.h>

#include "store/file.h"

static int fill(int fd, const struct adl_sink_target *target, const void *bytes,
                size_t len, struct adl_sink_error *error)
{
    int err = adl_file_write(fd, bytes, len);

    if (err < 0) {
        return adl_sink_error_report(error, err, "write", target->path);
    }
    err = adl_target_apply(fd, target);
    return err == 0 ? 0
                    : adl_sink_error_report(error, err, "set the time of",
                                            target->path);
}

int adl_nameless_make(int *out_fd, int aside_fd,
                      const struct adl_sink_target *target, const void *bytes,
                      size_t len, struct adl_sink_error *error)
{
    int fd;
    int err = adl_file_open_nameless(&fd, aside_fd);

    if (err < 0) {
        return err == -ENOTSUP
                   ? err
                   : adl_sink_error_report(error, err, "make", target->path);
    }
    err = fill(fd, target, bytes, len, error);
    if (err < 0) {
        (void)close(fd); /* and it is gone */
        return err;
    }
    *out_fd = fd;
    return 0;
}

int adl_nameless_link(int fd, const struct adl_place *place,
                      const struct adl_sink_target *target,
                      struct adl_sink_error *error)
{
    int err = adl_file_link_nameless(fd, place->folder_fd, place->name);

    if (err == -ENOTSUP) {
        return err;
    }
    /* It needs its descriptor to get its name, so that a close that fails
     * comes too late. File systems that tell of lost bytes that late are those
     * of networks, which know no nameless files. */
    if (close(fd) < 0 && err == 0) {
        err = -errno;
        (void)unlinkat(place->folder_fd, place->name, 0); /* err tells */
        return adl_sink_error_report(error, err, "close", target->path);
    }
    return err == 0 ? 0
                    : adl_sink_error_report(error, err, "link", target->path);
}

int adl_nameless_become_part(struct adl_part *out, int fd, int aside_fd,
                             const struct adl_sink_target *target,
                             struct adl_sink_error *error)
{
    struct adl_part part = {.fd = -1};
    int err = adl_part_open(&part, aside_fd, target->path);

    if (err == 0) {
        err = adl_file_copy(part.fd, fd);
    }
    if (err == 0) {
        err = adl_target_apply(part.fd, target);
    }
    if (err == 0) {
        err = adl_file_flush(part.fd);
    }
    (void)close(fd); /* and it is gone */
    if (err < 0 && part.fd >= 0) {
        adl_part_abort(&part);
    }
    if (err < 0) {
        return adl_sink_error_report(error, err, "make part file for",
                                     target->path);
    }
    *out = part;
    return 0;
}
