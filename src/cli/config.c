/* SPDX-License-Identifier: MIT */
#include "cli/config.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static char *skip_blanks(char *p)
{
    while (is_blank(*p)) {
        p++;
    }
    return p;
}

/* Only blanks or a comment may follow a value. */
static bool is_end(char *p)
{
    p = skip_blanks(p);
    return *p == '\0' || *p == '#';
}

static char unescape(char c)
{
    switch (c) {
    case 't':
        return '\t';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 'v':
        return '\v';
    default:
        return c;
    }
}

/* Unquote in place; p stands behind the opening quote. */
static int read_quoted(char *p)
{
    char *to = p;

    for (; *p != '"'; p++) {
        if (*p == '\\' && p[1] != '\0') {
            *to++ = unescape(*++p);
        } else if (*p != '\0') {
            *to++ = *p;
        } else {
            return -EINVAL;
        }
    }
    if (!is_end(p + 1)) {
        return -EINVAL;
    }
    *to = '\0';
    return 0;
}

/* An unquoted value ends at a blank; p stands at its first byte. */
static int read_word(char *p)
{
    char *end = p;

    while (*end != '\0' && !is_blank(*end)) {
        end++;
    }
    if (!is_end(end)) {
        return -EINVAL;
    }
    *end = '\0';
    return 0;
}

/* Names without dashes may also be parted from the value by '=' or ':'. */
static bool ends_name(const char *name, char c)
{
    return c == '\0' || is_blank(c) || c == '=' || (c == ':' && *name != '-');
}

/* Read a line that is neither blank nor a comment. */
static int read_item(struct adl_config_item *item, char *line)
{
    char *end = line;
    bool was_parted = false;

    while (!ends_name(line, *end)) {
        end++;
    }
    char *value = skip_blanks(end);
    if (*value == '=' || (*value == ':' && *line != '-')) {
        was_parted = true;
        value = skip_blanks(value + 1);
    }
    *end = '\0';
    item->name = line;
    item->value = NULL;
    if (*value == '"') {
        item->value = value + 1;
        return read_quoted(value + 1);
    }
    if (*value == '\0' || *value == '#') {
        item->value = was_parted ? "" : NULL;
        return 0;
    }
    item->value = value;
    return read_word(value);
}

int adl_config_read(uint64_t *out_line, char *text, adl_config_cb on_item,
                    void *data)
{
    struct adl_config_item item = {0};

    for (char *next = text; next != NULL;) {
        char *line = skip_blanks(next);
        char *end = strchr(line, '\n');

        next = end != NULL ? end + 1 : NULL;
        if (end != NULL) {
            *end = '\0';
        }
        item.line++;
        if (*line == '\0' || *line == '#') {
            continue;
        }
        int err = read_item(&item, line);
        if (err == 0) {
            err = on_item(&item, data);
        }
        if (err < 0) {
            *out_line = item.line;
            return err;
        }
    }
    return 0;
}
