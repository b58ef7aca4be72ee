/* SPDX-License-Identifier: MIT */
#include "fetch/options.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "fetch/url.h"
#include "store/name.h"
#include "util/strings.h"

#define OFFSET(field) offsetof(struct asyncdl_client_options, field)

#define MAX_ACTIVE  100000
#define PORT_MAX    65535u
#define TIME_MAX_MS (UINT64_C(1000) * 60 * 60 * 24 * 365)

_Static_assert(sizeof(struct asyncdl_client_options) % sizeof(void *) == 0 &&
                   OFFSET(http) + sizeof(struct asyncdl_http_options) ==
                       sizeof(struct asyncdl_client_options),
               "tail padding could be taken for a field that is new");

/* What is a string, and what it is where the caller gave none. */
static const struct {
    size_t offset;
    const char *fallback;
} string_fields[] = {
    {OFFSET(dir), "."},
    {OFFSET(name_template), "{name}"},
    {OFFSET(http.user_agent), "asyncdl/" ASYNCDL_VERSION},
    {OFFSET(http.referer), NULL},
    {OFFSET(http.cookie), NULL},
    {OFFSET(http.cookie_file), NULL},
    {OFFSET(http.cookie_jar), NULL},
    {OFFSET(http.user_password), NULL},
    {OFFSET(http.netrc_file), NULL},
    {OFFSET(http.bearer), NULL},
    {OFFSET(http.proxy), NULL},
    {OFFSET(http.http_proxy), NULL},
    {OFFSET(http.https_proxy), NULL},
    {OFFSET(http.no_proxy), NULL},
    {OFFSET(http.ca_file), NULL},
    {OFFSET(http.ca_path), NULL},
    {OFFSET(http.cert_file), NULL},
    {OFFSET(http.key_file), NULL},
    {OFFSET(http.key_password), NULL},
    {OFFSET(http.pinned_key), NULL},
    {OFFSET(http.dns_servers), NULL},
    {OFFSET(http.interface_name), NULL},
    {OFFSET(http.unix_socket), NULL},
    {OFFSET(http.protocols), "http,https"},
};

static const size_t list_fields[] = {
    OFFSET(http.headers),
    OFFSET(http.resolve),
    OFFSET(http.connect_to),
};

#define N_STRINGS (sizeof(string_fields) / sizeof(string_fields[0]))
#define N_LISTS   (sizeof(list_fields) / sizeof(list_fields[0]))

static char **string_at(struct asyncdl_client_options *options, size_t offset)
{
    return (char **)((char *)options + offset);
}

static char ***list_at(struct asyncdl_client_options *options, size_t offset)
{
    return (char ***)((char *)options + offset);
}

static void clear_pointers(struct asyncdl_client_options *options)
{
    for (size_t i = 0; i < N_STRINGS; i++) {
        *string_at(options, string_fields[i].offset) = NULL;
    }
    for (size_t i = 0; i < N_LISTS; i++) {
        *list_at(options, list_fields[i]) = NULL;
    }
}

/* given is not const only because string_at() serves both sides. */
static int copy_pointers(struct asyncdl_client_options *out,
                         struct asyncdl_client_options *given)
{
    int err = 0;

    for (size_t i = 0; i < N_STRINGS && err == 0; i++) {
        const char *text = *string_at(given, string_fields[i].offset);

        err = adl_string_copy(string_at(out, string_fields[i].offset),
                              text != NULL ? text : string_fields[i].fallback);
    }
    for (size_t i = 0; i < N_LISTS && err == 0; i++) {
        err = adl_strings_copy(
            list_at(out, list_fields[i]),
            (const char *const *)*list_at(given, list_fields[i]));
    }
    return err;
}

static uint32_t or_default(uint32_t given, uint32_t fallback)
{
    return given != 0 ? given : fallback;
}

static uint64_t or_default_ms(uint64_t given, uint64_t fallback)
{
    return given != 0 ? given : fallback;
}

static int32_t or_none(int32_t given, int32_t fallback)
{
    if (given == ASYNCDL_NONE) {
        return 0;
    }
    return given != 0 ? given : fallback;
}

