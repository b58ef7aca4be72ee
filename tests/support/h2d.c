/* SPDX-License-Identifier: MIT */
#include "support/h2d.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "site/cert.h"

#define PREFACE_BYTES 24
#define HEAD_BYTES    9
#define NO_ERROR      0

enum { DATA = 0, HEADERS = 1, SETTINGS = 4, PING = 6, GOAWAY = 7 };
enum { ACK = 1, END_STREAM = 1, END_HEADERS = 4 };

struct h2d_private {
    SSL_CTX *tls;
    int fd;
    unsigned n_requests;
    pid_t pid;
};

static bool read_all(SSL *ssl, uint8_t *out, size_t len)
{
    size_t n = 0;

    while (len > 0 && SSL_read_ex(ssl, out, len, &n) == 1) {
        out += n;
        len -= n;
    }
    return len == 0;
}

static bool skip(SSL *ssl, size_t len)
{
    uint8_t byte;

    while (len > 0 && read_all(ssl, &byte, 1)) {
        len--;
    }
    return len == 0;
}

static void put_u32(uint8_t *out, uint32_t value)
{
    value = htonl(value);
    memcpy(out, &value, sizeof(value));
}

static bool send_frame(SSL *ssl, uint8_t type, uint8_t flags, uint32_t stream,
                       const void *bytes, uint8_t len)
{
    uint8_t frame[HEAD_BYTES + UINT8_MAX] = {0, 0, len, type, flags};
    size_t n;

    put_u32(frame + 5, stream);
    if (len > 0) {
        memcpy(frame + HEAD_BYTES, bytes, len);
    }
    return SSL_write_ex(ssl, frame, HEAD_BYTES + (size_t)len, &n) == 1;
}

static bool answer(SSL *ssl, uint32_t stream, bool is_whole)
{
    /* HPACK: ":status: 200" of its table, "content-length: N" spelled out. */
    const uint8_t head[] = {0x88, 0x0f, 0x0d, 1, is_whole ? '5' : '9'};

    return send_frame(ssl, HEADERS, END_HEADERS, stream, head, sizeof(head)) &&
           send_frame(ssl, DATA, is_whole ? END_STREAM : 0, stream, "hello", 5);
}

static void say_goaway(SSL *ssl, uint32_t last_stream)
{
    uint8_t bytes[8];

    put_u32(bytes, last_stream);
    put_u32(bytes + 4, NO_ERROR);
    (void)send_frame(ssl, GOAWAY, 0, 0, bytes, sizeof(bytes));
    (void)SSL_shutdown(ssl);
}

static bool is_frame(const uint8_t *head, uint8_t type)
{
    return head[3] == type;
}

/* Take a frame's head and its bytes. */
static bool read_frame(SSL *ssl, uint8_t *head, uint32_t *out_stream)
{
    uint32_t stream;

    if (!read_all(ssl, head, HEAD_BYTES)) {
        return false;
    }
    memcpy(&stream, head + 5, sizeof(stream));
    *out_stream = ntohl(stream);
    return skip(ssl,
                (size_t)head[0] << 16 | (size_t)head[1] << 8 | (size_t)head[2]);
}

/* Serve a connection; with n_requests > 0, break it after so many, once the
 * client has read all answers: then it answers a PING. */
static void serve(SSL *ssl, unsigned n_requests)
{
    static const uint8_t ping[8] = {0};
    uint8_t head[HEAD_BYTES];
    uint32_t stream = 0, last = 0;
    unsigned n = 0;
    bool is_good = SSL_accept(ssl) == 1 && skip(ssl, PREFACE_BYTES) &&
                   send_frame(ssl, SETTINGS, 0, 0, NULL, 0);

    while (is_good && read_frame(ssl, head, &stream)) {
        bool is_ack = (head[4] & ACK) != 0;

        if (is_frame(head, SETTINGS) && !is_ack) {
            is_good = send_frame(ssl, SETTINGS, ACK, 0, NULL, 0);
        } else if (is_frame(head, HEADERS)) {
            last = stream;
            n++;
            is_good = answer(ssl, stream, n_requests == 0);
            if (is_good && n == n_requests) {
                is_good = send_frame(ssl, PING, 0, 0, ping, sizeof(ping));
            }
        } else if (is_frame(head, PING) && is_ack) {
            say_goaway(ssl, last);
            return;
        }
    }
}

