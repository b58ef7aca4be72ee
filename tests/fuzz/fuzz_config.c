/* SPDX-License-Identifier: MIT */
/* A config file: every option has a name and a line of the file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/config.h"
#include "fuzz/fuzz.h"

struct state {
    const char *text; /* the bytes that are read, where items point to */
    const char *end;
    uint64_t n_lines;
    uint64_t last;
    const char *broken;
};

static bool is_within(const struct state *s, const char *text)
{
    return text >= s->text && text + strlen(text) <= s->end;
}

static int on_item(const struct adl_config_item *item, void *data)
{
    struct state *s = data;

    if (item->line <= s->last || item->line > s->n_lines ||
        fuzz_is_planted(1)) {
        s->broken = "an option is in a line, after those before";
    }
    if (!is_within(s, item->name) || fuzz_is_planted(2)) {
        s->broken = "a name is a piece of the file";
    }
    if (item->value != NULL && item->value[0] != '\0' &&
        (!is_within(s, item->value) || fuzz_is_planted(3))) {
        s->broken = "a value is a piece of the file";
    }
    s->last = item->line;
    return 0;
}

static const char *check(const char *bytes, size_t len)
{
    struct fuzz_input input = {bytes, bytes + len};
    char *text = fuzz_take_string(&input);
    struct state s = {.text = text, .end = text + strlen(text), .n_lines = 1};
    uint64_t line = 0;

    for (const char *p = text; *p != '\0'; p++) {
        s.n_lines += *p == '\n';
    }
    int err = adl_config_read(&line, text, on_item, &s);
    if (s.broken == NULL && err < 0 &&
        (err != -EINVAL || line <= s.last || line > s.n_lines ||
         fuzz_is_planted(4))) {
        s.broken = "a bad line is told";
    }
    free(text);
    return s.broken;
}

static const struct fuzz_seed seeds[] = {
    FUZZ_SEED(
        "# no\n--header \"A: \\\"b\\\"\"\nmax-time = 5\r\njobs: 3 # x\n-k"),
    FUZZ_SEED("user-agent=\"a\\tb\\n\\r\\v\\x\"\nodd\n=\n:"),
    FUZZ_SEED("a \"no end\nb"),
    FUZZ_SEED("a b c"),
    FUZZ_SEED(""),
};

const struct fuzz_target fuzz_config = {
    .name = "config",
    .check = check,
    .seeds = seeds,
    .n_seeds = sizeof(seeds) / sizeof(seeds[0]),
    .n_plants = 4,
};