static void fill_numbers(struct asyncdl_client_options *o)
{
    o->max_active = or_default(o->max_active, 128);
    o->n_queue_low = or_default(o->n_queue_low, 4 * o->max_active);
    o->n_retries = or_none(o->n_retries, 4);
    o->retry_delay_ms = or_default(o->retry_delay_ms, 1000);
    o->retry_max_ms = or_default_ms(o->retry_max_ms, 600000);
    o->connect_timeout_ms = or_default_ms(o->connect_timeout_ms, 30000);
    o->stall_timeout_ms = or_default_ms(o->stall_timeout_ms, 30000);
    o->max_redirects = or_none(o->max_redirects, 20);
}

static int check_numbers(const struct asyncdl_client_options *o)
{
    if (o->n_retries < ASYNCDL_NONE || o->max_redirects < ASYNCDL_NONE ||
        o->max_active > MAX_ACTIVE || o->rate_bps > INT64_MAX / 2000) {
        return -EINVAL;
    }
    if ((o->host_rate_n == 0) != (o->host_rate_ms == 0)) {
        return -EINVAL;
    }
    if (o->connect_timeout_ms > TIME_MAX_MS ||
        o->stall_timeout_ms > TIME_MAX_MS || o->max_time_ms > TIME_MAX_MS ||
        o->retry_max_ms > TIME_MAX_MS) {
        return -EINVAL;
    }
    if (o->http.version > ASYNCDL_HTTP_3 ||
        o->http.ip_version > ASYNCDL_IP_V6 ||
        o->http.tls_min > ASYNCDL_TLS_1_3) {
        return -EINVAL;
    }
    return 0;
}

/* A port, or nothing. Returns what follows it, or NULL. */
static const char *skip_port(const char *text, bool may_be_empty)
{
    unsigned n = 0;
    size_t len = strspn(text, "0123456789");

    for (size_t i = 0; i < len && n <= PORT_MAX; i++) {
        n = n * 10 + (unsigned)(text[i] - '0');
    }
    if (n > PORT_MAX || (len == 0 && !may_be_empty) || (len > 0 && n == 0)) {
        return NULL;
    }
    return text + len;
}

/* A host or an address, in brackets where it holds a colon. Returns the colon
 * that follows it, or NULL. */
static const char *skip_host(const char *text, bool may_be_empty)
{
    size_t len = text[0] == '[' ? strcspn(text, "]") + 1 : strcspn(text, ":");

    if (text[0] == '[' && (text[len - 1] != ']' || len < 3)) {
        return NULL;
    }
    return text[len] == ':' && (len > 0 || may_be_empty) ? text + len : NULL;
}

/* In brackets or without. */
static bool is_address(const char *text, size_t len)
{
    char address[INET6_ADDRSTRLEN + 1];
    uint8_t bytes[16];

    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    }
    if (len >= sizeof(address)) {
        return false;
    }
    memcpy(address, text, len);
    address[len] = '\0';
    return inet_pton(AF_INET, address, bytes) == 1 ||
           inet_pton(AF_INET6, address, bytes) == 1;
}

static bool are_addresses(const char *list)
{
    for (;; list++) {
        size_t n = strcspn(list, ",");

        if (!is_address(list, n)) {
            return false;
        }
        list += n;
        if (*list == '\0') {
            return true;
        }
    }
}

/* "HOST:PORT:ADDRESS,...", "+" in front; "-HOST:PORT" forgets. As curl has it.
 */
static bool is_resolve(const char *text)
{
    bool forgets = text[0] == '-';
    const char *host = text + (forgets || text[0] == '+' ? 1 : 0);
    /* libcurl looks for the port behind the first colon. */
    const char *p = host[0] != '[' ? skip_host(host, false) : NULL;

    if (p != NULL) {
        p = skip_port(p + 1, false);
    }
    if (p == NULL || forgets) {
        return p != NULL && *p == '\0';
    }
    return p[0] == ':' && are_addresses(p + 1);
}

