/* SPDX-License-Identifier: MIT */
/* What became of an attempt: libcurl's words as ours. */
#include "fetch/attempt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asyncdl/error.h"
#include "fetch/attempt_setup.h"
#include "fetch/tlscheck.h"

struct translation {
    CURLcode cc;
    int err;
};

static const struct translation translations[] = {
    {CURLE_COULDNT_RESOLVE_HOST, ASYNCDL_ERESOLVE},
    {CURLE_COULDNT_RESOLVE_PROXY, ASYNCDL_EPROXY},
    {CURLE_PROXY, ASYNCDL_EPROXY},
    {CURLE_COULDNT_CONNECT, ASYNCDL_ECONNECT},
    {CURLE_SSL_CONNECT_ERROR, ASYNCDL_ETLS},
    {CURLE_SSL_CIPHER, ASYNCDL_ETLS},
    {CURLE_USE_SSL_FAILED, ASYNCDL_ETLS},
    {CURLE_PEER_FAILED_VERIFICATION, ASYNCDL_ECERT},
    {CURLE_SSL_ISSUER_ERROR, ASYNCDL_ECERT},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, ASYNCDL_EPINNED},
    {CURLE_SSL_INVALIDCERTSTATUS, ASYNCDL_ECERT},
    {CURLE_SSL_CERTPROBLEM, ASYNCDL_EOWNCERT},
    {CURLE_SSL_CACERT_BADFILE, ASYNCDL_ECERT},
    {CURLE_SSL_CLIENTCERT, ASYNCDL_EOWNCERT},
    {CURLE_SEND_ERROR, ASYNCDL_ERESET},
    {CURLE_RECV_ERROR, ASYNCDL_ERESET},
    {CURLE_GOT_NOTHING, ASYNCDL_ERESET},
    {CURLE_HTTP2, ASYNCDL_ERESET},
    {CURLE_HTTP2_STREAM, ASYNCDL_ERESET},
    {CURLE_HTTP3, ASYNCDL_ERESET},
    {CURLE_QUIC_CONNECT_ERROR, ASYNCDL_ECONNECT},
    {CURLE_PARTIAL_FILE, ASYNCDL_ECUT},
    {CURLE_WEIRD_SERVER_REPLY, ASYNCDL_EPROTOCOL},
    {CURLE_UNSUPPORTED_PROTOCOL, ASYNCDL_EPROTOCOL}, /* HTTP/0.9 */
    {CURLE_FILESIZE_EXCEEDED, ASYNCDL_ETOOBIG},
    {CURLE_URL_MALFORMAT, ASYNCDL_EURL},
    {CURLE_INTERFACE_FAILED, -EADDRNOTAVAIL},
};

/* Which of the two it was shows in what had been reached. */
static int translate_timeout(const struct adl_attempt *a)
{
    return a->is_connected ? ASYNCDL_ESTALL : ASYNCDL_ECONNTIMEOUT;
}

/* Before 8.6 libcurl has no better word for a header line over its limit. */
static int translate_memory(const struct adl_attempt *a)
{
    return a->is_connected && !a->has_begun ? ASYNCDL_EHEADERS : -ENOMEM;
}

/* Since 8.6 it has, which headers that we build against need not know. */
#define TOO_LARGE 100

/* What a proxy answered that made no tunnel, or 0. */
static int read_proxy_refusal(const struct adl_attempt *a)
{
    long status = 0;

    (void)curl_easy_getinfo(a->easy, CURLINFO_HTTP_CONNECTCODE, &status);
    return !a->is_connected && status / 100 != 2 ? (int)status : 0;
}

/* To libcurl that is an answer without a body. */
static bool is_cut_in_head(const struct adl_attempt *a)
{
    return a->cc == CURLE_OK && !a->answer.is_complete;
}

static int translate(const struct adl_attempt *a)
{
    CURLcode cc = a->cc;

    if (a->abort_err != 0) {
        return a->abort_err;
    }
    if (cc == CURLE_OK && adl_attempt_is_torn(a)) {
        return ASYNCDL_EENCODING;
    }
    if (is_cut_in_head(a)) {
        return ASYNCDL_ERESET;
    }
    if (cc == CURLE_OPERATION_TIMEDOUT) {
        return translate_timeout(a);
    }
    if (cc == CURLE_OUT_OF_MEMORY) {
        return translate_memory(a);
    }
    if ((int)cc == TOO_LARGE) {
        return ASYNCDL_EHEADERS;
    }
    if (read_proxy_refusal(a) != 0 ||
        (cc == CURLE_COULDNT_CONNECT && a->is_proxied)) {
        return ASYNCDL_EPROXY;
    }
    for (size_t i = 0; i < sizeof(translations) / sizeof(translations[0]);
         i++) {
        if (translations[i].cc == cc) {
            return translations[i].err;
        }
    }
    return ASYNCDL_EPROTOCOL;
}

