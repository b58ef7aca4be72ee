/* SPDX-License-Identifier: MIT */
/* What a body is made of: its half on the loop (body.h) and its half on the
 * pool (save.h). */
#ifndef ADL_FETCH_BODY_STATE_H
#define ADL_FETCH_BODY_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "asyncdl/request.h"
#include "fetch/decode.h"
#include "fetch/offload.h"
#include "fetch/range.h"
#include "store/leftovers.h"
#include "store/sink.h"
#include "util/buf.h"

/* Bodies up to here are saved in one go. */
#define ADL_BODY_SMALL_BYTES 65536

struct adl_body;

/* What bodies of a client share. */
struct adl_body_env {
    struct adl_offload *offload;
    struct adl_dir *dir;
    size_t n_streams; /* files under way that are not small */
    struct adl_leftovers leftovers;
};

struct adl_body_ops {
    void (*on_room)(struct adl_body *body);  /* chunks were written */
    void (*on_saved)(struct adl_body *body); /* after save or drop; err says */
    /* A job is handed over: what on_half and on_void read is to be set aside.
     * May be NULL. */
    void (*on_handover)(struct adl_body *body);
    /*
     * On a thread of the pool: a file is ready to appear, which it does once
     * the batch of its job is settled. 0, or why it must not. This and
     * on_unmade may be NULL.
     */
    int (*on_ready)(struct adl_body *body, const struct adl_sink *sink,
                    struct adl_sink_error *error);
    /* Likewise: it was ready, and has not appeared. */
    void (*on_unmade)(struct adl_body *body, int err, const char *why);
    /*
     * Likewise: there is half a body of work.version in that part, n_synced
     * bytes of which would survive a power cut. Not NULL where a version is
     * set.
     */
    void (*on_half)(struct adl_body *body, const char *part, uint64_t n_synced);
    /*
     * Likewise: what was noted of half a body is void, since its part is about
     * to hold another one. Returns once that lasts: 0, or why it does not. Not
     * NULL where a version is set.
     */
    int (*on_void)(struct adl_body *body);
};

struct adl_chunk;

/* Of a transfer that was begun. */
struct adl_body {
    struct adl_job job;
    struct adl_body_env *env;
    const struct adl_body_ops *ops;
    enum asyncdl_body kind;
    uint64_t size;      /* bytes taken: where the next attempt may go on; of a
                           file that was saved, its size */
    uint64_t max_size;  /* 0: no limit */
    uint64_t expected;  /* 0: not known */
    struct adl_buf mem; /* ASYNCDL_BODY_MEMORY; a small file */
    asyncdl_body_cb on_body;
    void *data; /* for on_body */
    struct asyncdl_transfer *transfer;
    bool is_refused; /* on_body failed: no other attempt would help */
    int err;         /* what saving came to */
    char *error;     /* the same in words; NULL: what err says */

    bool is_damaged;                  /* of err: see struct adl_sink_error */
    uint8_t sha256[ADL_SHA256_BYTES]; /* where target.checks want it */
    struct adl_digest *digest;        /* of a body that is no file */
    enum adl_coding coding;           /* of what is taken, of a file */

    /* A file that is not small. */
    struct adl_chunk *filling;
    struct adl_chunk *filled; /* oldest first */
    size_t n_filled;
    struct adl_chunk *spare; /* written, to be filled again */
    size_t chunk_cap;        /* of the chunk that was last begun */
    bool is_stream;
    bool has_file; /* a stream's: it was open when a job was last over */
    bool is_quick; /* and to write to it is no more than a copy */
    bool is_busy;  /* a job is under way, and owns work and sink */
    atomic_bool is_unwanted; /* said to a job: what it decodes is void */
    bool must_rewind;
    bool must_save;
    bool must_drop;
    bool must_keep; /* with must_drop: what there is can be gone on with */
    const struct adl_validator *version; /* see adl_body_set_version() */
    struct adl_sink_target target;       /* borrowed from the transfer */
    struct {
        struct adl_chunk *chunks;
        struct adl_validator *version;
        struct adl_sink_target target;
        uint64_t expected;
        enum adl_coding coding;
        int err;
        bool is_rewinding;
        bool is_saving;
        bool is_dropping;
        bool is_keeping;
    } work;
    struct adl_sink *sink;
    uint64_t n_ready; /* the size of what was ready to appear */
    struct {
        char part[ADL_PART_NAME_MAX]; /* of an earlier run; "": none */
        uint64_t bytes;
    } rest;
    struct adl_decoder *decoder; /* the job's; NULL: it has no coding */
    uint64_t n_coded;            /* bytes that it was given */
    uint64_t n_plain;            /* that it made of them */
    uint64_t n_noted;            /* bytes when they were last noted */
    uint64_t n_synced;           /* of these, what would survive a power cut */
    bool is_left;                /* half of it was left to a later run */
    bool is_noted; /* it may stand in the journal that there is half */
};

#endif
