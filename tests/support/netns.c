/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* unshare(), setns() */
#include "support/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

bool netns_enter(struct netns *ns)
{
    ns->old_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (ns->old_fd < 0 || unshare(CLONE_NEWNET) < 0) {
        (void)fprintf(stderr,
                      "cannot make a network namespace (%s): needs root, or "
                      "CAP_SYS_ADMIN in a container\n",
                      strerror(errno));
        if (ns->old_fd >= 0) {
            (void)close(ns->old_fd);
        }
        return false;
    }
    return true;
}

void netns_leave(struct netns *ns)
{
    assert_int_equal(setns(ns->old_fd, CLONE_NEWNET), 0);
    (void)close(ns->old_fd);
}

void netns_set_up(bool is_up)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(ioctl(fd, SIOCGIFFLAGS, &request), 0);
    if (is_up) {
        request.ifr_flags |= IFF_UP;
    } else {
        request.ifr_flags &= ~IFF_UP;
    }
    assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &request), 0);
    (void)close(fd);
}