static bool is_lack(int os_errno)
{
    return os_errno == EMFILE || os_errno == ENFILE;
}

/* A file of certificates that is as it was at the start was not read for want
 * of one. */
static bool lacks_fds(const struct adl_attempt *a)
{
    if (a->cc == CURLE_SSL_CACERT_BADFILE && a->ca_file != NULL) {
        int err = adl_tlscheck_ca(a->ca_file);

        return err == 0 || is_lack(-err);
    }
    return is_lack(a->socket_errno);
}

/* What fails one stream alone has a code of its own, CURLE_HTTP2_STREAM. */
static bool has_lost_connection(const struct adl_attempt *a)
{
    switch (a->cc) {
    case CURLE_HTTP2:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
        return a->abort_err == 0;
    default:
        return false;
    }
}

/* Over HTTP/3 the other codes tell of one stream that was reset. */
static bool has_lost_shared(const struct adl_attempt *a, const char *version)
{
    if (strcmp(version, "3") == 0 && a->cc != CURLE_SEND_ERROR &&
        a->cc != CURLE_RECV_ERROR) {
        return false;
    }
    return (version[0] == '2' || version[0] == '3') && has_lost_connection(a);
}

static double get_seconds(CURL *easy, CURLINFO info)
{
    curl_off_t us = 0;

    (void)curl_easy_getinfo(easy, info, &us); /* of a known kind */
    return (double)us / 1e6;
}

/* Since the attempt began, looking its name up included; 0: never got there. */
static double get_time(const struct adl_attempt *a, CURLINFO info)
{
    double seconds = get_seconds(a->easy, info);

    return seconds > 0 ? seconds + (double)a->spent_ms / 1e3 : 0;
}

static void read_times(const struct adl_attempt *a, struct asyncdl_times *out)
{
    out->dns_s = get_time(a, CURLINFO_NAMELOOKUP_TIME_T);
    out->connect_s = get_time(a, CURLINFO_CONNECT_TIME_T);
    out->tls_s = get_time(a, CURLINFO_APPCONNECT_TIME_T);
    out->first_byte_s = get_time(a, CURLINFO_STARTTRANSFER_TIME_T);
    out->total_s = get_time(a, CURLINFO_TOTAL_TIME_T);
}

static const char *read_version(const struct adl_attempt *a)
{
    long version = 0;

    (void)curl_easy_getinfo(a->easy, CURLINFO_HTTP_VERSION, &version);
    switch (version) {
    case CURL_HTTP_VERSION_1_0:
        return "1.0";
    case CURL_HTTP_VERSION_1_1:
        return "1.1";
    case CURL_HTTP_VERSION_2_0:
        return "2";
    case CURL_HTTP_VERSION_3:
        return "3";
    default:
        return "";
    }
}

static void read_ip(const struct adl_attempt *a, char *out, size_t cap)
{
    const char *ip = NULL;

    (void)curl_easy_getinfo(a->easy, CURLINFO_PRIMARY_IP, &ip);
    size_t len = ip != NULL ? strlen(ip) : 0;
    if (len >= cap) {
        len = 0; /* no address is that long */
    }
    if (len > 0) {
        memcpy(out, ip, len);
    }
    out[len] = '\0';
}

static void read_facts(const struct adl_attempt *a,
                       struct adl_attempt_facts *out)
{
    out->status = a->answer.range.status;
    read_times(a, &out->time);
    out->http_version = read_version(a);
    read_ip(a, out->remote_ip, sizeof(out->remote_ip));
}

static int read_redirect(const struct adl_attempt *a, char **out)
{
    char *url = NULL;

    (void)curl_easy_getinfo(a->easy, CURLINFO_REDIRECT_URL, &url);
    *out = url != NULL ? strdup(url) : NULL;
    return url != NULL && *out == NULL ? -ENOMEM : 0;
}

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 ||
           status == 308;
}

