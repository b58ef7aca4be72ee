/* SPDX-License-Identifier: MIT */
#include "cli/optset.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "asyncdl/error.h"
#include "cli/file.h"
#include "cli/value.h"
#include "util/nameserver.h"

#define MAX_PER_HOST 65535

static void *get_field(struct adl_options *options,
                       const struct adl_option *option)
{
    return (char *)options + option->offset;
}

static int set_word(struct adl_options *options,
                    const struct adl_option *option, const char *value)
{
    for (unsigned i = 0; option->words[i] != NULL; i++) {
        if (strcmp(option->words[i], value) == 0) {
            *(unsigned *)get_field(options, option) = i;
            return 0;
        }
    }
    return -EINVAL;
}

static int set_string(struct adl_options *options,
                      const struct adl_option *option, const char *value)
{
    if (strlen(value) < option->min) {
        return -ERANGE;
    }
    const char *kept = adl_options_keep(options, value);
    if (kept == NULL) {
        return -ENOMEM;
    }
    *(const char **)get_field(options, option) = kept;
    return 0;
}

static int set_count(struct adl_options *options,
                     const struct adl_option *option, const char *value)
{
    uint64_t n = 0;
    int err = adl_value_parse_count(&n, value, option->min, option->max);

    if (err < 0) {
        return err;
    }
    if (option->kind == ADL_OPTION_COUNT) {
        *(uint32_t *)get_field(options, option) = (uint32_t)n;
    } else {
        *(int32_t *)get_field(options, option) =
            n > 0 ? (int32_t)n : ASYNCDL_NONE;
    }
    return 0;
}

static int set_time(struct adl_options *options,
                    const struct adl_option *option, const char *value)
{
    uint64_t ms = 0;
    int err = adl_value_parse_duration(&ms, value);

    if (err < 0) {
        return err;
    }
    if (ms < option->min || ms > option->max) {
        return -ERANGE;
    }
    if (option->kind == ADL_OPTION_TIME) {
        *(uint64_t *)get_field(options, option) = ms;
    } else {
        *(uint32_t *)get_field(options, option) = (uint32_t)ms;
    }
    return 0;
}

static int set_by_kind(struct adl_options *options,
                       const struct adl_option *option, const char *value,
                       struct adl_buf *error)
{
    switch (option->kind) {
    case ADL_OPTION_BOOL:
        *(bool *)get_field(options, option) = true;
        return 0;
    case ADL_OPTION_FLAG:
        options->client.flags |= (unsigned)option->min;
        return 0;
    case ADL_OPTION_CHOICE:
        *(unsigned *)get_field(options, option) = (unsigned)option->min;
        return 0;
    case ADL_OPTION_WORD:
        return set_word(options, option, value);
    case ADL_OPTION_STRING:
        return set_string(options, option, value);
    case ADL_OPTION_LIST:
        return adl_strlist_add(get_field(options, option), value);
    case ADL_OPTION_COUNT:
    case ADL_OPTION_COUNT_OR_NONE:
        return set_count(options, option, value);
    case ADL_OPTION_SIZE:
        return adl_value_parse_size(get_field(options, option), value);
    case ADL_OPTION_TIME:
    case ADL_OPTION_TIME32:
        return set_time(options, option, value);
    case ADL_OPTION_CALL:
        return option->set(options, value, error);
    case ADL_OPTION_CONFIG:
        break;
    }
    return -EINVAL;
}

/* Say what the values of an option may be. */
static int describe_allowed(struct adl_buf *error,
                            const struct adl_option *option)
{
    switch (option->kind) {
    case ADL_OPTION_WORD: {
        int err = adl_buf_add_str(error, "must be ");

        for (size_t i = 0; err == 0 && option->words[i] != NULL; i++) {
            err = adl_buf_addf(error, "%s%s", i > 0 ? " or " : "",
                               option->words[i]);
        }
        return err;
    }
    case ADL_OPTION_COUNT:
    case ADL_OPTION_COUNT_OR_NONE:
        return adl_buf_addf(
            error, "must be a whole number from %" PRIu64 " to %" PRIu64,
            option->min, option->max);
    case ADL_OPTION_SIZE:
        return adl_buf_add_str(error, "must be a size such as 1000, 500K, "
                                      "1.5M or 2G, at most 8388607T");
    case ADL_OPTION_TIME:
    case ADL_OPTION_TIME32:
        return adl_buf_addf(error,
                            "must be a time such as 30, 1.5, 500ms, 2m or 1h, "
                            "from %" PRIu64 "ms to %" PRIu64 "h",
                            option->min, option->max / (3600 * 1000));
    default:
        return adl_buf_addf(error, "must be %s", option->allowed);
    }
}