/* "HOST:PORT:TO_HOST:TO_PORT", each of which may be empty. */
static bool is_connect_to(const char *text)
{
    const char *p = skip_host(text, true);

    if (p != NULL) {
        p = skip_port(p + 1, true);
    }
    if (p != NULL) {
        p = *p == ':' ? skip_host(p + 1, true) : NULL;
    }
    if (p != NULL) {
        p = skip_port(p + 1, true);
    }
    return p != NULL && *p == '\0';
}

static bool is_every(const char *const *list, bool (*is_good)(const char *text))
{
    for (; list != NULL && *list != NULL; list++) {
        if (!is_good(*list)) {
            return false;
        }
    }
    return true;
}

/*
 * Those whose answers are understood, parted by commas. Not FTP: libcurl waits
 * inside its calls for a server's last words on a file, and on a connection, up
 * to a minute of the loop.
 */
static bool are_protocols(const char *list)
{
    size_t n = strcspn(list, ",");

    return adl_url_scheme_is_in(list, n, "http,https") &&
           (list[n] == '\0' || are_protocols(list + n + 1));
}

static bool is_empty(const char *text)
{
    return text != NULL && text[0] == '\0';
}

static int check_http(const struct asyncdl_http_options *http)
{
    if (!is_every(http->resolve, is_resolve) ||
        !is_every(http->connect_to, is_connect_to)) {
        return -EINVAL;
    }
    if (is_empty(http->interface_name) || is_empty(http->pinned_key) ||
        is_empty(http->dns_servers) || is_empty(http->unix_socket)) {
        return -EINVAL; /* libcurl would take it for none */
    }
    return http->protocols == NULL || are_protocols(http->protocols) ? 0
                                                                     : -EINVAL;
}

static int check(const struct asyncdl_client_options *o)
{
    const char *why;
    const unsigned known =
        ASYNCDL_CLIENT_REMOTE_TIME | ASYNCDL_CLIENT_CONTENT_DISPOSITION |
        ASYNCDL_CLIENT_INSECURE | ASYNCDL_CLIENT_COMPRESSED |
        ASYNCDL_CLIENT_NETRC | ASYNCDL_CLIENT_SHA256 | ASYNCDL_CLIENT_VERIFY |
        ASYNCDL_CLIENT_PLAN | ASYNCDL_CLIENT_ALONE;

    if ((o->flags & ~known) != 0 || o->journal > ASYNCDL_JOURNAL_RESTART ||
        o->fsync > ASYNCDL_FSYNC_FILE) {
        return -EINVAL;
    }
    if (o->name_template != NULL) {
        int err = adl_name_check_template(o->name_template, &why);

        if (err < 0) {
            return err;
        }
    }
    int err = check_http(&o->http);
    return err < 0 ? err : check_numbers(o);
}

int adl_options_copy(struct asyncdl_client_options *out,
                     const struct asyncdl_client_options *given)
{
    struct asyncdl_client_options in = ASYNCDL_CLIENT_OPTIONS_INIT;

    if (given != NULL) {
        if (given->struct_size > sizeof(in) ||
            given->struct_size < sizeof(size_t) ||
            given->struct_size % sizeof(size_t) != 0) { /* half a field */
            return -EINVAL;
        }
        memcpy(&in, given, given->struct_size); /* an older caller's is less */
    }
    int err = check(&in);
    if (err < 0) {
        return err;
    }
    struct asyncdl_client_options copy = in;
    clear_pointers(&copy);
    err = copy_pointers(&copy, &in);
    if (err < 0) {
        adl_options_finish(&copy);
        return err;
    }
    fill_numbers(&copy);
    if (copy.journal != ASYNCDL_JOURNAL_NONE) {
        copy.flags |= ASYNCDL_CLIENT_SHA256; /* to know a file again by */
    }
    *out = copy;
    return 0;
}

void adl_options_finish(struct asyncdl_client_options *options)
{
    for (size_t i = 0; i < N_STRINGS; i++) {
        free(*string_at(options, string_fields[i].offset));
    }
    for (size_t i = 0; i < N_LISTS; i++) {
        adl_strings_free(*list_at(options, list_fields[i]));
    }
    clear_pointers(options);
}
