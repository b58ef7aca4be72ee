/* SPDX-License-Identifier: MIT */
/*
 * Memory that a helper shares with its program, for what would cost a system
 * call each by their socket: results on their way, and who has which call.
 *
 * Results are frames in a ring. What was put there is the program's, whatever
 * becomes of the helper. The helper rings, by the socket, as far as the program
 * wants it to: see enum adl_outbox_reader.
 *
 * A helper claims each call before it begins; the program can recall those that
 * are not claimed. So each call is begun once, or was never begun.
 *
 * The memory may hold anything that a helper has written: what is taken is a
 * copy, to be read as what came by a socket.
 */
#ifndef ADL_POOL_OUTBOX_H
#define ADL_POOL_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pool/shm.h"

#define ADL_OUTBOX_CAP ((size_t)128 << 10) /* of the ring */
#define ADL_OUTBOX_MAX ((size_t)16 << 10)  /* of a frame */

/* What the program does next. Zero is what it is at first. */
enum adl_outbox_reader {
    ADL_OUTBOX_ASLEEP, /* it waits for the socket: send results there */
    ADL_OUTBOX_DOZING, /* it looks within a few ms: ring for many, or the last
                        */
    ADL_OUTBOX_AWAKE,  /* it looks before it sleeps */
};

struct adl_outbox {
    struct adl_shm shm;
    uint64_t head; /* the program's: up to here it has taken */
    uint64_t seen; /* likewise: up to here it knows what there is */
    uint64_t tail; /* the helper's: up to here it has put */
};

/* 0 or -errno. */
int adl_outbox_create(struct adl_outbox *out);

/* Map it, in the helper. fd is taken on success. 0, or -errno as of
 * adl_shm_adopt(). */
int adl_outbox_adopt(struct adl_outbox *out, int fd);

/* Once the other side has it; the memory stays. */
void adl_outbox_close_fd(struct adl_outbox *box);

/* Zero is allowed. */
void adl_outbox_finish(struct adl_outbox *box);

/* The helper's. */

/* Begin a call? Not where it was recalled. Calls have growing numbers. */
bool adl_outbox_claim(struct adl_outbox *box, uint64_t call);

/* Put a frame. False where there is no room, or never will be. */
bool adl_outbox_put(struct adl_outbox *box, const void *bytes, size_t len);

/* After a put: when it is not AWAKE, the program may have missed it. */
enum adl_outbox_reader adl_outbox_get_reader(const struct adl_outbox *box);

/* The program's. */

/* Recall all calls up to number `last` that are not claimed. The number of the
 * last one that is, as the helper has it. */
uint64_t adl_outbox_recall(struct adl_outbox *box, uint64_t last);

/* When it is not AWAKE, what was put before shows in has_news() now. */
void adl_outbox_set_reader(struct adl_outbox *box,
                           enum adl_outbox_reader reader);

/* Was anything put since adl_outbox_peek() was last called? */
bool adl_outbox_has_news(const struct adl_outbox *box);

/* Copy the next frame. Its length, at most ADL_OUTBOX_MAX; 0 where there is
 * none; ASYNCDL_EFRAME where there is nonsense. */
int adl_outbox_peek(struct adl_outbox *box, void *out);

/* Go on behind that frame, of that length. */
void adl_outbox_drop(struct adl_outbox *box, size_t len);

#endif
