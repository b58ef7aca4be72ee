/* SPDX-License-Identifier: MIT */
#include "fetch/dns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>

#include <ares.h>
#include <utlist.h>

#include "asyncdl/error.h"
#include "util/buf.h"
#include "util/nameserver.h"

/* A server that says nothing is asked again after 2, then 4 s, and given up
 * after 8 more. */
#define TIMEOUT_MS 2000
#define TRIES      3

struct watched_socket {
    uv_poll_t poll;
    struct watched_socket *prev, *next; /* dns.sockets */
    struct adl_dns *dns;
    ares_socket_t fd;
};

struct adl_dns {
    uv_loop_t *loop;
    ares_channel channel; /* NULL: being closed */
    int family;
    struct watched_socket *sockets;
    uv_timer_t timer;
    bool has_timer;
    size_t n_open; /* handles */
    const struct adl_dns_ops *ops;
    adl_dns_cb on_closed;
    void *data;
};

/* What c-ares keeps until it answers. */
struct question {
    struct adl_dns *dns;
    void *asker;
};

static void add_address(struct adl_buf *buf, const struct sockaddr *addr,
                        int *err)
{
    char text[INET6_ADDRSTRLEN] = "";
    bool is_v6 = addr->sa_family == AF_INET6;
    const void *bytes =
        is_v6 ? (const void *)&((const struct sockaddr_in6 *)(const void *)addr)
                    ->sin6_addr
              : (const void *)&((const struct sockaddr_in *)(const void *)addr)
                    ->sin_addr;

    (void)inet_ntop(addr->sa_family, bytes, text, sizeof(text)); /* has room */
    if (*err == 0) {
        *err = adl_buf_addf(buf, is_v6 ? "%s[%s]" : "%s%s",
                            buf->len > 0 ? "," : "", text);
    }
}

/* The addresses, and for how long they are good. */
static int read_answer(struct adl_dns_answer *out,
                       const struct ares_addrinfo *info)
{
    const struct ares_addrinfo_cname *alias;
    const struct ares_addrinfo_node *node;
    struct adl_buf buf = {0};
    int ttl_s = INT32_MAX;
    int n = 0;
    int err = 0;

    for (node = info->nodes; node != NULL && n < ADL_DNS_ADDRESSES;
         node = node->ai_next, n++) {
        add_address(&buf, node->ai_addr, &err);
        ttl_s = node->ai_ttl < ttl_s ? node->ai_ttl : ttl_s;
    }
    for (alias = info->cnames; alias != NULL; alias = alias->next) {
        ttl_s = alias->ttl < ttl_s ? alias->ttl : ttl_s;
    }
    if (err == 0 && buf.len == 0) {
        err = ASYNCDL_ERESOLVE;
    }
    if (err < 0) {
        adl_buf_finish(&buf);
        return err;
    }
    out->ttl_s = ttl_s > 0 ? (uint32_t)ttl_s : 0;
    out->text = adl_buf_take(&buf);
    return 0;
}

static void on_addrinfo(void *data, int status, int n_timeouts,
                        struct ares_addrinfo *info)
{
    struct question *question = data;
    struct adl_dns_answer answer = {.err = ASYNCDL_ERESOLVE};

    (void)n_timeouts;
    if (status == ARES_SUCCESS) {
        answer.err = read_answer(&answer, info);
        status = ARES_ENODATA; /* else */
    } else if (status == ARES_ENOMEM) {
        answer.err = -ENOMEM;
    }
    if (answer.err == ASYNCDL_ERESOLVE) {
        answer.text = strdup(ares_strerror(status)); /* can do without */
        answer.is_deaf = status == ARES_ECONNREFUSED || status == ARES_ETIMEOUT;
    }
    if (info != NULL) {
        ares_freeaddrinfo(info);
    }
    question->dns->ops->on_answer(question->asker, &answer);
    free(question);
}

static void on_timer(uv_timer_t *timer);

static void set_timer(struct adl_dns *dns)
{
    struct timeval left;

    if (ares_timeout(dns->channel, NULL, &left) == NULL) {
        (void)uv_timer_stop(&dns->timer); /* always 0 */
        return;
    }
    uint64_t ms =
        (uint64_t)left.tv_sec * 1000 + ((uint64_t)left.tv_usec + 999) / 1000;
    (void)uv_timer_start(&dns->timer, on_timer, ms, 0); /* it is not closing */
}

static void process(struct adl_dns *dns, ares_socket_t read_fd,
                    ares_socket_t write_fd)
{
    ares_process_fd(dns->channel, read_fd, write_fd);
    set_timer(dns);
    dns->ops->on_progress(dns->data);
}

