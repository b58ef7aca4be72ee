/* SPDX-License-Identifier: MIT */
#include "support/dnsd.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define MESSAGE_MAX 4096
#define NAME_CAP    256
#define LOG_MAX     4096
#define HELD_MAX    512
#define HEAD_BYTES  12

enum { TYPE_A = 1, TYPE_CNAME = 5, TYPE_AAAA = 28, CLASS_IN = 1 };
enum { RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3 };

struct question {
    char name[NAME_CAP];
    uint16_t type;
    size_t end; /* of it in the message */
};

struct held {
    struct sockaddr_in from;
    size_t len;
    uint8_t message[512];
};

struct asked {
    char name[NAME_CAP];
    uint16_t type;
    bool is_tcp;
};

struct dnsd_private {
    const struct dnsd_entry *table;
    int udp;
    int tcp;
    int wake[2]; /* a byte: release; its end: stop */
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    struct asked log[LOG_MAX];
    size_t n_log;
    struct held held[HELD_MAX];
    unsigned n_held;
    unsigned n_marks; /* datagrams of settle() */
    bool is_released;
};

/* A message being written. */
struct writer {
    uint8_t *bytes;
    size_t len;
};

static void put16(struct writer *w, unsigned value)
{
    w->bytes[w->len++] = (uint8_t)(value >> 8);
    w->bytes[w->len++] = (uint8_t)value;
}

static void put_name(struct writer *w, const char *name)
{
    while (*name != '\0') {
        size_t len = strcspn(name, ".");

        w->bytes[w->len++] = (uint8_t)len;
        memcpy(w->bytes + w->len, name, len);
        w->len += len;
        name += len + (name[len] == '.');
    }
    w->bytes[w->len++] = 0;
}

static void put_head(struct writer *w, const char *name, unsigned type,
                     uint32_t ttl_s)
{
    put_name(w, name);
    put16(w, type);
    put16(w, CLASS_IN);
    put16(w, ttl_s >> 16);
    put16(w, ttl_s & 0xffff);
}

static unsigned put_addresses(struct writer *w, const char *name, unsigned type,
                              const struct dnsd_entry *entry)
{
    const char *const *addresses = type == TYPE_A ? entry->a : entry->aaaa;
    unsigned len = type == TYPE_A ? 4 : 16;
    unsigned n = 0;

    for (; addresses[n] != NULL; n++) {
        put_head(w, name, type, entry->ttl_s);
        put16(w, len);
        (void)inet_pton(type == TYPE_A ? AF_INET : AF_INET6, addresses[n],
                        w->bytes + w->len);
        w->len += len;
    }
    return n;
}

static unsigned put_records(struct writer *w, const struct question *q,
                            const struct dnsd_entry *entry)
{
    const char *name = q->name;
    unsigned n = 0;

    if (q->type != TYPE_A && q->type != TYPE_AAAA) {
        return 0;
    }
    if (entry->cname != NULL) {
        put_head(w, name, TYPE_CNAME, entry->ttl_s);
        put16(w, (unsigned)strlen(entry->cname) + 2);
        put_name(w, entry->cname);
        name = entry->cname;
        n++;
    }
    return n + put_addresses(w, name, q->type, entry);
}

/* 0, or -EINVAL for what is no question. */
static int read_question(struct question *out, const uint8_t *bytes, size_t len)
{
    size_t at = HEAD_BYTES;
    size_t n = 0;

    while (at < len && bytes[at] != 0) {
        size_t label = bytes[at++];

        if (label > 63 || at + label >= len || n + label + 2 > NAME_CAP) {
            return -EINVAL;
        }
        if (n > 0) {
            out->name[n++] = '.';
        }
        for (; label > 0; label--) {
            out->name[n++] = (char)tolower(bytes[at++]);
        }
    }
    if (at + 5 > len) {
        return -EINVAL;
    }
    out->name[n] = '\0';
    out->type = (uint16_t)(bytes[at + 1] << 8 | bytes[at + 2]);
    out->end = at + 5;
    return 0;
}

static bool fits(const char *pattern, const char *name)
{
    size_t len = strlen(name);
    size_t tail = strlen(pattern) - 1;

    if (pattern[0] != '*') {
        return strcmp(pattern, name) == 0;
    }
    return len > tail && strcmp(name + len - tail, pattern + 1) == 0;
}

static const struct dnsd_entry *find(const struct dnsd_private *d,
                                     const char *name)
{
    const struct dnsd_entry *entry = d->table;

    while (entry->name != NULL && !fits(entry->name, name)) {
        entry++;
    }
    return entry->name != NULL ? entry : NULL;
}

