/* SPDX-License-Identifier: MIT */
#include "cli/listjson.h"

#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "cli/snippet.h"

typedef int (*read_cb)(const struct adl_listjson *json, const json_t *value);

static int refuse(const struct adl_listjson *json, const char *what)
{
    int err = adl_buf_add_str(json->why, what);

    return err < 0 ? err : -EINVAL;
}

static int add_url(const struct adl_listjson *json, const json_t *value)
{
    if (!json_is_string(value)) {
        return refuse(json, "url must be a string");
    }
    const char *url = json_string_value(value);
    size_t len = json_string_length(value);
    if (memchr(url, '\t', len) != NULL) {
        return refuse(json, "control character in the URL");
    }
    return adl_entry_add_urls(json->entry, url, len, json->protocols,
                              json->why);
}

static int read_urls(const struct adl_listjson *json, const json_t *value)
{
    int err = 0;

    if (!json_is_array(value)) {
        return refuse(json, "urls must be an array of strings");
    }
    for (size_t i = 0; err == 0 && i < json_array_size(value); i++) {
        const json_t *url = json_array_get(value, i);

        err = json_is_string(url)
                  ? add_url(json, url)
                  : refuse(json, "urls must be an array of strings");
    }
    return err;
}

static int read_header_array(const struct adl_listjson *json,
                             const json_t *value)
{
    int err = 0;

    for (size_t i = 0; err == 0 && i < json_array_size(value); i++) {
        const json_t *header = json_array_get(value, i);

        err = json_is_string(header)
                  ? adl_entry_set(json->entry, "header",
                                  json_string_value(header), json->why)
                  : refuse(json, "headers must be strings");
    }
    return err;
}

static int read_header_object(const struct adl_listjson *json, json_t *value)
{
    struct adl_buf line = {0};
    const char *name;
    json_t *text;
    int err = 0;

    json_object_foreach(value, name, text)
    {
        if (!json_is_string(text)) {
            err = refuse(json, "headers must be strings");
            break;
        }
        adl_buf_reset(&line);
        err = adl_buf_addf(&line, "%s: %s", name, json_string_value(text));
        if (err == 0) {
            err = adl_entry_set(json->entry, "header", line.data, json->why);
        }
        if (err < 0) {
            break;
        }
    }
    adl_buf_finish(&line);
    return err;
}

static int read_headers(const struct adl_listjson *json, const json_t *value)
{
    if (json_is_array(value)) {
        return read_header_array(json, value);
    }
    if (json_is_object(value)) {
        return read_header_object(json, (json_t *)value);
    }
    return refuse(json, "headers must be an object or an array of strings");
}

static int read_option(const struct adl_listjson *json, const char *key,
                       const json_t *value)
{
    const char *name = strcmp(key, "user_agent") == 0 ? "user-agent" : key;

    if (json_is_string(value)) {
        int err = adl_entry_set(json->entry, name, json_string_value(value),
                                json->why);

        return err == -ENOENT ? adl_strlist_add(json->unknown, key) : err;
    }
    /* Ask with any value whether the key is one of ours. */
    int err = adl_entry_set(json->entry, name, "", json->why);
    adl_buf_reset(json->why);
    if (err == -ENOENT) {
        return adl_strlist_add(json->unknown, key);
    }
    err = adl_buf_addf(json->why, "%s must be a string", key);
    return err < 0 ? err : -EINVAL;
}

static int read_key(const struct adl_listjson *json, const char *key,
                    json_t *value)
{
    static const struct {
        const char *key;
        read_cb read;
    } readers[] = {
        {"url", add_url},
        {"urls", read_urls},
        {"header", read_headers},
        {"headers", read_headers},
    };

    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        if (strcmp(readers[i].key, key) == 0) {
            return readers[i].read(json, value);
        }
    }
    return read_option(json, key, value);
}

static int refuse_broken(struct adl_buf *why, const json_error_t *error)
{
    int err = adl_buf_addf(why, "broken JSON at column %d: ", error->column);

    if (err == 0) {
        /* jansson quotes the line, which may hold anything, behind "near" */
        const char *quote = strstr(error->text, " near '");
        size_t len =
            quote != NULL ? (size_t)(quote - error->text) : strlen(error->text);

        err = adl_buf_add(why, error->text, len);
    }
    return err < 0 ? err : -EINVAL;
}

int adl_listjson_read(const struct adl_listjson *json, const char *text,
                      size_t len)
{
    json_error_t error;
    json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    const char *key;
    json_t *value;
    int err = 0;

    if (object == NULL) {
        return json_error_code(&error) == json_error_out_of_memory
                   ? -ENOMEM
                   : refuse_broken(json->why, &error);
    }
    json_object_foreach(object, key, value)
    {
        err = read_key(json, key, value);
        if (err < 0) {
            break;
        }
    }
    if (err == 0 && json->entry->urls.n == 0) {
        err = refuse(json, "no url in the JSON object");
    }
    json_decref(object);
    return err;
}
