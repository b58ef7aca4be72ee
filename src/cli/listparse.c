/* SPDX-License-Identifier: MIT */
#include "cli/listparse.h"

#include <errno.h>
#include <string.h>

#include "cli/listjson.h"

int adl_listparse_init(struct adl_listparse *parse, const char *protocols,
                       const struct adl_listparse_callbacks *callbacks,
                       void *data)
{
    *parse = (struct adl_listparse){
        .protocols = protocols,
        .callbacks = callbacks,
        .data = data,
    };
    return adl_lines_init(&parse->lines);
}

void adl_listparse_finish(struct adl_listparse *parse)
{
    adl_lines_finish(&parse->lines);
    adl_entry_finish(&parse->entries[0]);
    adl_entry_finish(&parse->entries[1]);
    adl_strlist_finish(&parse->unknown);
    adl_buf_finish(&parse->why);
    adl_buf_finish(&parse->word);
}

void adl_listparse_begin(struct adl_listparse *parse, const char *file,
                         uint64_t line)
{
    adl_lines_reset(&parse->lines);
    parse->lines.number = line;
    parse->place.file = file;
    parse->state = ADL_LISTPARSE_NOTHING;
}

void adl_listparse_add(struct adl_listparse *parse, const char *chunk,
                       size_t len)
{
    adl_lines_add(&parse->lines, chunk, len);
}

void adl_listparse_end(struct adl_listparse *parse)
{
    adl_lines_end(&parse->lines);
}