/* The answer to a question, whose message out begins with. */
static size_t write_answer(uint8_t *out, const struct question *q,
                           const struct dnsd_entry *entry, bool is_tcp)
{
    struct writer w = {.bytes = out, .len = q->end};
    bool is_cut = entry != NULL && entry->way == DNSD_TRUNCATED && !is_tcp;
    unsigned rcode = 0;
    unsigned n = 0;

    if (entry == NULL) {
        rcode = RCODE_NXDOMAIN;
    } else if (entry->way == DNSD_SERVFAIL) {
        rcode = RCODE_SERVFAIL;
    } else if (!is_cut) {
        n = put_records(&w, q, entry);
    }
    out[2] = (uint8_t)(0x81 | (is_cut ? 2 : 0)); /* QR, RD, TC */
    out[3] = (uint8_t)(0x80 | rcode);            /* RA */
    memset(out + 4, 0, 8);
    out[5] = 1; /* question */
    out[7] = (uint8_t)n;
    if (entry != NULL && entry->way == DNSD_GARBAGE) {
        out[7] = 9; /* records that are not there */
        memset(out + q->end, 0xc1, 64);
        w.len = q->end + 64;
    }
    return w.len;
}

static void note(struct dnsd_private *d, const struct question *q, bool is_tcp)
{
    if (d->n_log < LOG_MAX) {
        struct asked *asked = &d->log[d->n_log++];

        memcpy(asked->name, q->name, sizeof(asked->name));
        asked->type = q->type;
        asked->is_tcp = is_tcp;
    }
}

static void send_answer(struct dnsd_private *d, uint8_t *message, size_t len,
                        const struct sockaddr_in *to)
{
    struct question q;

    if (read_question(&q, message, len) == 0) {
        size_t n = write_answer(message, &q, find(d, q.name), false);

        (void)sendto(d->udp, message, n, 0, (const struct sockaddr *)to,
                     sizeof(*to)); /* a client that is gone needs none */
    }
}

static void hold(struct dnsd_private *d, const uint8_t *message, size_t len,
                 const struct sockaddr_in *from)
{
    if (d->n_held < HELD_MAX && len <= sizeof(d->held[0].message)) {
        struct held *held = &d->held[d->n_held++];

        held->from = *from;
        held->len = len;
        memcpy(held->message, message, len);
    }
}

static void take_datagram(struct dnsd_private *d)
{
    uint8_t message[MESSAGE_MAX];
    struct sockaddr_in from;
    socklen_t from_len = sizeof(from);
    struct question q;
    ssize_t len =
        recvfrom(d->udp, message, 512, 0, (struct sockaddr *)&from, &from_len);

    if (len == 0) {
        d->n_marks++;
    }
    if (len < HEAD_BYTES || read_question(&q, message, (size_t)len) < 0) {
        return;
    }
    const struct dnsd_entry *entry = find(d, q.name);
    enum dnsd_way way = entry != NULL ? entry->way : DNSD_ANSWER;

    note(d, &q, false);
    if (way == DNSD_HELD && !d->is_released) {
        hold(d, message, (size_t)len, &from);
    } else if (way != DNSD_SILENCE) {
        send_answer(d, message, (size_t)len, &from);
    }
}

static bool read_all(int fd, void *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = recv(fd, bytes, len, 0);

        if (n <= 0) {
            return false;
        }
        bytes = (char *)bytes + n;
        len -= (size_t)n;
    }
    return true;
}

/* Questions by TCP are few: they are answered one connection at a time. */
static void take_connection(struct dnsd_private *d)
{
    const struct timeval patience = {.tv_usec = 200000};
    uint8_t bytes[2 + MESSAGE_MAX];
    struct question q;
    int fd = accept(d->tcp, NULL, NULL);

    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    while (read_all(fd, bytes, 2)) {
        size_t len = (size_t)(bytes[0] << 8 | bytes[1]);

        if (len < HEAD_BYTES || len > 512 || !read_all(fd, bytes + 2, len) ||
            read_question(&q, bytes + 2, len) < 0) {
            break;
        }
        note(d, &q, true);
        len = write_answer(bytes + 2, &q, find(d, q.name), true);
        bytes[0] = (uint8_t)(len >> 8);
        bytes[1] = (uint8_t)len;
        (void)send(fd, bytes, len + 2, MSG_NOSIGNAL);
    }
    (void)close(fd);
}

static void release(struct dnsd_private *d)
{
    uint8_t message[MESSAGE_MAX];

    d->is_released = true;
    for (unsigned i = 0; i < d->n_held; i++) {
        memcpy(message, d->held[i].message, d->held[i].len);
        send_answer(d, message, d->held[i].len, &d->held[i].from);
    }
    d->n_held = 0;
}

