/* SPDX-License-Identifier: MIT */
/*
 * asyncdl-faultd: a server of raw bytes, for the faults that no HTTP library
 * can be talked into. It prints its ports, one a line:
 *
 *   http PORT    answers as faults.c says; /log shows the requests it saw,
 *                /reset-log forgets them, / lists the faults
 *   close PORT   accepts and closes at once
 *   ignore PORT  never accepts
 */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <uv.h>

#include "support/faultlog.h"
#include "support/faults.h"
#include "util/buf.h"

#define MAX_HEAD   (1u << 20)
#define READ_BYTES 65536

struct server {
    uv_loop_t loop;
    uv_tcp_t http;
    uv_tcp_t closing;
    struct faultlog log;
    uint64_t n_connections;
};

/* Reads a head, writes a reply, and so on; never both at once. */
struct connection {
    uv_tcp_t tcp;
    uv_write_t write;
    struct server *server;
    uint64_t number;
    struct adl_buf head;
    struct fault_reply reply;
    size_t n_sent; /* of the reply, when it is dripped */
    char input[READ_BYTES];
};

static void on_connection_closed(uv_handle_t *handle)
{
    struct connection *c = handle->data;

    adl_buf_finish(&c->head);
    adl_buf_finish(&c->reply.bytes);
    free(c);
}

static void close_connection(struct connection *c)
{
    if (!uv_is_closing((uv_handle_t *)&c->tcp)) {
        uv_close((uv_handle_t *)&c->tcp, on_connection_closed);
    }
}

static void reset_connection(struct connection *c)
{
    if (uv_is_closing((uv_handle_t *)&c->tcp) ||
        uv_tcp_close_reset(&c->tcp, on_connection_closed) < 0) {
        close_connection(c);
    }
}

static void take_heads(struct connection *c);
static void send_reply(struct connection *c);

static void end_reply(struct connection *c)
{
    switch (c->reply.ending) {
    case FAULT_KEEP:
        adl_buf_finish(&c->reply.bytes);
        take_heads(c);
        break;
    case FAULT_CLOSE:
        close_connection(c);
        break;
    case FAULT_RESET:
        reset_connection(c);
        break;
    case FAULT_HANG:
        break;
    case FAULT_LOOP:
        c->n_sent = c->reply.loop_from;
        send_reply(c);
        break;
    }
}

static void on_written(uv_write_t *write, int status)
{
    struct connection *c = write->data;

    if (status < 0) {
        close_connection(c);
    } else if (c->n_sent < c->reply.bytes.len) {
        send_reply(c);
    } else {
        end_reply(c);
    }
}

static void send_reply(struct connection *c)
{
    size_t left = c->reply.bytes.len - c->n_sent;
    size_t len = c->reply.is_dripped ? 1 : left;
    uv_buf_t buf = uv_buf_init(c->reply.bytes.data + c->n_sent, (unsigned)len);

    c->n_sent += len;
    c->write.data = c;
    if (uv_write(&c->write, (uv_stream_t *)&c->tcp, &buf, 1, on_written) < 0) {
        close_connection(c);
    }
}

/* A proper page about the server itself; text is freed. */
static int make_page(struct fault_reply *reply, char *text)
{
    int err = -ENOMEM;

    if (text != NULL) {
        err = adl_buf_addf(&reply->bytes,
                           "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
                           strlen(text), text);
    }
    free(text);
    return err;
}

static char *list_faults(void)
{
    struct adl_buf text = {0};
    const struct fault *fault;

    for (size_t i = 0; (fault = faults_get(i)) != NULL; i++) {
        if (adl_buf_addf(&text, "%s\n", fault->path) < 0) {
            break;
        }
    }
    return adl_buf_take(&text);
}

/* Answer what is about the server itself; false when target is a fault. */
static bool make_control(struct connection *c, const char *target, int *err)
{
    if (strcmp(target, "/log") == 0) {
        *err = make_page(&c->reply, faultlog_dump(&c->server->log));
    } else if (strcmp(target, "/reset-log") == 0) {
        faultlog_reset(&c->server->log);
        *err = make_page(&c->reply, strdup("ok\n"));
    } else if (strcmp(target, "/") == 0) {
        *err = make_page(&c->reply, list_faults());
    } else {
        return false;
    }
    return true;
}

static int make_fault(struct connection *c, const char *target,
                      const char *head)
{
    const struct fault *fault = faults_find(target);
    const char *range = strstr(head, "\r\nRange: ");

    faultlog_add(&c->server->log, head, c->number);
    if (fault == NULL) {
        return adl_buf_add_str(
            &c->reply.bytes,
            "HTTP/1.1 404 No such fault\r\nContent-Length: 0\r\n\r\n");
    }
    const struct fault_request request = {
        .nth = faultlog_count(&c->server->log, target),
        .range = range,
    };
    return fault->make(&c->reply, &request, fault);
}

/* The target of a head, returned. NULL without memory. */
static char *copy_target(const char *head)
{
    const char *space = strchr(head, ' ');
    const char *target = space != NULL ? space + 1 : "";

    return strndup(target, strcspn(target, " \r"));
}

