/* SPDX-License-Identifier: MIT */
/*
 * A network of the test's own, in which only it and the children it starts from
 * then on are: it can be cut. That takes the rights of root.
 *
 *     if (!netns_enter(&ns)) {
 *         skip();
 *     }
 *     netns_set_up(true); ... its loopback is there ...
 *     netns_set_up(false); ... and now it is cut ...
 *     netns_leave(&ns);
 */
#ifndef SUPPORT_NETNS_H
#define SUPPORT_NETNS_H

#include <stdbool.h>

struct netns {
    int old_fd; /* of the network left */
};

/* False, and a line on stderr that says what is missing. The loopback is down
 * at first. */
bool netns_enter(struct netns *ns);
void netns_leave(struct netns *ns);

/* Whatever goes wrong fails the test. */
void netns_set_up(bool is_up);

#endif