int adl_optset(struct adl_options *options, const struct adl_option *option,
               const char *value, struct adl_buf *error)
{
    int err = set_by_kind(options, option, value, error);

    if (err == 0 || err == -ENOMEM || error->len > 0) {
        return err;
    }
    int full = option->is_secret
                   ? adl_buf_addf(error, "--%s: ", option->name)
                   : adl_buf_addf(error, "--%s %s: ", option->name, value);
    if (full == 0) {
        full = describe_allowed(error, option);
    }
    return full < 0 ? full : err;
}

void adl_optset_clear(struct adl_options *options,
                      const struct adl_option *option)
{
    if (option->kind == ADL_OPTION_FLAG) {
        options->client.flags &= ~(unsigned)option->min;
    } else {
        *(bool *)get_field(options, option) = false;
    }
}

int adl_optset_per_host(struct adl_options *options, const char *value,
                        struct adl_buf *error)
{
    uint64_t n = 0;

    (void)error;
    if (strcmp(value, "auto") != 0) {
        int err = adl_value_parse_count(&n, value, 1, MAX_PER_HOST);

        if (err < 0) {
            return err;
        }
    }
    options->client.max_per_host = (uint32_t)n;
    return 0;
}

int adl_optset_host_rate(struct adl_options *options, const char *value,
                         struct adl_buf *error)
{
    (void)error;
    return adl_value_parse_rate(&options->client.host_rate_n,
                                &options->client.host_rate_ms, value);
}

/* 0 is no limit, as in curl; the library's 0 is its default. */
int adl_optset_retry_max_time(struct adl_options *options, const char *value,
                              struct adl_buf *error)
{
    uint64_t ms = 0;
    int err = adl_value_parse_duration(&ms, value);

    (void)error;
    if (err < 0) {
        return err;
    }
    options->client.retry_max_ms = ms > 0 ? ms : ADL_VALUE_MAX_MS;
    return 0;
}

/* Find a word in a list parted by commas; its start or NULL. */
static char *find_word(char *list, const char *word, size_t len)
{
    for (char *p = list; *p != '\0';) {
        size_t n = strcspn(p, ",");

        if (n == len && strncasecmp(p, word, len) == 0) {
            return p;
        }
        p += n + (p[n] == ',');
    }
    return NULL;
}

static void remove_word(struct adl_buf *list, const char *word, size_t len)
{
    char *at = list->len > 0 ? find_word(list->data, word, len) : NULL;

    if (at == NULL) {
        return;
    }
    size_t start = (size_t)(at - list->data);
    size_t n = len + (at[len] == ',');
    memmove(at, at + n, list->len - start - n + 1);
    list->len -= n;
    if (list->len > 0 && list->data[list->len - 1] == ',') {
        list->data[--list->len] = '\0';
    }
}

static bool is_word(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(text, word, len) == 0;
}

/* Do as one part of curl's --proto says: "name", "+name", "-name", "=name". */
static int change_protocols(struct adl_buf *list, const char *part, size_t len)
{
    char sign = len > 0 && strchr("+-=", part[0]) != NULL ? part[0] : '+';
    size_t n_sign = len > 0 && strchr("+-=", part[0]) != NULL;
    const char *name = part + n_sign;
    size_t n = len - n_sign;

    bool is_all = sign == '-' && is_word(name, n, "all");
    if (!is_all && !is_word(name, n, "http") && !is_word(name, n, "https")) {
        return -EINVAL; /* nothing else is spoken */
    }
    if (is_all || sign == '=') {
        adl_buf_reset(list);
    }
    remove_word(list, name, n);
    if (sign == '-') {
        return 0;
    }
    int err = list->len > 0 ? adl_buf_add_str(list, ",") : 0;
    return err < 0 ? err : adl_buf_add(list, name, n);
}

int adl_optset_proto(struct adl_options *options, const char *value,
                     struct adl_buf *error)
{
    struct adl_buf list = {0};
    int err = adl_buf_add_str(&list, "http,https");