bool adl_listparse_is_waiting(const struct adl_listparse *parse)
{
    return parse->state == ADL_LISTPARSE_PENDING;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* Cut blanks at both ends. */
static void trim(const char **text, size_t *len)
{
    while (*len > 0 && is_blank(**text)) {
        (*text)++;
        (*len)--;
    }
    while (*len > 0 && is_blank((*text)[*len - 1])) {
        (*len)--;
    }
}

/*
 * A line that is wrong: report what is in why, or what. 0 so that reading
 * goes on, or -ENOMEM.
 */
static int report(struct adl_listparse *parse, const char *what)
{
    if (what != NULL) {
        adl_buf_reset(&parse->why);
        int err = adl_buf_add_str(&parse->why, what);

        if (err < 0) {
            return err;
        }
    }
    parse->callbacks->on_bad(&parse->place, adl_buf_str(&parse->why),
                             parse->data);
    return 0;
}

static void report_unknown(struct adl_listparse *parse)
{
    for (size_t i = 0; i < parse->unknown.n; i++) {
        parse->callbacks->on_unknown(&parse->place, parse->unknown.items[i],
                                     parse->data);
    }
    adl_strlist_reset(&parse->unknown);
}

/* Give out the entry that was being filled, and go on with the other one. */
static void give(struct adl_entry **out, struct adl_listparse *parse)
{
    *out = &parse->entries[parse->current];
    parse->current = 1 - parse->current;
}

int adl_listparse_flush(struct adl_entry **out, struct adl_listparse *parse)
{
    if (parse->state != ADL_LISTPARSE_PENDING) {
        return 0;
    }
    give(out, parse);
    parse->state = ADL_LISTPARSE_FLUSHED;
    return 1;
}

/* A line that begins an entry. 1 with the entry before it, 0 or -ENOMEM. */
static int begin_entry(struct adl_entry **out, struct adl_listparse *parse,
                       const char *text, size_t len)
{
    int n_given = adl_listparse_flush(out, parse);
    struct adl_entry *entry = &parse->entries[parse->current];
    const struct adl_listjson json = {
        .entry = entry,
        .protocols = parse->protocols,
        .unknown = &parse->unknown,
        .why = &parse->why,
    };
    bool is_json = text[0] == '{';

    adl_entry_reset(entry);
    adl_buf_reset(&parse->why);
    entry->line = parse->place.line;
    entry->index = ++parse->n_entries;
    int err = is_json ? adl_listjson_read(&json, text, len)
                      : adl_entry_add_urls(entry, text, len, parse->protocols,
                                           &parse->why);
    report_unknown(parse);
    parse->state = err == 0 ? ADL_LISTPARSE_PENDING : ADL_LISTPARSE_BAD;
    if (err == -EINVAL) {
        err = report(parse, NULL);
    }
    return err < 0 ? err : n_given;
}

/* The value of an option behind its '=', as a string. */
static int copy_option(struct adl_listparse *parse, const char *text,
                       size_t len, const char **value)
{
    const char *equals = memchr(text, '=', len);
    const char *name = text;
    size_t n_name = (size_t)(equals - text);
    size_t n_value = len - n_name - 1;
    const char *v = equals + 1;

    trim(&name, &n_name);
    trim(&v, &n_value);
    adl_buf_reset(&parse->word);
    int err = adl_buf_add(&parse->word, name, n_name);
    if (err == 0) {
        err = adl_buf_add(&parse->word, "", 1); /* the name's end */
    }
    if (err == 0) {
        err = adl_buf_add(&parse->word, v, n_value);
    }
    if (err == 0) {
        *value = parse->word.data + n_name + 1;
    }
    return err;
}

/* An indented "name=value". */
static int read_option(struct adl_listparse *parse, const char *text,
                       size_t len)
{
    if (parse->state == ADL_LISTPARSE_NOTHING) {
        return report(parse, "an option without a URL above it");
    }
    if (parse->state == ADL_LISTPARSE_FLUSHED) {
        return report(parse, "this option came too late: the download above "
                             "it has started");
    }
    const char *value = NULL;
    int err = copy_option(parse, text, len, &value);
    if (err < 0) {
        return err;
    }
    const char *name = parse->word.data;
    adl_buf_reset(&parse->why);
    err = adl_entry_set(&parse->entries[parse->current], name, value,
                        &parse->why);
    if (err == -ENOENT) {
        parse->callbacks->on_unknown(&parse->place, name, parse->data);
        return 0;
    }
    if (err == -EINVAL) {
        parse->state = ADL_LISTPARSE_BAD;
        err = report(parse, NULL);
    }
    return err;
}

/* "name=..." with a name as options have them, so not a URL with a query. */
static bool is_option(const char *text, size_t len)
{
    size_t n = 0;

    while (n < len && ((text[n] >= 'a' && text[n] <= 'z') ||
                       (text[n] >= 'A' && text[n] <= 'Z') ||
                       (text[n] >= '0' && text[n] <= '9') || text[n] == '-' ||
                       text[n] == '_')) {
        n++;
    }
    while (n > 0 && n < len && is_blank(text[n])) {
        n++;
    }
    return n > 0 && n < len && text[n] == '=';
}

/* A line that cannot be read at all belongs to no entry. */
static int refuse_line(struct adl_entry **out, struct adl_listparse *parse,
                       const char *what, bool is_indented)
{
    int n_given = 0;

    if (!is_indented) {
        n_given = adl_listparse_flush(out, parse);
        parse->n_entries++;
    }
    parse->state = ADL_LISTPARSE_BAD;
    int err = report(parse, what);
    return err < 0 ? err : n_given;
}

static int read_line(struct adl_entry **out, struct adl_listparse *parse,
                     const struct adl_line *line)
{
    const char *text = line->text;
    size_t len = line->len;
    bool is_indented = len > 0 && is_blank(text[0]);

    parse->place.line = line->number;
    trim(&text, &len);
    if (len > 0 && text[0] == '#') {
        return 0;
    }
    if (line->is_too_long) { /* there may be more than the blanks we have */
        return refuse_line(out, parse, "line longer than 65536 bytes",
                           is_indented);
    }
    if (len == 0) {
        return 0;
    }
    if (memchr(text, '\0', len) != NULL) {
        return refuse_line(out, parse,
                           "NUL byte in the line: a list is UTF-8 text",
                           is_indented);
    }
    if (is_indented && is_option(text, len)) {
        return read_option(parse, text, len);
    }
    return begin_entry(out, parse, text, len);
}

int adl_listparse_next(struct adl_entry **out, struct adl_listparse *parse)
{
    struct adl_line line;

    while (adl_lines_next(&line, &parse->lines)) {
        int n = read_line(out, parse, &line);

        if (n != 0) {
            return n;
        }
    }
    return parse->lines.is_over ? adl_listparse_flush(out, parse) : 0;
}
