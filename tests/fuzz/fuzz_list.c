/* SPDX-License-Identifier: MIT */
/*
 * A list is the same entries however its bytes come in pieces, and what is
 * given out of it is what others rely on. Long lines are rare in what a fuzzer
 * makes up: the first byte \x01 stands for the byte before it, as often as
 * the line needs to come close to the longest that is allowed; the byte behind
 * it says how close.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/listparse.h"
#include "cli/url.h"
#include "fuzz/fuzz.h"

#define PAD 1

struct log {
    struct adl_buf events;
    struct adl_buf why;
    const char *broken;
    uint64_t last_index;
    uint64_t last_line;
};

/* Append a string, or that there is none. */
static void write(struct log *log, const char *text)
{
    if (adl_buf_addf(&log->events, "%s%s\x1f", text != NULL ? "=" : "-",
                     text != NULL ? text : "") < 0) {
        abort();
    }
}

static void write_place(struct log *log, const char *what, uint64_t line)
{
    if (adl_buf_addf(&log->events, "\n%s %" PRIu64 " ", what, line) < 0) {
        abort();
    }
}

static void on_bad(const struct adl_place *place, const char *why, void *data)
{
    struct log *log = data;

    write_place(log, "bad", place->line);
    write(log, why);
    if (why[0] == '\0' || fuzz_has_controls(why, strlen(why)) ||
        fuzz_is_planted(1)) {
        log->broken = "a bad line is told in plain words";
    }
}

static void on_unknown(const struct adl_place *place, const char *name,
                       void *data)
{
    write_place(data, "unknown", place->line);
    write(data, name);
}

static bool has_line_end(const char *text)
{
    return text != NULL && strpbrk(text, "\r\n") != NULL;
}

static void judge_entry(struct log *log, const struct adl_entry *entry)
{
    if (entry->index <= log->last_index || entry->line <= log->last_line ||
        fuzz_is_planted(2)) {
        log->broken = "entries come in order";
    }
    if (entry->urls.n == 0 || fuzz_is_planted(3)) {
        log->broken = "an entry has a URL";
    }
    for (size_t i = 0; i < entry->urls.n; i++) {
        const char *url = entry->urls.items[i];

        adl_buf_reset(&log->why);
        if (adl_url_check(url, strlen(url), NULL, &log->why) != 0 ||
            fuzz_is_planted(4)) {
            log->broken = "a URL was checked";
        }
    }
    for (size_t i = 0; i < entry->headers.n; i++) {
        if (has_line_end(entry->headers.items[i]) || fuzz_is_planted(5)) {
            log->broken = "a header is one line";
        }
    }
    if (has_line_end(entry->referer) || has_line_end(entry->user_agent) ||
        (entry->referer != NULL && fuzz_is_planted(6))) {
        log->broken = "what is sent in a header is one line";
    }
    log->last_index = entry->index;
    log->last_line = entry->line;
}

static void write_entry(struct log *log, const struct adl_entry *entry)
{
    write_place(log, "entry", entry->line);
    for (size_t i = 0; i < entry->urls.n; i++) {
        write(log, entry->urls.items[i]);
    }
    for (size_t i = 0; i < entry->headers.n; i++) {
        write(log, entry->headers.items[i]);
    }
    write(log, entry->out);
    write(log, entry->dir);
    write(log, entry->checksum);
    write(log, entry->referer);
    write(log, entry->user_agent);
    judge_entry(log, entry);
}

static void drain(struct log *log, struct adl_listparse *parse)
{
    struct adl_entry *entry = NULL;
    int n;

    while ((n = adl_listparse_next(&entry, parse)) > 0) {
        write_entry(log, entry);
    }
    if (n < 0) {
        abort();
    }
}

/* Hand over a copy that is gone afterwards, as a read buffer's bytes are. */
static void feed(struct log *log, struct adl_listparse *parse,
                 const char *bytes, size_t len)
{
    char *chunk = malloc(len > 0 ? len : 1);

    if (chunk == NULL) {
        abort();
    }
    memcpy(chunk, bytes, len);
    adl_listparse_add(parse, chunk, len);
    drain(log, parse);
    free(chunk);
}

/* Read a list of which the first piece has first bytes, and others step. */
static void read_list(struct log *log, const struct adl_buf *list, size_t first,
                      size_t step)
{
    static const struct adl_listparse_callbacks callbacks = {
        .on_bad = on_bad, .on_unknown = on_unknown};
    struct adl_listparse parse;

    if (adl_listparse_init(&parse, NULL, &callbacks, log) < 0) {
        abort();
    }
    adl_listparse_begin(&parse, "list", 0);
    for (size_t at = 0, n = first; at < list->len; at += n, n = step) {
        n = n < list->len - at ? n : list->len - at;
        feed(log, &parse, list->data + at, n);
    }
    adl_listparse_end(&parse);
    drain(log, &parse);
    adl_listparse_finish(&parse);
}