static void *serve(void *data)
{
    struct dnsd_private *d = data;
    struct pollfd fds[] = {{.fd = d->wake[0], .events = POLLIN},
                           {.fd = d->udp, .events = POLLIN},
                           {.fd = d->tcp, .events = POLLIN}};
    char byte;

    for (;;) {
        if (poll(fds, 3, -1) < 0) {
            continue; /* a signal */
        }
        if (fds[0].revents != 0 && read(d->wake[0], &byte, 1) == 0) {
            return NULL;
        }
        (void)pthread_mutex_lock(&d->lock);
        if (fds[0].revents != 0) {
            release(d);
        }
        if (fds[1].revents != 0) {
            take_datagram(d);
        }
        if (fds[2].revents != 0) {
            take_connection(d);
        }
        (void)pthread_cond_broadcast(&d->changed);
        (void)pthread_mutex_unlock(&d->lock);
    }
}

static int bind_port(int fd, uint16_t port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port)};

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0 ? -errno
                                                                      : 0;
}

/* One port for both: UDP's choice may be taken in TCP, so try again. */
static int open_sockets(struct dnsd_private *d, uint16_t *out_port)
{
    struct sockaddr_in addr;
    socklen_t len = sizeof(addr);
    int err = -EADDRINUSE;

    for (int i = 0; i < 20 && err == -EADDRINUSE; i++) {
        d->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        d->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        err = bind_port(d->udp, 0);
        if (err == 0 &&
            getsockname(d->udp, (struct sockaddr *)&addr, &len) < 0) {
            err = -errno;
        }
        if (err == 0) {
            *out_port = ntohs(addr.sin_port);
            err = bind_port(d->tcp, *out_port);
        }
        if (err == 0 && listen(d->tcp, 16) < 0) {
            err = -errno;
        }
        if (err < 0) {
            (void)close(d->udp);
            (void)close(d->tcp);
        }
    }
    return err;
}

int dnsd_start(struct dnsd *dnsd, const struct dnsd_entry *table)
{
    struct dnsd_private *d = calloc(1, sizeof(*d));

    *dnsd = (struct dnsd){0};
    if (d == NULL) {
        return -ENOMEM;
    }
    d->table = table;
    int err = open_sockets(d, &dnsd->port);
    if (err == 0 &&
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, d->wake) < 0) {
        err = -errno;
    }
    if (err < 0) {
        free(d);
        return err;
    }
    (void)pthread_mutex_init(&d->lock, NULL);
    (void)pthread_cond_init(&d->changed, NULL);
    err = -pthread_create(&d->thread, NULL, serve, d);
    if (err < 0) {
        free(d);
        return err;
    }
    (void)snprintf(dnsd->servers, sizeof(dnsd->servers), "127.0.0.1:%u",
                   dnsd->port);
    dnsd->private = d;
    return 0;
}

void dnsd_stop(struct dnsd *dnsd)
{
    struct dnsd_private *d = dnsd->private;

    if (d == NULL) {
        return;
    }
    (void)close(d->wake[1]);
    (void)pthread_join(d->thread, NULL);
    (void)close(d->wake[0]);
    (void)close(d->udp);
    (void)close(d->tcp);
    (void)pthread_cond_destroy(&d->changed);
    (void)pthread_mutex_destroy(&d->lock);
    free(d);
    *dnsd = (struct dnsd){0};
}

void dnsd_release(struct dnsd *dnsd)
{
    (void)!write(dnsd->private->wake[1], "r", 1); /* has room */
}

/* Datagrams are taken in their order: when this one is, all others were. */
static void settle(struct dnsd_private *d)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof(addr);
    unsigned n_marks = d->n_marks;

    (void)getsockname(d->udp, (struct sockaddr *)&addr, &len);
    (void)sendto(d->udp, "", 0, 0, (const struct sockaddr *)&addr, len);
    while (d->n_marks == n_marks) {
        (void)pthread_cond_wait(&d->changed, &d->lock);
    }
}

static bool is_repeated(const struct dnsd_private *d, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (strcmp(d->log[k].name, d->log[i].name) == 0) {
            return true;
        }
    }
    return false;
}

struct dnsd_counts dnsd_count(struct dnsd *dnsd, const char *name)
{
    struct dnsd_private *d = dnsd->private;
    struct dnsd_counts counts = {0};

    (void)pthread_mutex_lock(&d->lock);
    settle(d);
    for (size_t i = 0; i < d->n_log; i++) {
        const struct asked *asked = &d->log[i];

        if (name == NULL || strcmp(name, asked->name) == 0) {
            counts.n_a += asked->type == TYPE_A;
            counts.n_aaaa += asked->type == TYPE_AAAA;
            counts.n_tcp += asked->is_tcp;
            counts.n_names += !is_repeated(d, i);
        }
    }
    (void)pthread_mutex_unlock(&d->lock);
    return counts;
}
