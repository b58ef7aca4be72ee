/* SPDX-License-Identifier: MIT */
/*
 * Children that are forked to be killed. All die with the test.
 */
#ifndef SUPPORT_VICTIM_H
#define SUPPORT_VICTIM_H

#include <stdbool.h>

#include <sys/types.h>

typedef void (*victim_fn)(void *data);

/* A child that does that and ends with status 0. It must not use the assertions
 * of cmocka, after which it would go on with the tests, but this, which ends it
 * with SIGABRT. */
pid_t victim_fork(victim_fn work, void *data);

/* In a child: abort, naming what did not hold. */
#define victim_need(is_true) \
    ((is_true) ? (void)0 : victim_fail(#is_true, __FILE__, __LINE__))

_Noreturn void victim_fail(const char *what, const char *file, int line);

/* Kill -9, and wait; the test fails where it has aborted before. */
void victim_kill(pid_t pid);

/* Wait for its end: its status, or the negative signal. */
int victim_wait(pid_t pid);

/* Wait until it sleeps, in a system call that waits for something, or has
 * ended. */
void victim_wait_until_asleep(pid_t pid);

/* What is killed in all of its steps. */
struct victim_trial {
    victim_fn setup; /* here; may be NULL */
    victim_fn work;  /* in a child */
    victim_fn check; /* here, when the child is dead */
    void *data;
};

/*
 * Kill a child after each of its machine instructions, or with gaps so that all
 * children together make about n_steps. Returns how many were killed; 0 where
 * no child may be traced here.
 */
unsigned victim_kill_in_each_step(const struct victim_trial *trial,
                                  unsigned long n_steps);

#endif
