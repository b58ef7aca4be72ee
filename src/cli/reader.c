/* SPDX-License-Identifier: MIT */
/*
 * pump() is the one place that moves on: it gives out what the parser has,
 * then does the next thing that can bring more (read, next source, end). It is
 * called whenever something came or is wanted; while it runs it is not entered
 * again, since whoever takes an entry may want more at once.
 */
#include "cli/reader.h"

#include <errno.h>
#include <string.h>

static void pump(struct adl_reader *reader);

static void end(struct adl_reader *reader, int err)
{
    size_t i = reader->next > 0 ? reader->next - 1 : 0;
    const char *name = i < reader->options.sources->n
                           ? reader->options.sources->items[i].name
                           : "";

    reader->is_ended = true;
    (void)uv_timer_stop(&reader->grace); /* never fails */
    reader->options.on_end(err, name, reader->options.data);
}

static void give(struct adl_reader *reader, const struct adl_entry *entry)
{
    const struct adl_place place = {
        .file = reader->parse.place.file,
        .line = entry->line,
    };

    if (reader->options.on_entry(entry, &place, reader->options.data) &&
        reader->n_wanted > 0) {
        reader->n_wanted--;
    }
}

static void on_grace_over(uv_timer_t *timer)
{
    struct adl_reader *reader = timer->data;
    struct adl_entry *entry = NULL;

    if (reader->n_wanted > 0 &&
        adl_listparse_flush(&entry, &reader->parse) > 0) {
        give(reader, entry);
    }
}

static void on_chunk(const char *chunk, ssize_t n, void *data)
{
    struct adl_reader *reader = data;

    reader->is_reading = false;
    (void)uv_timer_stop(&reader->grace); /* never fails */
    if (n < 0) {
        end(reader, (int)n);
        return;
    }
    if (n == 0) {
        reader->is_input_ended = true;
        adl_listparse_end(&reader->parse);
    } else {
        adl_listparse_add(&reader->parse, chunk, (size_t)n);
    }
    pump(reader);
}

static void finish_close(struct adl_reader *reader)
{
    if (--reader->n_open == 0) {
        adl_listparse_finish(&reader->parse);
        reader->on_closed(reader->options.data); /* may free reader */
    }
}

static void on_input_closed(void *data)
{
    struct adl_reader *reader = data;

    reader->has_input = false;
    if (reader->is_closing) {
        finish_close(reader);
    } else {
        pump(reader);
    }
}

/* Begin with the next source. 1 when it is there, 0 at the end of all. */
static int open_next(struct adl_reader *reader)
{
    if (reader->next == reader->options.sources->n) {
        return 0;
    }
    struct adl_source *source = &reader->options.sources->items[reader->next++];
    if (source->kind == ADL_SOURCE_URL) {
        adl_listparse_begin(&reader->parse, source->name, source->position - 1);
        adl_listparse_add(&reader->parse, source->text, strlen(source->text));
        adl_listparse_end(&reader->parse);
        return 1;
    }
    int fd = adl_source_take_fd(source);
    if (fd < 0) {
        return fd;
    }
    int err =
        adl_input_init(&reader->input, reader->loop, fd, on_chunk, reader);
    if (err < 0) {
        source->fd = fd; /* closed with the sources */
        return err;
    }
    adl_listparse_begin(&reader->parse, source->name, 0);
    reader->has_input = true;
    reader->is_input_ended = false;
    return 1;
}

/* Read on, and let an entry wait for its options only for a while. */
static int read_on(struct adl_reader *reader)
{
    int err = adl_input_read(&reader->input);

    if (err < 0) {
        return err;
    }
    reader->is_reading = true;
    if (adl_input_is_live(&reader->input) &&
        adl_listparse_is_waiting(&reader->parse)) {
        err = uv_timer_start(&reader->grace, on_grace_over, ADL_READER_GRACE_MS,
                             0);
    }
    return err;
}

/*
 * Do what can bring more entries. 1 when there may be some now, 0 when they
 * come later or never.
 */
static int advance(struct adl_reader *reader)
{
    if (reader->has_input && reader->input.is_closing) {
        return 0;
    }
    if (reader->has_input && reader->is_input_ended) {
        /* at once for a file, so that pump() may well be running now */
        adl_input_close(&reader->input, on_input_closed);
        return reader->has_input ? 0 : 1;
    }
    if (reader->has_input) {
        int err = read_on(reader);

        if (err < 0) {
            end(reader, err);
        }
        return 0;
    }
    int n = open_next(reader);
    if (n <= 0) {
        end(reader, n);
    }
    return n > 0 ? 1 : 0;
}

static bool can_go_on(const struct adl_reader *reader)
{
    return reader->n_wanted > 0 && !reader->is_reading && !reader->is_ended &&
           !reader->is_closing;
}

static void pump(struct adl_reader *reader)
{
    struct adl_entry *entry = NULL;

    if (reader->is_pumping) {
        return;
    }
    reader->is_pumping = true;
    while (can_go_on(reader)) {
        int n = adl_listparse_next(&entry, &reader->parse);

        if (n < 0) {
            end(reader, n);
        } else if (n > 0) {
            give(reader, entry);
        } else if (advance(reader) == 0) {
            break;
        }
    }
    reader->is_pumping = false;
}

int adl_reader_init(struct adl_reader *reader, uv_loop_t *loop,
                    const struct adl_reader_options *options)
{
    *reader = (struct adl_reader){.loop = loop, .options = *options};
    int err = adl_listparse_init(&reader->parse, options->protocols,
                                 &reader->options.list, options->data);
    if (err == 0) {
        err = uv_timer_init(loop, &reader->grace);
    }
    if (err < 0) {
        adl_listparse_finish(&reader->parse);
        return err;
    }
    reader->grace.data = reader;
    return 0;
}

/* Is there an entry whose time was over when nothing was wanted? */
static bool has_overdue(const struct adl_reader *reader)
{
    return reader->is_reading && !reader->is_closing &&
           adl_input_is_live(&reader->input) &&
           !uv_is_active((const uv_handle_t *)&reader->grace);
}

void adl_reader_want(struct adl_reader *reader, size_t n)
{
    reader->n_wanted = n;
    if (has_overdue(reader)) {
        on_grace_over(&reader->grace);
    }
    pump(reader);
}

static void on_grace_closed(uv_handle_t *handle)
{
    finish_close(handle->data);
}

void adl_reader_close(struct adl_reader *reader, void (*on_closed)(void *))
{
    bool is_input_closing = reader->has_input && reader->input.is_closing;

    reader->is_closing = true;
    reader->on_closed = on_closed;
    reader->n_open = reader->has_input ? 2 : 1;
    uv_close((uv_handle_t *)&reader->grace, on_grace_closed);
    if (reader->has_input && !is_input_closing) {
        adl_input_close(&reader->input, on_input_closed);
    }
}
