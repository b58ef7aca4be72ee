/* SPDX-License-Identifier: MIT */
#include "fetch/attempt_setup.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <unistd.h>

#include "asyncdl/error.h"
#include "fetch/decode.h"
#include "fetch/httpcheck.h"
#include "fetch/route.h"

#define BUFFER_SIZE 65536L
#define DNS_KEPT_S  300L
#define MAX_STREAMS 100 /* of a connection, to libcurl */

#define OFFSET(field) offsetof(struct asyncdl_http_options, field)

/* Strings that go to libcurl as they are, where they are given. */
static const struct {
    size_t offset;
    CURLoption option;
} string_options[] = {
    {OFFSET(netrc_file), CURLOPT_NETRC_FILE},
    {OFFSET(ca_file), CURLOPT_CAINFO},
    {OFFSET(ca_path), CURLOPT_CAPATH},
    {OFFSET(cert_file), CURLOPT_SSLCERT},
    {OFFSET(key_file), CURLOPT_SSLKEY},
    {OFFSET(pinned_key), CURLOPT_PINNEDPUBLICKEY},
    {OFFSET(interface_name), CURLOPT_INTERFACE},
    {OFFSET(unix_socket), CURLOPT_UNIX_SOCKET_PATH},
    {OFFSET(protocols), CURLOPT_PROTOCOLS_STR},
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const char *get_string(const struct adl_setup *setup, size_t offset)
{
    return *(char *const *)((const char *)&setup->options->http + offset);
}

int adl_setup_translate(CURLcode cc)
{
    switch (cc) {
    case CURLE_OK:
        return 0;
    case CURLE_OUT_OF_MEMORY:
        return -ENOMEM;
    case CURLE_NOT_BUILT_IN:
    case CURLE_UNKNOWN_OPTION:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return ASYNCDL_ENOTBUILT;
    default:
        return -EINVAL;
    }
}

static int append(struct curl_slist **list, const char *text)
{
    struct curl_slist *longer = curl_slist_append(*list, text);

    if (longer == NULL) {
        return -ENOMEM;
    }
    *list = longer;
    return 0;
}

static int append_all(struct curl_slist **list, const char *const *texts)
{
    int err = 0;

    for (; texts != NULL && *texts != NULL && err == 0; texts++) {
        err = append(list, *texts);
    }
    return err;
}

static bool has_cookies(const struct adl_setup *setup)
{
    const struct asyncdl_http_options *http = &setup->options->http;

    return http->cookie_file != NULL || http->cookie_jar != NULL;
}

/* Handles share cookies, and TLS sessions so that a host's further connections
 * resume the first one's. All of them live on one thread: no locks. */
static int open_share(struct adl_setup *setup)
{
    setup->share = curl_share_init();
    if (setup->share == NULL) {
        return -ENOMEM;
    }
    CURLSHcode sc = curl_share_setopt(setup->share, CURLSHOPT_SHARE,
                                      CURL_LOCK_DATA_SSL_SESSION);
    if (sc == CURLSHE_OK && has_cookies(setup)) {
        sc = curl_share_setopt(setup->share, CURLSHOPT_SHARE,
                               CURL_LOCK_DATA_COOKIE);
    }
    return sc == CURLSHE_OK ? 0 : -ENOMEM;
}

static int open_cookies(struct adl_setup *setup)
{
    const struct asyncdl_http_options *http = &setup->options->http;

    if (!has_cookies(setup)) {
        return 0;
    }
    CURL *easy = curl_easy_init();
    if (easy == NULL) {
        return -ENOMEM;
    }
    setup->cookie_keeper = easy;
    CURLcode cc = curl_easy_setopt(easy, CURLOPT_SHARE, setup->share);
    if (cc == CURLE_OK && http->cookie_file != NULL) {
        cc = curl_easy_setopt(easy, CURLOPT_COOKIEFILE, http->cookie_file);
    }
    if (cc == CURLE_OK && http->cookie_jar != NULL) {
        cc = curl_easy_setopt(easy, CURLOPT_COOKIEJAR, http->cookie_jar);
    }
    if (cc == CURLE_OK) {
        cc = curl_easy_setopt(easy, CURLOPT_COOKIELIST, "RELOAD");
    }
    return adl_setup_translate(cc);
}

static bool has_own_ca_file(void)
{
    const char *path = curl_version_info(CURLVERSION_NOW)->cainfo;

    return path != NULL && access(path, R_OK) == 0;
}

static long choose_http_version(enum asyncdl_http_version version)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

    switch (version) {
    case ASYNCDL_HTTP_1_1:
        return CURL_HTTP_VERSION_1_1;
    case ASYNCDL_HTTP_2:
        return CURL_HTTP_VERSION_2TLS;
    case ASYNCDL_HTTP_3:
        return CURL_HTTP_VERSION_3;
    default:
        /* Before 8.1 streams hang when a server ends a connection early. */
        return info->version_num >= 0x080100 ? CURL_HTTP_VERSION_2TLS
                                             : CURL_HTTP_VERSION_1_1;
    }
}