/* What the system said of a connection that was not made. */
static int read_os_errno(const struct adl_attempt *a)
{
    long os_errno = 0;

    (void)curl_easy_getinfo(a->easy, CURLINFO_OS_ERRNO, &os_errno);
    return (int)os_errno;
}

static const char *phase(const struct adl_attempt *a)
{
    if (get_seconds(a->easy, CURLINFO_NAMELOOKUP_TIME_T) <= 0) {
        return "while resolving the name";
    }
    return get_seconds(a->easy, CURLINFO_CONNECT_TIME_T) <= 0
               ? "while connecting"
               : "during the TLS handshake";
}

static void write_status(const struct adl_attempt *a,
                         struct adl_attempt_outcome *out)
{
    const struct adl_answer *answer = &a->answer;
    const char *lack = "";
    char wait[64] = "";

    if (is_redirect(out->facts.status) && !answer->has_location) {
        lack = " without a Location to go to";
    }
    if (answer->has_retry_after) {
        (void)snprintf(wait, sizeof(wait), ", asks to wait %" PRIu64 " s",
                       answer->retry_after_ms / 1000); /* always fits */
    }
    (void)snprintf(out->text, sizeof(out->text), "HTTP status %d%s%s",
                   out->facts.status, lack, wait);
}

/* libcurl's text names the host, the port and the cause where it has one. */
static void write_text(const struct adl_attempt *a,
                       struct adl_attempt_outcome *out)
{
    const char *what = asyncdl_strerror(out->err);

    if (out->err == ASYNCDL_EHTTP) {
        write_status(a, out);
    } else if (out->err == ASYNCDL_ECONNTIMEOUT) {
        (void)snprintf(out->text, sizeof(out->text), "%s, %s", what, phase(a));
    } else if (a->answer.wrong != NULL) {
        (void)snprintf(out->text, sizeof(out->text), "%s: %s", what,
                       a->answer.wrong);
    } else if (a->cc == CURLE_OK && adl_attempt_is_torn(a)) {
        (void)snprintf(out->text, sizeof(out->text), "%s: %s", what,
                       adl_decoder_torn_text(a->decoder));
    } else if (is_cut_in_head(a)) {
        (void)snprintf(out->text, sizeof(out->text), "%s within the headers",
                       what);
    } else if (a->abort_err == 0 && a->error[0] != '\0') {
        (void)snprintf(out->text, sizeof(out->text), "%s: %s", what, a->error);
    } else {
        (void)snprintf(out->text, sizeof(out->text), "%s", what);
    }
    for (char *c = out->text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            *c = ' '; /* a server may have had its hand in it */
        }
    }
}

bool adl_attempt_knows_end(struct adl_attempt *attempt)
{
    long version = 0;

    if (attempt->answer.has_length || adl_setup_knows_ends()) {
        return true;
    }
    (void)curl_easy_getinfo(attempt->easy, CURLINFO_HTTP_VERSION, &version);
    return version != CURL_HTTP_VERSION_2_0;
}

void adl_attempt_judge(struct adl_attempt *attempt,
                       struct adl_attempt_outcome *out)
{
    CURLcode cc = attempt->cc;
    int status = attempt->answer.range.status;

    out->err = 0;
    out->redirect_url = NULL;
    out->lacks_fds = false;
    out->os_errno = 0;
    out->is_connected = attempt->is_connected;
    read_facts(attempt, &out->facts);
    out->lost_port = has_lost_shared(attempt, out->facts.http_version)
                         ? attempt->local_port
                         : 0;
    out->text[0] = '\0'; /* the rest of it need not be touched */
    if (cc == CURLE_OK && status >= 200 && status <= 299 &&
        !is_cut_in_head(attempt) && !adl_attempt_is_torn(attempt)) {
        return;
    }
    if (status >= 300 && (cc == CURLE_OK || attempt->abort_err == 0 ||
                          attempt->abort_err == ASYNCDL_EHTTP)) {
        out->err = ASYNCDL_EHTTP; /* whatever became of its page */
        if (is_redirect(status) && attempt->answer.has_location) {
            int err = read_redirect(attempt, &out->redirect_url);

            out->err = err < 0 ? err : out->err;
        }
    } else {
        out->err = translate(attempt);
        out->lacks_fds = lacks_fds(attempt);
        out->os_errno = read_os_errno(attempt);
        if (out->err == ASYNCDL_EPROXY) {
            out->facts.status = read_proxy_refusal(attempt);
        }
    }
    write_text(attempt, out);
}