    (void)error;
    for (const char *p = value; err == 0; p++) {
        size_t n = strcspn(p, ",");

        err = change_protocols(&list, p, n);
        p += n;
        if (*p == '\0') {
            break;
        }
    }
    if (err == 0 && list.len == 0) {
        err = -EINVAL;
    }
    if (err == 0) {
        const char *kept = adl_options_keep(options, list.data);

        options->client.http.protocols = kept;
        err = kept != NULL ? 0 : -ENOMEM;
    }
    adl_buf_finish(&list);
    return err;
}

/* The lines of a file, each a header; blank ones are skipped. */
static int add_headers_of(struct adl_options *options, const char *path,
                          struct adl_buf *error)
{
    struct adl_buf text = {0};
    int err = adl_file_read(&text, path);

    if (err < 0) {
        int full = adl_buf_addf(error, "--header @%s: cannot read it: %s", path,
                                strerror(-err));

        adl_buf_finish(&text);
        return full < 0 ? full : err;
    }
    for (const char *p = adl_buf_str(&text); err == 0 && *p != '\0';) {
        size_t n = strcspn(p, "\r\n");

        if (n > 0) {
            err = adl_strlist_add_bytes(&options->headers, p, n);
        }
        p += n;
        p += *p != '\0';
    }
    adl_buf_finish(&text);
    return err;
}

int adl_optset_dns_servers(struct adl_options *options, const char *value,
                           struct adl_buf *error)
{
    struct adl_nameserver servers[ADL_NAMESERVERS_MAX];

    (void)error;
    if (adl_nameserver_parse(servers, value) < 0) {
        return -EINVAL;
    }
    const char *kept = adl_options_keep(options, value);
    if (kept == NULL) {
        return -ENOMEM;
    }
    options->client.http.dns_servers = kept;
    return 0;
}

int adl_optset_header(struct adl_options *options, const char *value,
                      struct adl_buf *error)
{
    if (value[0] == '@') {
        return add_headers_of(options, value + 1, error);
    }
    if (strpbrk(value, ":;") == NULL || strpbrk(value, "\r\n") != NULL) {
        return -EINVAL;
    }
    return adl_strlist_add(&options->headers, value);
}

/* Up to a colon, where a backslash stands before one, or before another
 * backslash, that is of the file's name. */
static int add_file_name(struct adl_buf *file, const char **value)
{
    const char *p = *value;
    int err = 0;

    while (err == 0 && *p != '\0' && *p != ':') {
        p += p[0] == '\\' && (p[1] == ':' || p[1] == '\\');
        err = adl_buf_add(file, p++, 1);
    }
    *value = p;
    return err;
}

int adl_optset_cert(struct adl_options *options, const char *value,
                    struct adl_buf *error)
{
    struct asyncdl_http_options *http = &options->client.http;
    struct adl_buf file = {0};
    int err = add_file_name(&file, &value);

    if (err == 0 && access(adl_buf_str(&file), R_OK) < 0) {
        err = -errno; /* said here: the value may not be shown */
        int full = adl_buf_addf(error, "--cert %s: %s", adl_buf_str(&file),
                                asyncdl_strerror(err));
        err = full < 0 ? full : err;
    }
    if (err == 0) {
        http->cert_file = adl_options_keep(options, adl_buf_str(&file));
        err = http->cert_file != NULL ? 0 : -ENOMEM;
        http->key_password = NULL; /* that of an earlier one */
    }
    if (err == 0 && *value == ':') {
        http->key_password = adl_options_keep(options, value + 1);
        err = http->key_password != NULL ? 0 : -ENOMEM;
    }
    adl_buf_finish(&file);
    return err;
}

int adl_optset_cookie(struct adl_options *options, const char *value,
                      struct adl_buf *error)
{
    const char *kept = adl_options_keep(options, value);

    (void)error;
    if (kept == NULL) {
        return -ENOMEM;
    }
    if (strchr(value, '=') != NULL) {
        options->client.http.cookie = kept;
    } else {
        options->client.http.cookie_file = kept;
    }
    return 0;
}

int adl_optset_netrc_file(struct adl_options *options, const char *value,
                          struct adl_buf *error)
{
    const char *kept = adl_options_keep(options, value);

    (void)error;
    if (kept == NULL) {
        return -ENOMEM;
    }
    options->client.http.netrc_file = kept;
    options->client.flags |= ASYNCDL_CLIENT_NETRC;
    return 0;
}
