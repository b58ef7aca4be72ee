/* SPDX-License-Identifier: MIT */
/*
 * Every name passes through adl_name_make_safe() last and as a whole. Parts
 * must not be made safe one by one, because two harmless ones can join to
 * something that is not.
 */
#include "store/name.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "store/disposition.h"
#include "util/hash.h"
#include "util/percent.h"
#include "util/utf8.h"

#define EXT_MAX          16 /* an extension up to here survives shortening */
#define TAIL_CAP         (1 + 8 + 1 + EXT_MAX + 1) /* "~HASH.ext" and NUL */
#define SUFFIX_CAP       12                        /* "~4294967295" and NUL */
#define INDEX_DIGITS_MAX 20                        /* of a uint64_t */
#define INDEX_NAME       "index.html"

/* Where name's extension begins: at its dot, or at its end without one. */
static size_t find_ext(const char *name, size_t len)
{
    size_t first = 0;
    size_t dot = len;

    while (first < len && name[first] == '.') {
        first++; /* leading dots, as in ".profile", part off no extension */
    }
    for (size_t i = first; i + 1 < len; i++) {
        if (name[i] == '.') {
            dot = i;
        }
    }
    return len > 0 && name[len - 1] == '.' ? len : dot;
}

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* The nearest place up to `at` that does not cut a character in two. */
static size_t find_boundary(const char *bytes, size_t at)
{
    size_t i = at;

    while (i > 0 && at - i < 4 && is_continuation(bytes[i])) {
        i--;
    }
    return is_continuation(bytes[i]) ? at : i; /* or at: it is not UTF-8 */
}

/*
 * Cut the component at buf's end, which begins at start, to max bytes, hash
 * included.
 */
static int shorten_component(struct adl_buf *buf, size_t start, size_t max,
                             uint64_t hash)
{
    const char *name = buf->data + start;
    size_t len = buf->len - start;
    size_t dot = find_ext(name, len);
    char tail[TAIL_CAP];

    if (len - dot > 1 + EXT_MAX) {
        dot = len;
    }
    int n = snprintf(tail, sizeof(tail), "~%08" PRIx32 "%.*s", (uint32_t)hash,
                     (int)(len - dot), name + dot);
    assert(n > 0 && (size_t)n < sizeof(tail));
    size_t keep = max - (size_t)n;
    buf->len = start + (dot <= keep ? dot : find_boundary(name, keep));
    return adl_buf_add(buf, tail, (size_t)n);
}

/* Where the last component begins. */
static size_t find_last(const char *path, size_t len)
{
    while (len > 0 && path[len - 1] != '/') {
        len--;
    }
    return len;
}

/*
 * Bring a path to max bytes: the first folders stay as far as they fit, and so
 * does the last component, in max_last bytes with a hash of the whole.
 */
static int shorten_path(struct adl_buf *buf, size_t max, size_t max_last)
{
    size_t last = find_last(buf->data, buf->len);
    int err = shorten_component(buf, last, max_last,
                                adl_hash_of(buf->data, buf->len));

    if (err < 0) {
        return err;
    }
    size_t last_len = buf->len - last;
    size_t folders = last; /* length of those that stay, each with its '/' */
    while (folders + last_len > max) {
        folders = find_last(buf->data, folders - 1);
    }
    memmove(buf->data + folders, buf->data + last, last_len + 1);
    buf->len = folders + last_len;
    return 0;
}

static void append_safe(struct adl_buf *buf, const char *bytes, size_t len)
{
    uint32_t code = 0;

    for (size_t i = 0; i < len;) {
        size_t size = adl_utf8_decode(&code, bytes + i, len - i);

        if (size > 0 && (adl_utf8_is_control(code) || code == '\\')) {
            buf->data[buf->len++] = '_';
        } else {
            /* What is no UTF-8 stays: names are bytes to the file system. */
            memcpy(buf->data + buf->len, bytes + i, size > 0 ? size : 1);
            buf->len += size > 0 ? size : 1;
        }
        i += size > 0 ? size : 1;
    }
    buf->data[buf->len] = '\0';
}

/* The caller has reserved room for len bytes. */
static int add_component(struct adl_buf *buf, const char *bytes, size_t len)
{
    size_t start = buf->len;

    append_safe(buf, bytes, len);
    if (buf->data[start] == '.') {
        buf->data[start] = '_';
    }
    if (buf->len - start <= ADL_NAME_COMPONENT_MAX) {
        return 0;
    }
    return shorten_component(buf, start, ADL_NAME_COMPONENT_MAX,
                             adl_hash_of(buf->data + start, buf->len - start));
}

static size_t find_component_end(const char *bytes, size_t len)
{
    const char *slash = memchr(bytes, '/', len);

    return slash != NULL ? (size_t)(slash - bytes) : len;
}

