/* SPDX-License-Identifier: MIT */
/*
 * The kernel knows a thread's robust locks by a list in the thread's memory,
 * which the C library begins and its own robust mutexes use. Where a thread
 * dies, each word on the list that holds its id is marked, and one that waits
 * is woken; the lock that list_op_pending names is on the list, too, and there
 * a wake is made up for that the dead may have swallowed or owed.
 *
 * The C library's mutexes cannot be used in memory that a peer may have
 * damaged: their links stand beside the word, and whoever unlocks writes where
 * they point. But the kernel only wants a link at a fixed distance from its
 * word. So the word stands at the very end of the shared pages, and its link
 * in the private page behind them. Nothing that a peer writes is followed.
 *
 * The word is 0, or the holder's thread id, with FUTEX_WAITERS since the first
 * time that anybody waited. That bit stays for good: it costs a system call in
 * each unlock, and without it a thread that takes the lock between a wake and
 * the death of the woken one would not know that there are more to wake.
 */
#define _GNU_SOURCE /* syscall(), gettid() */
#include "pool/robust.h"

#include <assert.h>
#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pool/futex.h"

/* Looks before sleep: a holder that copies a small item is soon done. */
#define N_LOOKS 100

/* As the C library lays its links out, for each may be the other's neighbour.
 * A link points to the next one's `next`, and the last to the list's head. */
struct adl_robust_node {
    struct robust_list *prev;
    struct robust_list next;
    struct robust_list_head *head; /* of the holder's list */
};

static struct robust_list_head *get_head(void)
{
    struct robust_list_head *head = NULL;
    size_t size;

    if (syscall(SYS_get_robust_list, 0, &head, &size) < 0 ||
        size != sizeof(*head)) {
        return NULL;
    }
    return head;
}

/* The kernel sees what stands in memory at any instruction. */
static void keep_order(void)
{
    atomic_signal_fence(memory_order_seq_cst);
}

static void set_pending(struct robust_list_head *head, struct robust_list *link)
{
    keep_order();
    head->list_op_pending = link;
    keep_order();
}

/* Only where there is a next one: nothing is known of what stands before the
 * head itself. */
static void set_prev_of(struct robust_list *link,
                        const struct robust_list_head *head,
                        struct robust_list *prev)
{
    uintptr_t next = (uintptr_t)link & ~(uintptr_t)1; /* 1: a lock with PI */

    if (next != (uintptr_t)&head->list) {
        struct adl_robust_node *node =
            (void *)(next - offsetof(struct adl_robust_node, next));

        node->prev = prev;
    }
}

static void enqueue(struct robust_list_head *head, struct adl_robust_node *node)
{
    set_prev_of(head->list.next, head, &node->next);
    *node = (struct adl_robust_node){
        .prev = &head->list,
        .next = {.next = head->list.next},
        .head = head,
    };
    keep_order();
    head->list.next = &node->next;
}

/* A peer that wrote to the word may have let another thread in, which took the
 * link out already. */
static void dequeue(struct adl_robust_node *node)
{
    struct robust_list *prev = (void *)((uintptr_t)node->prev & ~(uintptr_t)1);

    if (prev != NULL) {
        set_prev_of(node->next.next, node->head, node->prev);
        prev->next = node->next.next;
    }
    keep_order();
    *node = (struct adl_robust_node){0};
}

int adl_robust_init(struct adl_robust *out, const struct adl_shm *shm)
{
    const struct robust_list_head *head = get_head();

    assert(shm->size >= ADL_ROBUST_SIZE && shm->tail >= ADL_ROBUST_TAIL);
    if (head == NULL || head->futex_offset % 4 != 0 ||
        head->futex_offset > -12 || head->futex_offset < -ADL_ROBUST_SIZE) {
        return -ENOTSUP;
    }
    struct adl_robust_node *node =
        (void *)((unsigned char *)shm->data + shm->size);
    *out = (struct adl_robust){
        .word = (void *)((unsigned char *)&node->next + head->futex_offset),
        .node = node,
    };
    return 0;
}

/* Whether it was free; *seen is what the word holds otherwise. */
static bool try_to_take(struct adl_robust *lock, uint32_t *seen, uint32_t mine)
{
    *seen = atomic_load_explicit(lock->word, memory_order_relaxed);
    while ((*seen & FUTEX_TID_MASK) == 0) {
        uint32_t taken = mine | (*seen & FUTEX_WAITERS);

        if (atomic_compare_exchange_weak_explicit(lock->word, seen, taken,
                                                  memory_order_acquire,
                                                  memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

/* 0, -EOWNERDEAD, -EDEADLK or -ETIMEDOUT. */
static int take(struct adl_robust *lock, uint32_t mine, int64_t deadline)
{
    uint32_t seen;

    for (int i = 0;; i++) {
        if (try_to_take(lock, &seen, mine)) {
            return (seen & FUTEX_OWNER_DIED) != 0 ? -EOWNERDEAD : 0;
        }
        if ((seen & FUTEX_TID_MASK) == mine) {
            return -EDEADLK;
        }
        if (i < N_LOOKS) {
            continue;
        }
        if ((seen & FUTEX_WAITERS) == 0) {
            if (!atomic_compare_exchange_strong_explicit(
                    lock->word, &seen, seen | FUTEX_WAITERS,
                    memory_order_relaxed, memory_order_relaxed)) {
                continue;
            }
            seen |= FUTEX_WAITERS;
        }
        if (adl_futex_wait(lock->word, seen, deadline) < 0) {
            return -ETIMEDOUT;
        }
    }
}

int adl_robust_lock(struct adl_robust *lock, int64_t deadline)
{
    struct robust_list_head *head = get_head();

    set_pending(head, &lock->node->next);
    int err = take(lock, (uint32_t)gettid(), deadline);
    if (err == 0 || err == -EOWNERDEAD) {
        enqueue(head, lock->node);
    }
    set_pending(head, NULL);
    return err;
}

void adl_robust_unlock(struct adl_robust *lock)
{
    struct robust_list_head *head = lock->node->head;

    if (head == NULL) {
        head = get_head(); /* as above */
    }
    set_pending(head, &lock->node->next);
    dequeue(lock->node);
    uint32_t was = atomic_fetch_and_explicit(lock->word, FUTEX_WAITERS,
                                             memory_order_release);
    if ((was & FUTEX_WAITERS) != 0) {
        adl_futex_wake_one(lock->word);
    }
    set_pending(head, NULL);
}

/* The node is only looked at by who has the lock, by its word; it tells whether
 * the word is true. */
bool adl_robust_is_mine(const struct adl_robust *lock)
{
    uint32_t word = atomic_load_explicit(lock->word, memory_order_relaxed);

    return (word & FUTEX_TID_MASK) == (uint32_t)gettid() &&
           lock->node->head != NULL;
}
