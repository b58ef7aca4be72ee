/* SPDX-License-Identifier: MIT */
/* What a process leaves behind: its descriptors, and the processes that came of
 * it, as /proc shows them. */
#ifndef SUPPORT_KIN_H
#define SUPPORT_KIN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Descriptors that are open here. */
size_t kin_count_fds(void);

/* Children of a process, those that nobody has waited for included. At most
 * cap of their ids go to out, which may be NULL. */
size_t kin_list_children(pid_t parent, pid_t *out, size_t cap);

/* Is there a process of that id, dead ones that nobody waits for left out? */
bool kin_is_alive(pid_t pid);

/* Wait until there is none, at most 30 s. */
bool kin_wait_until_gone(pid_t pid);

#endif