int adl_name_make_safe(struct adl_buf *buf, const char *bytes, size_t len)
{
    adl_buf_reset(buf);
    int err = adl_buf_reserve(buf, len);
    for (size_t i = 0; i < len && err == 0;) {
        size_t size = find_component_end(bytes + i, len - i);

        if (size > 0 && buf->len > 0) {
            err = adl_buf_add(buf, "/", 1);
        }
        if (size > 0 && err == 0) {
            err = add_component(buf, bytes + i, size);
        }
        i += size + 1;
    }
    if (err == 0 && buf->len == 0) {
        err = adl_buf_add(buf, "_", 1);
    }
    if (err == 0 && buf->len > ADL_NAME_PATH_MAX) {
        err = shorten_path(buf, ADL_NAME_PATH_MAX, ADL_NAME_COMPONENT_MAX);
    }
    return err;
}

/* Make no folders of what was appended from start on. */
static void flatten(struct adl_buf *buf, size_t start)
{
    for (size_t i = start; i < buf->len; i++) {
        if (buf->data[i] == '/') {
            buf->data[i] = '_';
        }
    }
}

static int add_segment(struct adl_buf *buf, const char *segment, size_t len)
{
    size_t start = buf->len;
    int err = adl_percent_decode(buf, segment, len);

    if (err == 0) {
        flatten(buf, start);
    }
    return err;
}

/* The placeholders: each appends what it stands for, safe or not. */

struct token;
typedef int (*add_fn)(struct adl_buf *buf, const struct adl_name_source *source,
                      const struct token *token);

struct token {
    add_fn add;       /* NULL: text is literal */
    const char *text; /* what follows the ':' of a placeholder */
    size_t len;
    size_t width;
};

static int add_name(struct adl_buf *buf, const struct adl_name_source *source,
                    const struct token *token)
{
    size_t len = strlen(source->url_path);
    size_t last = find_last(source->url_path, len);

    (void)token;
    if (last == len) {
        return adl_buf_add_str(buf, INDEX_NAME);
    }
    return add_segment(buf, source->url_path + last, len - last);
}

static int add_stem(struct adl_buf *buf, const struct adl_name_source *source,
                    const struct token *token)
{
    size_t start = buf->len;
    int err = add_name(buf, source, token);

    if (err == 0) {
        buf->len = start + find_ext(buf->data + start, buf->len - start);
    }
    return err;
}

static int add_ext(struct adl_buf *buf, const struct adl_name_source *source,
                   const struct token *token)
{
    struct adl_buf name = {0};
    int err = add_name(&name, source, token);

    if (err == 0) {
        size_t dot = find_ext(name.data, name.len);
        size_t start = dot < name.len ? dot + 1 : dot;

        err = adl_buf_add(buf, name.data + start, name.len - start);
    }
    adl_buf_finish(&name);
    return err;
}

static int add_host(struct adl_buf *buf, const struct adl_name_source *source,
                    const struct token *token)
{
    size_t start = buf->len;
    int err = adl_buf_add_str(buf, source->host);

    (void)token;
    if (err == 0) {
        flatten(buf, start);
    }
    return err;
}

static int add_path(struct adl_buf *buf, const struct adl_name_source *source,
                    const struct token *token)
{
    const char *path = source->url_path;
    size_t last = find_last(path, strlen(path));
    int err = 0;

    for (size_t i = 0; i < last && err == 0;) {
        size_t size = strcspn(path + i, "/");

        if (size > 0) { /* the first is empty, and would make it absolute */
            err = add_segment(buf, path + i, size);
            err = err < 0 ? err : adl_buf_add(buf, "/", 1);
        }
        i += size + 1;
    }
    return err < 0 ? err : add_name(buf, source, token);
}

static int add_index(struct adl_buf *buf, const struct adl_name_source *source,
                     const struct token *token)
{
    return adl_buf_addf(buf, "%0*" PRIu64, (int)token->width, source->index);
}

static int add_urlhash(struct adl_buf *buf,
                       const struct adl_name_source *source,
                       const struct token *token)
{
    (void)token;
    return adl_buf_addf(buf, "%016" PRIx64,
                        adl_hash_of(source->url, strlen(source->url)));
}

static const struct placeholder {
    const char *name;
    add_fn add;
} placeholders[] = {
    {"name", add_name},       {"stem", add_stem}, {"ext", add_ext},
    {"host", add_host},       {"path", add_path}, {"index", add_index},
    {"urlhash", add_urlhash},
};

static add_fn find_placeholder(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof(placeholders) / sizeof(placeholders[0]);
         i++) {
        if (strlen(placeholders[i].name) == len &&
            memcmp(placeholders[i].name, name, len) == 0) {
            return placeholders[i].add;
        }
    }
    return NULL;
}

