/* SPDX-License-Identifier: MIT */
/* TEMPLATE NUL HOST NUL PATH NUL URL: whatever the URL, the name is safe. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "store/name.h"

struct strings {
    char *text;
    char *host;
    char *path;
    char *url;
};

static const char *check_expanded(const struct strings *s, struct adl_buf *name)
{
    const struct adl_name_source source = {
        .url = s->url, .host = s->host, .url_path = s->path, .index = 7};

    if (adl_name_expand(name, s->text, &source) < 0 || fuzz_is_planted(1)) {
        return "a checked template can be expanded";
    }
    if (fuzz_is_planted(2)) {
        name->data[0] = '.';
    }
    if (fuzz_is_planted(3) && name->len > 2) {
        name->data[1] = '/';
    }
    if (!fuzz_is_safe_path(name->data, name->len)) {
        return "an expanded name is safe";
    }
    return strchr(s->text, '/') == NULL && strstr(s->text, "{path}") == NULL &&
                   memchr(name->data, '/', name->len) != NULL
               ? "only the template and {path} make folders"
               : NULL;
}

static const char *check_template(const struct strings *s)
{
    struct adl_buf name = {0};
    const char *broken = NULL;
    const char *why = NULL;
    int err = adl_name_check_template(s->text, &why);

    if (err == 0) {
        broken = check_expanded(s, &name);
    } else if (why == NULL || fuzz_is_planted(4)) {
        broken = "a refused template is told why";
    }
    adl_buf_finish(&name);
    return broken;
}

static const char *check(const char *bytes, size_t len)
{
    struct fuzz_input input = {bytes, bytes + len};
    struct strings s = {.text = fuzz_take_string(&input)};

    s.host = fuzz_take_string(&input);
    s.path = fuzz_take_string(&input);
    s.url = fuzz_take_string(&input);
    const char *broken = check_template(&s);
    free(s.text);
    free(s.host);
    free(s.path);
    free(s.url);
    return broken;
}

static const struct fuzz_seed seeds[] = {
    FUZZ_SEED("{name}\0h.example\0/a/b.tar.gz\0http://h.example/a/b.tar.gz"),
    FUZZ_SEED("{host}/{path}\0h\0/../%2e%2e/%2f/x%00y\0u"),
    FUZZ_SEED("{index:08}-{stem}.{ext}\0h\0/%2e.\xff%5c\0u"),
    FUZZ_SEED("{urlhash}{{}}{index}\0h\0/\0u"),
    FUZZ_SEED("{index:99}\0h\0/"),
    FUZZ_SEED("{nam"),
    FUZZ_SEED("/x"),
};

const struct fuzz_target fuzz_template = {
    .name = "template",
    .check = check,
    .seeds = seeds,
    .n_seeds = sizeof(seeds) / sizeof(seeds[0]),
    .n_plants = 4,
};
