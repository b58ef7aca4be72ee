/* SPDX-License-Identifier: MIT */
/*
 * What programs and their helpers say to each other. A frame is one message of
 * a SOCK_SEQPACKET socket pair: a head and n records. It never leaves the
 * machine, so numbers are as the processor has them; but a helper runs
 * anybody's functions and may have lost its mind, so that what comes from one
 * is believed only after adl_wire_parse().
 *
 *     head    magic u32, kind u32, len u32 (of the frame), n u32
 *     record  value i64[3], data_len u64, text_len u32, flags u32, parcel u32,
 *             reserved u32
 *             data, text; each filled up with zeros to a multiple of 16 bytes
 *
 * Data that is in a parcel (ADL_WIRE_BY_FD, ADL_WIRE_KEPT) is not in the frame.
 */
#ifndef ADL_POOL_WIRE_H
#define ADL_POOL_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

#define ADL_WIRE_ALIGN    16
#define ADL_WIRE_HEAD     16
#define ADL_WIRE_RECORD   48
#define ADL_WIRE_MAX      (288u << 10) /* of a frame; a socket takes it at once */
#define ADL_WIRE_MAX_TEXT 4096
#define ADL_WIRE_MAX_N    256 /* records of a frame */
#define ADL_WIRE_MAX_FDS  250 /* of a frame; the kernel takes 253 */
#define ADL_WIRE_N_VALUES 3

/* Parcels that a helper knows by their numbers, in each direction (shelf.h);
 * of its results, only as many as are used again. */
#define ADL_WIRE_N_PARCELS        12
#define ADL_WIRE_N_RESULT_PARCELS 8

enum adl_wire_kind {
    /* From a program to its forkserver. */
    ADL_WIRE_GREET = 1, /* the first of all, n = 0 */
    ADL_WIRE_SPAWN,     /* id; a descriptor: the helper's end */
    ADL_WIRE_SIGNAL,    /* id, signal */
    ADL_WIRE_LEAVE, /* end, and let go of what helpers have started; n = 0 */
    /* From a forkserver to who asked for a helper. */
    ADL_WIRE_REFUSED, /* -errno: there will be none */
    ADL_WIRE_EXITED,  /* exit status, signal or 0; nothing follows */
    /* From a program to a helper. */
    ADL_WIRE_MODULE,  /* index; text: path, data: what tells builds apart */
    ADL_WIRE_WORKER,  /* id, max_result_bytes, n_queues << 32 | n_locks; text:
                       * name; then the initializer and the finisher as in
                       * TASKS; descriptors: the outbox (outbox.h), 2 a queue,
                       * 1 a lock, then data */
    ADL_WIRE_PROCESS, /* 0, 0, n_queues << 32 | n_locks; text: name; then the
                       * function as in TASKS; descriptors: all but an outbox */
    ADL_WIRE_TASKS,   /* each: id, module, offset; data: the argument */
    ADL_WIRE_QUIT,    /* end in peace; n = 0 */
    /* From a helper to its program. */
    ADL_WIRE_STARTED, /* pid */
    ADL_WIRE_READY,   /* what the initializer answered; text: its words */
    ADL_WIRE_RESULT,  /* id, error, run_ns; data: the result, text: words */
    ADL_WIRE_BELL,    /* there are RESULTs in the outbox; n = 0 */
    ADL_WIRE_LAST = ADL_WIRE_BELL,
};

/* Instead of a module: no function. */
#define ADL_WIRE_NO_MODULE (-1)

/* Instead of a number of descriptors: the kernel had to drop them, because
 * this process may not open as many. */
#define ADL_WIRE_LOST_FDS SIZE_MAX

enum adl_wire_flags {
    ADL_WIRE_BY_FD = 1u << 0, /* data_len bytes are behind a descriptor */
    ADL_WIRE_KEPT = 1u << 1,  /* they are in the parcel of that number */
    ADL_WIRE_ASIDE = ADL_WIRE_BY_FD | ADL_WIRE_KEPT, /* not in the frame */
};

struct adl_wire_record {
    int64_t value[ADL_WIRE_N_VALUES];
    const void *data; /* aligned as the frame is; NULL where it is not there */
    uint64_t data_len;
    const char *text; /* no NUL behind it */
    uint32_t text_len;
    unsigned flags;
    unsigned parcel; /* its number: where BY_FD, to be kept as; 0: none */
};

struct adl_wire_frame {
    enum adl_wire_kind kind;
    unsigned n;        /* records */
    unsigned n_by_fd;  /* of them */
    const char *bytes; /* borrowed */
    size_t len;
};

/* The bytes that a record takes up, its data in the frame. */
size_t adl_wire_size(size_t data_len, size_t text_len);

/* Start a frame in buf, which is emptied. 0 or -ENOMEM. */
int adl_wire_begin(struct adl_buf *buf, enum adl_wire_kind kind);

/* Add a record. 0; -EMSGSIZE where it does not fit: then, and with -ENOMEM,
 * the frame is as it was. */
int adl_wire_add(struct adl_buf *buf, const struct adl_wire_record *record);

/* A frame of one record without data. 0, -EMSGSIZE or -ENOMEM. */
int adl_wire_put(struct adl_buf *buf, enum adl_wire_kind kind, int64_t first,
                 int64_t second);

/*
 * Read a frame that came with n_fds descriptors. bytes are aligned to
 * ADL_WIRE_ALIGN. 0, or ASYNCDL_EFRAME where it is not one that is well made:
 * another kind, length, number of records or descriptors than there may be, a
 * value out of range, anything but zeros in between.
 */
int adl_wire_parse(struct adl_wire_frame *out, const void *bytes, size_t len,
                   size_t n_fds);

/* Are these ADL_WIRE_HEAD bytes a GREET, be it of another version, whose other
 * frames nobody here understands? */
bool adl_wire_is_greeting(const void *bytes);

/* The records of a frame that was parsed, one after the other: *at is 0 before
 * the first. False after the last. */
bool adl_wire_next(const struct adl_wire_frame *frame, size_t *at,
                   struct adl_wire_record *out);

#endif