/* "08" as in {index:08}: a zero, then how many digits. 0 for anything else. */
static size_t read_width(const char *text, size_t len)
{
    size_t width = 0;

    if (len < 2 || len > 3 || text[0] != '0' || text[1] == '0') {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return 0;
        }
        width = width * 10 + (size_t)(text[i] - '0');
    }
    return width <= INDEX_DIGITS_MAX ? width : 0;
}

/* What stands between '{' and '}'. NULL, or what is wrong with it. */
static const char *read_placeholder(struct token *out, const char *text,
                                    size_t len)
{
    const char *colon = memchr(text, ':', len);
    size_t name_len = colon != NULL ? (size_t)(colon - text) : len;

    *out = (struct token){.add = find_placeholder(text, name_len), .width = 1};
    if (out->add == NULL) {
        return "unknown placeholder (allowed: {name} {stem} {ext} {host} "
               "{path} {index} {index:08} {urlhash})";
    }
    if (colon == NULL) {
        return NULL;
    }
    out->width = read_width(colon + 1, len - name_len - 1);
    if (out->add != add_index || out->width == 0) {
        return "only {index} takes a width, {index:01} to {index:020}";
    }
    return NULL;
}

/* 1 with a token, 0 at the end, or -EINVAL with why. */
static int read_token(struct token *out, const char **cursor,
                      const char **out_why)
{
    const char *at = *cursor;
    size_t len = strcspn(at, "{}");

    if (*at == '\0') {
        return 0;
    }
    if (len > 0) {
        *out = (struct token){.text = at, .len = len};
        *cursor = at + len;
        return 1;
    }
    if (at[0] == at[1]) { /* "{{" and "}}" mean the brace itself */
        *out = (struct token){.text = at, .len = 1};
        *cursor = at + 2;
        return 1;
    }
    const char *end = at[0] == '{' ? strpbrk(at + 1, "{}") : NULL;
    if (end == NULL || *end != '}') {
        *out_why = at[0] == '{' ? "'{' is never closed (write {{ for a brace)"
                                : "'}' closes nothing (write }} for a brace)";
        return -EINVAL;
    }
    *cursor = end + 1;
    *out_why = read_placeholder(out, at + 1, (size_t)(end - at - 1));
    return *out_why == NULL ? 1 : -EINVAL;
}

int adl_name_check_template(const char *text, const char **out_why)
{
    struct token token;
    const char *why = NULL;
    size_t len = strlen(text);
    int got = 1;

    if (len == 0) {
        why = "a template must not be empty";
    } else if (text[0] == '/') {
        why = "a template is relative to the directory: no '/' in front";
    } else if (text[len - 1] == '/') {
        why = "a template names a file: no '/' at its end";
    }
    while (why == NULL && got > 0) {
        got = read_token(&token, &text, &why);
    }
    if (why != NULL) {
        *out_why = why;
        return -EINVAL;
    }
    return 0;
}

int adl_name_expand(struct adl_buf *buf, const char *text,
                    const struct adl_name_source *source)
{
    struct adl_buf raw = {0};
    struct token token;
    const char *why = NULL;
    int err = 0;
    int got;

    while (err == 0 && (got = read_token(&token, &text, &why)) != 0) {
        assert(got > 0 && "the template was checked");
        err = token.add != NULL ? token.add(&raw, source, &token)
                                : adl_buf_add(&raw, token.text, token.len);
    }
    if (err == 0) {
        err = adl_name_make_safe(buf, adl_buf_str(&raw), raw.len);
    }
    adl_buf_finish(&raw);
    return err;
}

int adl_name_from_disposition(struct adl_buf *buf, const char *header)
{
    struct adl_buf raw = {0};
    int err = adl_disposition_get_name(&raw, header);

    if (err == 0) {
        err = adl_name_make_safe(buf, raw.data, raw.len);
    }
    adl_buf_finish(&raw);
    return err;
}

int adl_name_number(struct adl_buf *buf, const char *path, uint32_t n)
{
    char suffix[SUFFIX_CAP];
    int suffix_len = snprintf(suffix, sizeof(suffix), "~%" PRIu32, n);

    assert(suffix_len > 0 && (size_t)suffix_len < sizeof(suffix));
    size_t max_last = ADL_NAME_COMPONENT_MAX - (size_t)suffix_len;
    size_t max = ADL_NAME_PATH_MAX - (size_t)suffix_len;
    adl_buf_reset(buf);
    int err = adl_buf_add_str(buf, path);
    size_t last = find_last(path, strlen(path));
    if (err == 0 && buf->len - last > max_last) {
        err = shorten_component(buf, last, max_last,
                                adl_hash_of(path + last, buf->len - last));
    }
    if (err == 0 && buf->len > max) {
        err = shorten_path(buf, max, max_last);
    }
    return err < 0 ? err : adl_buf_add(buf, suffix, (size_t)suffix_len);
}
