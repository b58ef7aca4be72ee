/* SPDX-License-Identifier: MIT */
#include "cli/entry.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/snippet.h"
#include "cli/url.h"

struct checksum_kind {
    const char *name;
    size_t n_digits;
};

static const struct checksum_kind checksum_kinds[] = {
    {"sha-256", 64},
    {"sha-512", 128},
    {"sha-1", 40},
    {"md5", 32},
};

typedef bool (*check_cb)(const char *value);

struct key {
    const char *name;
    size_t offset;
    check_cb is_good;
    const char *allowed;
};

void adl_entry_reset(struct adl_entry *entry)
{
    struct adl_strlist urls = entry->urls;
    struct adl_strlist headers = entry->headers;

    adl_strlist_reset(&urls);
    adl_strlist_reset(&headers);
    free(entry->out);
    free(entry->dir);
    free(entry->checksum);
    free(entry->referer);
    free(entry->user_agent);
    *entry = (struct adl_entry){.urls = urls, .headers = headers};
}

void adl_entry_finish(struct adl_entry *entry)
{
    adl_entry_reset(entry);
    adl_strlist_finish(&entry->urls);
    adl_strlist_finish(&entry->headers);
}

static bool has_no_controls(const char *value)
{
    for (const char *p = value; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;

        if ((c < ' ' && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

/* Names may hold anything: the library makes them safe. */
static bool is_name(const char *value)
{
    return value[0] != '\0';
}

static bool is_header(const char *value)
{
    const char *colon = strpbrk(value, ":;");

    return colon != NULL && colon > value && has_no_controls(value);
}

static bool is_checksum(const char *value)
{
    size_t n_kinds = sizeof(checksum_kinds) / sizeof(checksum_kinds[0]);

    for (size_t i = 0; i < n_kinds; i++) {
        const struct checksum_kind *k = &checksum_kinds[i];
        size_t n = strlen(k->name);

        if (strncasecmp(value, k->name, n) == 0 && value[n] == '=') {
            const char *hex = value + n + 1;

            return strlen(hex) == k->n_digits &&
                   strspn(hex, "0123456789abcdefABCDEF") == k->n_digits;
        }
    }
    return false;
}

static const struct key keys[] = {
    {"out", offsetof(struct adl_entry, out), is_name, "a file name"},
    {"dir", offsetof(struct adl_entry, dir), is_name, "a folder"},
    {"checksum", offsetof(struct adl_entry, checksum), is_checksum,
     "sha-256=HEX (or sha-512, sha-1, md5) with all its digits"},
    {"referer", offsetof(struct adl_entry, referer), has_no_controls,
     "without control characters"},
    {"user-agent", offsetof(struct adl_entry, user_agent), has_no_controls,
     "without control characters"},
};

static int refuse(struct adl_buf *why, const char *name, const char *allowed)
{
    int err = adl_buf_addf(why, "%s= must be %s", name, allowed);

    return err < 0 ? err : -EINVAL;
}

static int set_key(struct adl_entry *entry, const struct key *key,
                   const char *value, struct adl_buf *why)
{
    char **field = (char **)((char *)entry + key->offset);

    if (!key->is_good(value)) {
        return refuse(why, key->name, key->allowed);
    }
    char *copy = strdup(value);
    if (copy == NULL) {
        return -ENOMEM;
    }
    free(*field); /* the last one wins */
    *field = copy;
    return 0;
}

int adl_entry_set(struct adl_entry *entry, const char *name, const char *value,
                  struct adl_buf *why)
{
    if (strcmp(name, "header") == 0) {
        return is_header(value)
                   ? adl_strlist_add(&entry->headers, value)
                   : refuse(why, name, "\"Name: value\" in one line");
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strcmp(keys[i].name, name) == 0) {
            return set_key(entry, &keys[i], value, why);
        }
    }
    return -ENOENT;
}

/* Cut blanks at both ends. */
static void trim(const char **text, size_t *len)
{
    while (*len > 0 && **text == ' ') {
        (*text)++;
        (*len)--;
    }
    while (*len > 0 && (*text)[*len - 1] == ' ') {
        (*len)--;
    }
}

int adl_entry_add_urls(struct adl_entry *entry, const char *text, size_t len,
                       const char *protocols, struct adl_buf *why)
{
    const char *end = text + len;

    for (const char *p = text; p <= end;) {
        const char *tab = memchr(p, '\t', (size_t)(end - p));
        const char *url = p;
        size_t n = (size_t)((tab != NULL ? tab : end) - p);

        p += n + 1;
        trim(&url, &n);
        if (n == 0) {
            continue; /* two TABs in a row */
        }
        int err = adl_url_check(url, n, protocols, why);
        if (err == 0) {
            err = adl_strlist_add_bytes(&entry->urls, url, n);
        }
        if (err < 0) {
            return err;
        }
    }
    return 0;
}
