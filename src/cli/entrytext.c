/* SPDX-License-Identifier: MIT */
#include "cli/entrytext.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/lines.h"

#define N_FIELDS 5

struct field {
    const char *name;
    const char *value; /* NULL: not set */
};

static void get_fields(struct field fields[N_FIELDS],
                       const struct adl_entry *entry)
{
    const struct field all[N_FIELDS] = {
        {"out", entry->out},
        {"dir", entry->dir},
        {"checksum", entry->checksum},
        {"referer", entry->referer},
        {"user-agent", entry->user_agent},
    };

    memcpy(fields, all, sizeof(all));
}

static bool is_blank(char c)
{
    return strchr(" \t\r\f\v", c) != NULL; /* what listparse trims, and NUL */
}

/* Does a value come back from an indented line as it was? */
static bool is_plain(const char *value)
{
    size_t len = strlen(value);

    return strchr(value, '\n') == NULL &&
           (len == 0 || (!is_blank(value[0]) && !is_blank(value[len - 1])));
}

static bool is_all_plain(const struct adl_entry *entry)
{
    struct field fields[N_FIELDS];

    get_fields(fields, entry);
    for (size_t i = 0; i < N_FIELDS; i++) {
        if (fields[i].value != NULL && !is_plain(fields[i].value)) {
            return false;
        }
    }
    for (size_t i = 0; i < entry->headers.n; i++) {
        if (!is_plain(entry->headers.items[i])) {
            return false;
        }
    }
    return true;
}

static int add_option(struct adl_buf *text, const char *name, const char *value)
{
    return adl_buf_addf(text, "  %s=%s\n", name, value);
}

static int add_plain(struct adl_buf *text, const struct adl_entry *entry)
{
    struct field fields[N_FIELDS];
    int err = 0;

    get_fields(fields, entry);
    for (size_t i = 0; err == 0 && i < entry->urls.n; i++) {
        err =
            adl_buf_addf(text, "%s%s", i > 0 ? "\t" : "", entry->urls.items[i]);
    }
    if (err == 0) {
        err = adl_buf_add_str(text, "\n");
    }
    for (size_t i = 0; err == 0 && i < N_FIELDS; i++) {
        if (fields[i].value != NULL) {
            err = add_option(text, fields[i].name, fields[i].value);
        }
    }
    for (size_t i = 0; err == 0 && i < entry->headers.n; i++) {
        err = add_option(text, "header", entry->headers.items[i]);
    }
    return err;
}

static json_t *make_array(const struct adl_strlist *list)
{
    json_t *array = json_array();

    for (size_t i = 0; array != NULL && i < list->n; i++) {
        if (json_array_append_new(array, json_string(list->items[i])) < 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* NULL without memory, or where a string is no UTF-8. */
static json_t *make_object(const struct adl_entry *entry)
{
    struct field fields[N_FIELDS];
    json_t *object = json_object();
    int rc = entry->urls.n > 1
                 ? json_object_set_new(object, "urls", make_array(&entry->urls))
                 : json_object_set_new(object, "url",
                                       json_string(entry->urls.items[0]));

    get_fields(fields, entry);
    for (size_t i = 0; rc == 0 && i < N_FIELDS; i++) {
        if (fields[i].value != NULL) {
            rc = json_object_set_new(object, fields[i].name,
                                     json_string(fields[i].value));
        }
    }
    if (rc == 0 && entry->headers.n > 0) {
        rc = json_object_set_new(object, "header", make_array(&entry->headers));
    }
    if (rc < 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static int add_json(struct adl_buf *text, const struct adl_entry *entry)
{
    json_t *object = make_object(entry);
    char *line = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
    int err = line != NULL ? adl_buf_addf(text, "%s\n", line) : -ENOMEM;

    free(line);
    json_decref(object);
    return err;
}

/* Is every line from there on one that the parser takes? */
static bool fits(const struct adl_buf *text, size_t from)
{
    while (from < text->len) {
        size_t len = strcspn(text->data + from, "\n");

        if (len > ADL_LINES_MAX_LEN) {
            return false;
        }
        from += len + 1;
    }
    return true;
}

static void cut(struct adl_buf *text, size_t len)
{
    if (text->data != NULL) {
        text->len = len;
        text->data[len] = '\0';
    }
}

int adl_entrytext_add(struct adl_buf *text, const struct adl_entry *entry)
{
    size_t from = text->len;
    int err =
        is_all_plain(entry) ? add_plain(text, entry) : add_json(text, entry);

    if (err == 0 && !fits(text, from)) {
        err = -E2BIG;
    }
    if (err < 0) {
        cut(text, from);
    }
    return err;
}