int adl_setup_init(struct adl_setup *setup,
                   const struct asyncdl_client_options *options)
{
    *setup = (struct adl_setup){0};
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return -ENOMEM;
    }
    setup->options = options;
    setup->has_own_ca = has_own_ca_file();
    setup->http_version = choose_http_version(options->http.version);
    int err = adl_httpcheck(&options->http);

    if (err == 0) {
        err = append_all(&setup->headers, options->http.headers);
    }
    if (err == 0) {
        err = append_all(&setup->resolve, options->http.resolve);
    }
    if (err == 0) {
        err = append_all(&setup->connect_to, options->http.connect_to);
    }
    if (err == 0) {
        err = open_share(setup);
    }
    if (err == 0) {
        err = open_cookies(setup);
    }
    if (err < 0) {
        adl_setup_finish(setup);
    }
    return err;
}

void adl_setup_finish(struct adl_setup *setup)
{
    if (setup->options == NULL) {
        return;
    }
    if (setup->cookie_keeper != NULL && !setup->writes_jar) {
        (void)curl_easy_setopt(setup->cookie_keeper, CURLOPT_COOKIEJAR,
                               NULL); /* taking back needs no memory */
    }
    curl_easy_cleanup(setup->cookie_keeper); /* writes the jar */
    (void)curl_share_cleanup(setup->share);  /* no handle uses it any more */
    curl_slist_free_all(setup->headers);
    curl_slist_free_all(setup->resolve);
    curl_slist_free_all(setup->connect_to);
    curl_global_cleanup(); /* counted: the multi holds it, too */
    *setup = (struct adl_setup){0};
}

static CURLcode set_long(CURLcode cc, CURL *easy, CURLoption option, long value)
{
    return cc == CURLE_OK ? curl_easy_setopt(easy, option, value) : cc;
}

static CURLcode set_ptr(CURLcode cc, CURL *easy, CURLoption option,
                        const void *value)
{
    return cc == CURLE_OK ? curl_easy_setopt(easy, option, value) : cc;
}

bool adl_setup_may_share(const struct adl_setup *setup, const char *url)
{
    return strncasecmp(url, "https:", 6) == 0 &&
           setup->http_version != CURL_HTTP_VERSION_1_1;
}

int adl_setup_aim(const struct adl_setup *setup, CURL *easy, const char *url)
{
    CURLcode cc = set_ptr(CURLE_OK, easy, CURLOPT_URL, url);

    cc = set_long(cc, easy, CURLOPT_PIPEWAIT,
                  adl_setup_may_share(setup, url) ? 1 : 0);
    return adl_setup_translate(cc);
}

bool adl_setup_knows_ends(void)
{
    return curl_version_info(CURLVERSION_NOW)->version_num >= 0x080000;
}

uint32_t adl_setup_get_most_per_host(
    const struct asyncdl_client_options *options)
{
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    bool is_multiplexed =
        choose_http_version(options->http.version) == CURL_HTTP_VERSION_2TLS;

    /* Before 8.0 each request that finds all streams of a connection taken
     * opens one of its own, which then serves nobody else. */
    return is_multiplexed && info->version_num < 0x080000 ? MAX_STREAMS : 0;
}

static uint64_t get_connect_timeout_ms(const struct asyncdl_client_options *o)
{
    return o->connect_timeout_ms < INT32_MAX ? o->connect_timeout_ms
                                             : INT32_MAX;
}