static const char *compare_pieces(const struct log *whole,
                                  const struct adl_buf *list, size_t first,
                                  size_t step)
{
    struct log log = {0};

    read_list(&log, list, first, step);
    if (fuzz_is_planted(7)) {
        write(&log, "more");
    }
    bool is_same = fuzz_is_same(&whole->events, &log.events);
    adl_buf_finish(&log.events);
    adl_buf_finish(&log.why);
    return is_same ? NULL : "a list is the same in pieces";
}

/* Long lists in fewer ways: in the middle of them nothing much happens. */
static const char *check_pieces(const struct adl_buf *list)
{
    struct log whole = {0};
    bool is_long = list->len > ADL_LINES_MAX_LEN / 2;
    size_t step = is_long ? 12345 : 1;

    read_list(&whole, list, list->len, 1);
    const char *broken = whole.broken;
    if (broken == NULL) {
        broken = compare_pieces(&whole, list, step, step);
    }
    for (size_t i = 1; i < 4 && broken == NULL && list->len > i; i++) {
        size_t at = is_long ? list->len - i : list->len * i / 4;

        broken = compare_pieces(&whole, list, at, list->len);
    }
    adl_buf_finish(&whole.events);
    adl_buf_finish(&whole.why);
    return broken;
}

/* Put the input to list, with the line before the first PAD made long. */
static void expand(struct adl_buf *list, const char *bytes, size_t len)
{
    const char *pad = memchr(bytes, PAD, len);
    size_t before = pad != NULL ? (size_t)(pad - bytes) : len;
    size_t start = before;

    while (start > 0 && bytes[start - 1] != '\n') {
        start--;
    }
    int err = adl_buf_add(list, bytes, before);
    if (pad != NULL && len - before > 1 && before > start) {
        size_t to = ADL_LINES_MAX_LEN - 8 + ((unsigned char)pad[1] & 15);

        err = adl_buf_reserve(list, before + to);
        if (err == 0 && to > before - start) {
            memset(list->data + list->len, bytes[before - 1],
                   to - (before - start));
            list->len += to - (before - start);
        }
        before += 2;
    }
    if (err == 0) {
        err = adl_buf_add(list, bytes + before, len - before);
    }
    if (err < 0) {
        abort();
    }
}

static const char *check(const char *bytes, size_t len)
{
    struct adl_buf list = {0};

    expand(&list, bytes, len);
    const char *broken = check_pieces(&list);
    adl_buf_finish(&list);
    return broken;
}

static const struct fuzz_seed seeds[] = {
    FUZZ_SEED("http://a.test/x\n# no\n\nhttps://b.test/\r\n"),
    FUZZ_SEED("\xef\xbb\xbfhttp://a.test/1\thttp://b.test/1\n  out=x\n"
              " header=A: b\n checksum=md5=0123456789abcdef0123456789abcdef\n"
              " referer=http://r.test/\n odd=1\n"),
    FUZZ_SEED("{\"url\": \"http://a.test/\", \"headers\": {\"A\": \"b\"}, "
              "\"user_agent\": \"x\", \"odd\": 1}\nhttp://a.test/"),
    FUZZ_SEED("{\"urls\": [\"http://a.test/\\n\", 1], \"header\": [\"a\"]}"),
    FUZZ_SEED(" out=x\n{\"url\nftp://a.test/\nx\0y\nhttp:// /\n header=x\n"),
    FUZZ_SEED("{\"url\":\"http://a.test/\",\"header\":[\"A: b\\r\\nC: d\"]}"),
    FUZZ_SEED("{\"\x1b[2J\": \x1b[2J\n{\"\\u001b\":\"\"}\n"),
    FUZZ_SEED("http://a.test/x\x01\x08\nhttp://b.test/\n"),
    FUZZ_SEED("http://a.test/x\x01\x08\r\nhttp://b.test/\n"),
    FUZZ_SEED("\xef\xbb\xbfhttp://a.test/x\x01\x0b\n"),
    FUZZ_SEED(" \x01\x0bhttp://a.test/\n"),
    FUZZ_SEED("#\x01\x0c\n"),
    FUZZ_SEED(""),
};

const struct fuzz_target fuzz_list = {
    .name = "list",
    .check = check,
    .seeds = seeds,
    .n_seeds = sizeof(seeds) / sizeof(seeds[0]),
    .n_plants = 7,
};
