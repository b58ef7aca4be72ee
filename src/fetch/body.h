/* SPDX-License-Identifier: MIT */
/*
 * Where a body goes, over all attempts of a request.
 *
 * A file's body stays in memory while it is small, and is saved in one go. A
 * larger one goes to the disk in chunks: while one job writes, the next chunk
 * is filled, and when chunks pile up the attempt is paused. All work on a
 * file's sink is done by one job at a time, on the pool.
 */
#ifndef ADL_FETCH_BODY_H
#define ADL_FETCH_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "asyncdl/request.h"
#include "fetch/offload.h"
#include "store/sink.h"
#include "util/buf.h"

/* Bodies up to here are saved in one go. */
#define ADL_BODY_SMALL_BYTES 65536

/* The answers of adl_body_add() besides errors. */
#define ADL_BODY_FULL   1 /* not taken: wait for on_room */
#define ADL_BODY_PAUSED 2 /* taken, and the user wants no more for now */

struct adl_body;

/* What bodies of a client share. */
struct adl_body_env {
    struct adl_offload *offload;
    struct adl_dir *dir;
    size_t n_streams; /* files under way that are not small */
};

struct adl_body_ops {
    void (*on_room)(struct adl_body *body);  /* chunks were written */
    void (*on_saved)(struct adl_body *body); /* after save or drop; err says */
    /*
     * On a thread of the pool: a file is ready to appear, which it does once
     * the batch of its job is settled. 0, or why it must not. This and
     * on_unmade may be NULL.
     */
    int (*on_ready)(struct adl_body *body, const struct adl_sink *sink,
                    struct adl_sink_error *error);
    /* Likewise: it was ready, and has not appeared. */
    void (*on_unmade)(struct adl_body *body, int err, const char *why);
};

struct chunk; /* of a file; private */

/* Embedded in a transfer. */
struct adl_body {
    struct adl_job job;
    struct adl_body_env *env;
    const struct adl_body_ops *ops;
    enum asyncdl_body kind;
    uint64_t size;      /* bytes taken: where the next attempt may go on */
    uint64_t max_size;  /* 0: no limit */
    uint64_t expected;  /* 0: not known */
    struct adl_buf mem; /* ASYNCDL_BODY_MEMORY; a small file */
    asyncdl_body_cb on_body;
    void *data; /* for on_body */
    struct asyncdl_transfer *transfer;
    bool is_refused; /* on_body failed: no other attempt would help */
    int err;         /* what saving came to */
    char *error;     /* the same in words; NULL: what err says */

    bool is_damaged; /* err is ASYNCDL_ECHECKSUM: see adl_checks_judge() */
    uint8_t sha256[ADL_SHA256_BYTES]; /* where target.checks want it */
    struct adl_digest *digest;        /* of a body that is no file */

    /* A file that is not small. */
    struct chunk *filling;
    struct chunk *filled; /* oldest first */
    size_t n_filled;
    bool is_stream;
    bool is_busy; /* a job is under way, and owns work and sink */
    bool must_rewind;
    bool must_save;
    bool must_drop;
    struct adl_sink_target target; /* borrowed from the transfer */
    struct {
        struct chunk *chunks;
        struct adl_sink_target target;
        uint64_t expected;
        int err;
        bool is_rewinding;
        bool is_saving;
        bool is_dropping;
    } work;
    struct adl_sink *sink;
};

/* Free the memory. Nothing may be under way on the disk. */
void adl_body_finish(struct adl_body *body);

/* How long the body will be; helps to choose how to keep it. */
void adl_body_expect(struct adl_body *body, uint64_t size);

/* Ready for another life after on_saved told of a failure. */
void adl_body_reset(struct adl_body *body);

/* Start over: what was taken is void. */
void adl_body_restart(struct adl_body *body);

/* 0, ADL_BODY_FULL, ADL_BODY_PAUSED, or a code that ends the transfer. */
int adl_body_add(struct adl_body *body, const void *bytes, size_t len);

/* All is there: check it and make it last. on_saved follows later, on the
 * loop; for a body that is no file it is called at once. */
void adl_body_save(struct adl_body *body);

/* It will not be used: on_saved follows later, on the loop, for a file that is
 * not small; else it is called at once. */
void adl_body_drop(struct adl_body *body);

/* What the file is to be, or of others the checks alone, to be said before the
 * first byte and again when it changes. What it points at is borrowed until
 * on_saved. */
void adl_body_set_target(struct adl_body *body,
                         const struct adl_sink_target *target);

#endif