static CURLcode apply_transport(CURLcode cc, const struct adl_setup *setup,
                                CURL *easy)
{
    static const long ip_versions[] = {CURL_IPRESOLVE_WHATEVER,
                                       CURL_IPRESOLVE_V4, CURL_IPRESOLVE_V6};
    const struct asyncdl_client_options *o = setup->options;
    uint64_t timeout_ms = get_connect_timeout_ms(o);

    cc = set_long(cc, easy, CURLOPT_NOSIGNAL, 1);
    cc = set_long(cc, easy, CURLOPT_QUICK_EXIT, 1); /* never join a lookup */
    cc = set_long(cc, easy, CURLOPT_BUFFERSIZE, BUFFER_SIZE);
    cc = set_long(cc, easy, CURLOPT_DNS_CACHE_TIMEOUT, DNS_KEPT_S);
    cc = set_long(cc, easy, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
    cc = set_long(cc, easy, CURLOPT_IPRESOLVE, ip_versions[o->http.ip_version]);
    cc = set_long(cc, easy, CURLOPT_HTTP_VERSION, setup->http_version);
    cc = set_ptr(cc, easy, CURLOPT_RESOLVE, setup->resolve);
    cc = set_ptr(cc, easy, CURLOPT_CONNECT_TO, setup->connect_to);
    cc = set_ptr(cc, easy, CURLOPT_SHARE, setup->share);
    cc = set_ptr(cc, easy, CURLOPT_NOPROXY,
                 o->http.no_proxy != NULL ? o->http.no_proxy : "");
    return cc;
}

static CURLcode apply_http(CURLcode cc, const struct adl_setup *setup,
                           CURL *easy)
{
    const struct asyncdl_client_options *o = setup->options;

    cc = set_long(cc, easy, CURLOPT_FOLLOWLOCATION, 0);
    cc = set_long(cc, easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1);
    cc = set_long(cc, easy, CURLOPT_HTTP09_ALLOWED, 0);
    cc = set_long(cc, easy, CURLOPT_NETRC,
                  o->flags & ASYNCDL_CLIENT_NETRC ? CURL_NETRC_OPTIONAL
                                                  : CURL_NETRC_IGNORED);
    if (o->http.bearer != NULL) {
        cc = set_long(cc, easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
    }
    if (has_cookies(setup)) {
        /* No file: a handle that names none ignores the shared cookies. */
        cc = set_ptr(cc, easy, CURLOPT_COOKIEFILE, "");
    }
    if (o->flags & ASYNCDL_CLIENT_COMPRESSED) {
        cc = set_ptr(cc, easy, CURLOPT_ACCEPT_ENCODING, ADL_DECODE_ACCEPTED);
        cc = set_long(cc, easy, CURLOPT_HTTP_CONTENT_DECODING, 0);
    }
    return cc;
}

/*
 * libcurl keeps the certificates that it trusts for further connections only
 * where they come from a file alone. Many systems name a folder of the same
 * ones, too: then each connection would read all of them again, 15 ms of the
 * loop for the 140 of Debian. And who names a file trusts that, and no other.
 */
static CURLcode apply_trust(CURLcode cc, const struct adl_setup *setup,
                            CURL *easy)
{
    const struct asyncdl_http_options *http = &setup->options->http;

    if (setup->has_own_ca) { /* a proxy has nothing else */
        cc = set_ptr(cc, easy, CURLOPT_PROXY_CAPATH, NULL);
    }
    if (http->ca_path == NULL && (http->ca_file != NULL || setup->has_own_ca)) {
        cc = set_ptr(cc, easy, CURLOPT_CAPATH, NULL);
    }
    return cc;
}

/* Where no password is given OpenSSL asks the terminal for one, and the loop
 * waits. */
static bool asks_for_passwords(void)
{
    const char *tls = curl_version_info(CURLVERSION_NOW)->ssl_version;

    return tls != NULL && strstr(tls, "OpenSSL") != NULL;
}

static CURLcode apply_tls(CURLcode cc, const struct adl_setup *setup,
                          CURL *easy)
{
    static const long versions[] = {
        CURL_SSLVERSION_DEFAULT, CURL_SSLVERSION_TLSv1_0,
        CURL_SSLVERSION_TLSv1_1, CURL_SSLVERSION_TLSv1_2,
        CURL_SSLVERSION_TLSv1_3};
    const struct asyncdl_client_options *o = setup->options;
    bool verify = (o->flags & ASYNCDL_CLIENT_INSECURE) == 0;

    cc = set_long(cc, easy, CURLOPT_SSLVERSION, versions[o->http.tls_min]);
    if (o->http.key_password != NULL || asks_for_passwords()) {
        cc = set_ptr(cc, easy, CURLOPT_KEYPASSWD,
                     o->http.key_password != NULL ? o->http.key_password : "");
    }
    cc = set_long(cc, easy, CURLOPT_SSL_VERIFYPEER, verify ? 1 : 0);
    cc = set_long(cc, easy, CURLOPT_SSL_VERIFYHOST, verify ? 2 : 0);
    return apply_trust(cc, setup, easy);
}

int adl_setup_apply(const struct adl_setup *setup, CURL *easy)
{
    CURLcode cc = CURLE_OK;

    cc = apply_transport(cc, setup, easy);
    cc = apply_http(cc, setup, easy);
    cc = apply_tls(cc, setup, easy);
    for (size_t i = 0; i < N(string_options); i++) {
        const char *text = get_string(setup, string_options[i].offset);

        if (text != NULL) {
            cc = set_ptr(cc, easy, string_options[i].option, text);
        }
    }
    return adl_setup_translate(cc);
}

int adl_setup_specialize(const struct adl_setup *setup, CURL *easy,
                         const struct adl_setup_special *special)
{
    const struct asyncdl_http_options *http = &setup->options->http;
    bool is_ours = !special->is_foreign;
    const char *agent =
        special->user_agent != NULL ? special->user_agent : http->user_agent;
    const char *referer =
        special->referer != NULL ? special->referer : http->referer;
    CURLcode cc = CURLE_OK;

    cc = set_ptr(cc, easy, CURLOPT_USERAGENT, agent[0] != '\0' ? agent : NULL);
    cc = set_ptr(cc, easy, CURLOPT_REFERER, referer);
    cc = set_ptr(cc, easy, CURLOPT_RANGE, special->range);
    cc = set_ptr(cc, easy, CURLOPT_USERPWD,
                 is_ours ? http->user_password : NULL);
    cc = set_ptr(cc, easy, CURLOPT_XOAUTH2_BEARER,
                 is_ours ? http->bearer : NULL);
    cc = set_ptr(cc, easy, CURLOPT_COOKIE, is_ours ? http->cookie : NULL);
    /* NULL would ask the environment */
    cc = set_ptr(cc, easy, CURLOPT_PROXY,
                 adl_route_get_proxy(http, special->url));
    cc =
        set_long(cc, easy, CURLOPT_FORBID_REUSE, special->forbid_reuse ? 1 : 0);
    cc = set_long(cc, easy, CURLOPT_FRESH_CONNECT,
                  special->is_plain_http ? 1 : 0);
    cc = set_long(cc, easy, CURLOPT_HTTP_VERSION,
                  special->is_plain_http ? CURL_HTTP_VERSION_1_1
                                         : setup->http_version);
    if (setup->options->flags & ASYNCDL_CLIENT_COMPRESSED) {
        /* A range is of the encoded body: ask for the plain one. */
        cc = set_ptr(cc, easy, CURLOPT_ACCEPT_ENCODING,
                     special->range != NULL ? NULL : ADL_DECODE_ACCEPTED);
    }
    return adl_setup_translate(cc);
}

int adl_setup_locate(const struct adl_setup *setup, CURL *easy,
                     struct curl_slist **list, const char *entry,
                     uint64_t spent_ms)
{
    uint64_t timeout_ms = get_connect_timeout_ms(setup->options);
    uint64_t left_ms = timeout_ms > spent_ms ? timeout_ms - spent_ms : 1;
    struct curl_slist *fresh = NULL;
    int err = append_all(&fresh, setup->options->http.resolve);

    if (err == 0 && entry != NULL) {
        err = append(&fresh, entry);
    }
    if (err < 0) {
        curl_slist_free_all(fresh);
        return err;
    }
    CURLcode cc = set_ptr(CURLE_OK, easy, CURLOPT_RESOLVE, fresh);
    cc = set_long(cc, easy, CURLOPT_CONNECTTIMEOUT_MS, (long)left_ms);
    curl_slist_free_all(*list);
    *list = fresh;
    return adl_setup_translate(cc);
}

const char *adl_setup_get_ca_file(const struct adl_setup *setup)
{
    const char *own = curl_version_info(CURLVERSION_NOW)->cainfo;
    const char *given = setup->options->http.ca_file;

    return given != NULL ? given : setup->has_own_ca ? own : NULL;
}

bool adl_setup_has_proxies(const struct adl_setup *setup)
{
    const struct asyncdl_http_options *http = &setup->options->http;

    return http->proxy == NULL &&
           (http->http_proxy != NULL || http->https_proxy != NULL);
}

/* Headers that libcurl, too, keeps from other hosts after a redirect. */
static bool is_secret(const char *header)
{
    return strncasecmp(header, "authorization:", 14) == 0 ||
           strncasecmp(header, "cookie:", 7) == 0;
}

int adl_setup_join_headers(const struct adl_setup *setup,
                           struct curl_slist **out, const char *const *further,
                           bool is_foreign, const char *if_range)
{
    struct curl_slist *list = NULL;
    char line[512];
    int err = 0;

    for (const struct curl_slist *each = setup->headers;
         each != NULL && err == 0; each = each->next) {
        if (!is_foreign || !is_secret(each->data)) {
            err = append(&list, each->data);
        }
    }
    for (; further != NULL && *further != NULL && err == 0; further++) {
        if (!is_foreign || !is_secret(*further)) {
            err = append(&list, *further);
        }
    }
    if (err == 0 && if_range != NULL) {
        (void)snprintf(line, sizeof(line), "If-Range: %s", if_range);
        err = append(&list, line);
    }
    if (err < 0) {
        curl_slist_free_all(list);
        return err;
    }
    *out = list;
    return 0;
}