static void run(const struct h2d_private *p)
{
    unsigned n_requests = p->n_requests;

    for (;;) {
        int fd = accept(p->fd, NULL, NULL);
        SSL *ssl = fd >= 0 ? SSL_new(p->tls) : NULL;

        if (ssl == NULL) {
            return;
        }
        if (SSL_set_fd(ssl, fd) == 1) {
            serve(ssl, n_requests);
        }
        SSL_free(ssl);
        if (n_requests == 0) { /* the broken one stays open, and silent */
            (void)close(fd);
        }
        n_requests = 0;
    }
}

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                   const unsigned char *in, unsigned int in_len, void *data)
{
    (void)ssl;
    (void)in;
    (void)in_len;
    (void)data;
    *out = (const unsigned char *)"h2";
    *out_len = 2;
    return SSL_TLSEXT_ERR_OK;
}

static bool use_pem(SSL_CTX *tls, const struct adl_cert *cert)
{
    BIO *cert_bio = BIO_new_mem_buf(cert->cert, -1);
    BIO *key_bio = BIO_new_mem_buf(cert->key, -1);
    X509 *x509 = PEM_read_bio_X509(cert_bio, NULL, NULL, NULL);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(key_bio, NULL, NULL, NULL);
    bool is_good = SSL_CTX_use_certificate(tls, x509) == 1 &&
                   SSL_CTX_use_PrivateKey(tls, key) == 1;

    X509_free(x509);
    EVP_PKEY_free(key);
    BIO_free(cert_bio);
    BIO_free(key_bio);
    return is_good;
}

static int open_tls(struct h2d_private *p)
{
    struct adl_cert cert = {0};
    int err = adl_cert_init(&cert, NULL, 0);

    p->tls = SSL_CTX_new(TLS_server_method());
    if (err == 0 && (p->tls == NULL || !use_pem(p->tls, &cert))) {
        err = -EIO;
    }
    adl_cert_finish(&cert);
    if (err == 0) {
        SSL_CTX_set_alpn_select_cb(p->tls, on_alpn, NULL);
    }
    return err;
}

static int open_port(struct h2d_private *p, uint16_t *out_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);

    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (p->fd < 0 ||
        bind(p->fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(p->fd, 16) < 0 ||
        getsockname(p->fd, (struct sockaddr *)&address, &len) < 0) {
        return -errno;
    }
    *out_port = ntohs(address.sin_port);
    return 0;
}

static void destroy(struct h2d_private *p)
{
    if (p->fd >= 0) {
        (void)close(p->fd);
    }
    SSL_CTX_free(p->tls);
    free(p);
}

int h2d_start(struct h2d *h2d, unsigned n_requests)
{
    struct h2d_private *p = calloc(1, sizeof(*p));

    if (p == NULL) {
        return -ENOMEM;
    }
    *p = (struct h2d_private){.fd = -1, .n_requests = n_requests};
    int err = open_tls(p);
    if (err == 0) {
        err = open_port(p, &h2d->port);
    }
    if (err == 0) {
        p->pid = fork();
        err = p->pid < 0 ? -errno : 0;
    }
    if (err == 0 && p->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)signal(SIGPIPE, SIG_IGN); /* clients close as they like */
        run(p);
        _exit(1);
    }
    if (err < 0) {
        destroy(p);
        return err;
    }
    h2d->private = p;
    return 0;
}

void h2d_stop(struct h2d *h2d)
{
    if (h2d->private == NULL) {
        return;
    }
    (void)kill(h2d->private->pid, SIGKILL);
    (void)waitpid(h2d->private->pid, NULL, 0); /* it is ours */
    destroy(h2d->private);
    h2d->private = NULL;
}