static void answer(struct connection *c, const char *head)
{
    char *target = copy_target(head);
    int err = target != NULL ? 0 : -ENOMEM;

    c->n_sent = 0;
    c->reply = (struct fault_reply){0};
    if (err == 0 && !make_control(c, target, &err)) {
        err = make_fault(c, target, head);
    }
    free(target);
    if (c->reply.ending == FAULT_KEEP &&
        strstr(head, "\r\nConnection: close\r\n") != NULL) {
        c->reply.ending = FAULT_CLOSE;
    }
    if (err < 0) {
        close_connection(c);
    } else if (c->reply.bytes.len == 0) {
        end_reply(c);
    } else {
        send_reply(c);
    }
}

/* Where the next head ends, or 0 when it is not complete. */
static size_t find_end(const struct adl_buf *head)
{
    const char *text = adl_buf_str(head);
    const char *end = strstr(text, "\r\n\r\n");

    if (end != NULL) {
        return (size_t)(end - text) + 4;
    }
    const char *space = strchr(text, ' ');
    const struct fault *fault = space != NULL && strchr(space + 1, ' ') != NULL
                                    ? faults_find(space + 1)
                                    : NULL;

    return fault != NULL && fault->is_early ? head->len : 0;
}

/* Answer the head that has arrived. What follows it stays for the next. */
static void take_heads(struct connection *c)
{
    size_t len = find_end(&c->head);

    if (len == 0) {
        return;
    }
    char *head = strndup(c->head.data, len);
    struct adl_buf rest = {0};

    if (head == NULL ||
        adl_buf_add(&rest, c->head.data + len, c->head.len - len) < 0) {
        free(head);
        close_connection(c);
        return;
    }
    adl_buf_finish(&c->head);
    c->head = rest;
    answer(c, head);
    free(head);
}

static void on_alloc(uv_handle_t *handle, size_t wish, uv_buf_t *buf)
{
    struct connection *c = handle->data;

    (void)wish;
    *buf = uv_buf_init(c->input, sizeof(c->input));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct connection *c = stream->data;
    bool is_answering = c->reply.bytes.len > 0;

    if (n < 0 || c->head.len + (size_t)n > MAX_HEAD ||
        adl_buf_add(&c->head, buf->base, (size_t)n) < 0) {
        close_connection(c);
    } else if (!is_answering) {
        take_heads(c);
    }
}

static void on_http(uv_stream_t *listener, int status)
{
    struct server *server = listener->data;
    struct connection *c = status == 0 ? calloc(1, sizeof(*c)) : NULL;

    if (c == NULL) {
        return;
    }
    c->server = server;
    c->number = ++server->n_connections;
    c->tcp.data = c;
    (void)uv_tcp_init(&server->loop, &c->tcp); /* makes no socket yet */
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) < 0 ||
        uv_tcp_nodelay(&c->tcp, 1) < 0 ||
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) < 0) {
        close_connection(c);
    }
}

static void on_freed(uv_handle_t *handle)
{
    free(handle);
}

static void on_closing(uv_stream_t *listener, int status)
{
    uv_tcp_t *tcp = status == 0 ? malloc(sizeof(*tcp)) : NULL;

    if (tcp != NULL) {
        (void)uv_tcp_init(listener->loop, tcp);        /* makes no socket yet */
        (void)uv_accept(listener, (uv_stream_t *)tcp); /* closed either way */
        uv_close((uv_handle_t *)tcp, on_freed);
    }
}

static int listen_on(struct server *server, uv_tcp_t *tcp, uv_connection_cb cb,
                     const char *name)
{
    struct sockaddr_in addr;
    int len = sizeof(addr);
    int err;

    (void)uv_ip4_addr("127.0.0.1", 0, &addr); /* a constant */
    tcp->data = server;
    if ((err = uv_tcp_init(&server->loop, tcp)) < 0 ||
        (err = uv_tcp_bind(tcp, (const struct sockaddr *)&addr, 0)) < 0 ||
        (err = uv_listen((uv_stream_t *)tcp, 1024, cb)) < 0 ||
        (err = uv_tcp_getsockname(tcp, (struct sockaddr *)&addr, &len)) < 0) {
        return err;
    }
    printf("%s %u\n", name, (unsigned)ntohs(addr.sin_port));
    return 0;
}

/* A listener that nobody reads: its short queue fills, then SYNs are lost. */
static int open_ignoring_port(void)
{
    struct sockaddr_in addr;
    socklen_t len = sizeof(addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    (void)uv_ip4_addr("127.0.0.1", 0, &addr); /* a constant */
    if (fd < 0 || bind(fd, (const struct sockaddr *)&addr, len) < 0 ||
        listen(fd, 0) < 0 ||
        getsockname(fd, (struct sockaddr *)&addr, &len) < 0) {
        return -errno;
    }
    printf("ignore %u\n", (unsigned)ntohs(addr.sin_port));
    return 0;
}

int main(void)
{
    static struct server server; /* too big for some stacks */
    int err;

    (void)signal(SIGPIPE, SIG_IGN);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* never outlive the test */
    if ((err = uv_loop_init(&server.loop)) < 0 ||
        (err = faultlog_init(&server.log)) < 0 ||
        (err = listen_on(&server, &server.http, on_http, "http")) < 0 ||
        (err = listen_on(&server, &server.closing, on_closing, "close")) < 0 ||
        (err = open_ignoring_port()) < 0 || (err = fflush(stdout)) != 0) {
        fprintf(stderr, "asyncdl-faultd: %s\n", uv_strerror(err));
        return EXIT_FAILURE;
    }
    return uv_run(&server.loop, UV_RUN_DEFAULT);
}