static void on_timer(uv_timer_t *timer)
{
    process(timer->data, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static void on_socket_ready(uv_poll_t *poll, int status, int events)
{
    struct watched_socket *s = poll->data;
    bool reads = status < 0 || (events & UV_READABLE) != 0;
    bool writes = status < 0 || (events & UV_WRITABLE) != 0;

    process(s->dns, reads ? s->fd : ARES_SOCKET_BAD,
            writes ? s->fd : ARES_SOCKET_BAD);
}

static void note_closed(struct adl_dns *dns)
{
    adl_dns_cb on_closed = dns->on_closed;
    void *data = dns->data;

    dns->n_open--;
    if (dns->n_open > 0 || dns->channel != NULL) {
        return; /* else it is being closed, and this was the last */
    }
    free(dns);
    if (on_closed != NULL) {
        on_closed(data);
    }
}

static void on_socket_unwatched(uv_handle_t *handle)
{
    struct watched_socket *s = handle->data;
    struct adl_dns *dns = s->dns;

    free(s);
    note_closed(dns);
}

static void on_timer_closed(uv_handle_t *handle)
{
    note_closed(handle->data);
}

/* One that cannot be watched makes its question time out. */
static struct watched_socket *watch(struct adl_dns *dns, ares_socket_t fd)
{
    struct watched_socket *s = calloc(1, sizeof(*s));

    if (s == NULL) {
        return NULL;
    }
    if (uv_poll_init_socket(dns->loop, &s->poll, fd) < 0) {
        free(s);
        return NULL;
    }
    uv_unref((uv_handle_t *)&s->poll);
    s->poll.data = s;
    s->dns = dns;
    s->fd = fd;
    dns->n_open++;
    DL_APPEND(dns->sockets, s);
    return s;
}

/* Inside c-ares, which is about to close what it neither reads nor writes. */
static void on_socket_state(void *data, ares_socket_t fd, int reads, int writes)
{
    struct adl_dns *dns = data;
    struct watched_socket *s;
    int events = (reads ? UV_READABLE : 0) | (writes ? UV_WRITABLE : 0);

    DL_FOREACH (dns->sockets, s) {
        if (s->fd == fd) {
            break;
        }
    }
    if (events == 0) {
        if (s != NULL) {
            DL_DELETE(dns->sockets, s);
            uv_close((uv_handle_t *)&s->poll, on_socket_unwatched);
        }
        return;
    }
    s = s != NULL ? s : watch(dns, fd);
    if (s != NULL) {
        (void)uv_poll_start(&s->poll, events, on_socket_ready);
    }
}

static int set_servers(struct adl_dns *dns, const char *text)
{
    struct adl_nameserver servers[ADL_NAMESERVERS_MAX];
    struct ares_addr_port_node nodes[ADL_NAMESERVERS_MAX];
    int n = adl_nameserver_parse(servers, text);

    if (n < 0) {
        return n;
    }
    memset(nodes, 0, sizeof(nodes));
    for (int i = 0; i < n; i++) {
        nodes[i].next = i + 1 < n ? &nodes[i + 1] : NULL;
        nodes[i].family = servers[i].family;
        nodes[i].udp_port = servers[i].port;
        nodes[i].tcp_port = servers[i].port;
        memcpy(&nodes[i].addr, servers[i].addr,
               servers[i].family == AF_INET ? 4 : 16);
    }
    return ares_set_servers_ports(dns->channel, nodes) == ARES_SUCCESS
               ? 0
               : -ENOMEM;
}

/* What resolv.conf and nsswitch.conf say is of the system's servers: here names
 * are asked for as they are, of the servers in their order. */
static int open_channel(struct adl_dns *dns, const char *servers)
{
    char lookups[] = "fb"; /* the hosts file, then servers */
    struct ares_options options = {
        .timeout = TIMEOUT_MS,
        .tries = TRIES,
        .ndomains = 0,
        .lookups = lookups,
        .sock_state_cb = on_socket_state,
        .sock_state_cb_data = dns,
    };
    int what = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_DOMAINS |
               ARES_OPT_NOROTATE | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB;

    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) { /* counted */
        return -ENOMEM;
    }
    if (ares_init_options(&dns->channel, &options, what) != ARES_SUCCESS) {
        ares_library_cleanup();
        return -ENOMEM;
    }
    int err = set_servers(dns, servers);
    if (err < 0) {
        ares_destroy(dns->channel);
        ares_library_cleanup();
    }
    return err;
}

int adl_dns_open(struct adl_dns **out, uv_loop_t *loop, const char *servers,
                 enum asyncdl_ip_version ip_version,
                 const struct adl_dns_ops *ops, void *data)
{
    static const int families[] = {AF_UNSPEC, AF_INET, AF_INET6};
    struct adl_dns *dns = calloc(1, sizeof(*dns));

    if (dns == NULL) {
        return -ENOMEM;
    }
    dns->loop = loop;
    dns->family = families[ip_version];
    dns->ops = ops;
    dns->data = data;
    int err = open_channel(dns, servers);
    if (err < 0) {
        free(dns);
        return err;
    }
    *out = dns;
    return 0;
}

static void open_timer(struct adl_dns *dns)
{
    if (!dns->has_timer) {
        dns->has_timer = true;
        dns->n_open++;
        (void)uv_timer_init(dns->loop, &dns->timer); /* always 0 */
        dns->timer.data = dns;
        uv_unref((uv_handle_t *)&dns->timer);
    }
}

void adl_dns_ask(struct adl_dns *dns, const char *host, void *question)
{
    struct ares_addrinfo_hints hints = {.ai_family = dns->family,
                                        .ai_socktype = SOCK_STREAM};
    struct question *q = calloc(1, sizeof(*q));

    if (q == NULL) {
        dns->ops->on_answer(question, &(struct adl_dns_answer){.err = -ENOMEM});
        return;
    }
    *q = (struct question){.dns = dns, .asker = question};
    open_timer(dns);
    ares_getaddrinfo(dns->channel, host, NULL, &hints, on_addrinfo, q);
    set_timer(dns);
}

void adl_dns_close(struct adl_dns *dns, adl_dns_cb on_closed)
{
    dns->on_closed = on_closed;
    dns->n_open++;              /* until all of them are being closed */
    ares_destroy(dns->channel); /* answers what is open, closes sockets */
    ares_library_cleanup();
    dns->channel = NULL;
    if (dns->has_timer) {
        uv_close((uv_handle_t *)&dns->timer, on_timer_closed);
    }
    note_closed(dns);
}
