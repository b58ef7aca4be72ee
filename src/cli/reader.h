/* SPDX-License-Identifier: MIT */
/*
 * Gives out the entries of all sources, one after the other, as many as are
 * wanted: what is not wanted is not read, so memory does not grow with the
 * lists. An entry that comes bit by bit waits GRACE ms for its options.
 */
#ifndef ADL_CLI_READER_H
#define ADL_CLI_READER_H

#include <stdbool.h>
#include <stddef.h>

#include <uv.h>

#include "cli/input.h"
#include "cli/listparse.h"
#include "cli/source.h"

#define ADL_READER_GRACE_MS 50

/* What to read, and whom to tell. */
struct adl_reader_options {
    struct adl_sources *sources; /* borrowed */
    const char *protocols;       /* as for adl_url_check(), borrowed */
    /* Take an entry, borrowed; true when it counts as one of the wanted. */
    bool (*on_entry)(const struct adl_entry *entry,
                     const struct adl_place *place, void *data);
    /*
     * All sources were read (err 0), or source could not be read on. Called
     * once, from inside adl_reader_want() or the loop.
     */
    void (*on_end)(int err, const char *source, void *data);
    struct adl_listparse_callbacks list; /* told of bad lines */
    void *data;                          /* for all of these */
};

struct adl_reader {
    uv_loop_t *loop;
    uv_timer_t grace;
    struct adl_input input;
    struct adl_listparse parse;
    struct adl_reader_options options;
    size_t next; /* of sources */
    size_t n_wanted;
    bool has_input;      /* input is open, or closing */
    bool is_input_ended; /* all of it is in parse */
    bool is_reading;
    bool is_pumping;
    bool is_ended;
    bool is_closing;
    int n_open; /* handles that are to be closed */
    void (*on_closed)(void *data);
};

/* options are copied. 0, -ENOMEM or what libuv says. */
int adl_reader_init(struct adl_reader *reader, uv_loop_t *loop,
                    const struct adl_reader_options *options);

/* Ask for n entries, instead of what was wanted before. */
void adl_reader_want(struct adl_reader *reader, size_t n);

/* Nothing is given out any more; on_closed follows, perhaps at once. */
void adl_reader_close(struct adl_reader *reader, void (*on_closed)(void *));

#endif
