/* SPDX-License-Identifier: MIT */
/*
 * A descriptor's record outlives what libcurl says of it. REMOVE does not mean
 * that the socket closes: on a kept-alive connection the next request asks for
 * the same events again, so the registration is left as it is and taken back
 * only when an event comes that nobody wants. That holds for sockets that were
 * made here and have been connected, because only of those the closing is
 * certain to be told; any other (a resolver's socket pair, a connection that
 * was given up early) is forgotten at REMOVE. A number that is handed out again
 * makes its old record stale; events carry the record's generation.
 */
#include "fetch/multi.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fetch/alarm.h"
#include "fetch/sockets.h"

#define EVENTS_AT_ONCE 128
#define CORKED_MAX     8 /* connections; more of them share little */

struct adl_multi {
    CURLM *curlm;
    CURL *prod;     /* comes and goes in a recheck; may be NULL */
    uv_poll_t poll; /* of epfd */
    struct adl_alarm alarm;
    struct adl_sockets sockets;
    unsigned n_added; /* handles that libcurl has not looked at */
    bool must_recheck;
    bool is_closing;
    adl_multi_activity_cb on_activity;
    adl_multi_close_cb on_closed;
    void *data;
};

static uint32_t to_events(int what)
{
    return (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) |
           (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *data,
                     void *socket_data)
{
    struct adl_multi *m = data;
    struct adl_socket *sock = adl_sockets_get(&m->sockets, fd);

    (void)easy;
    (void)socket_data;
    if (sock == NULL) {
        return -1;
    }
    if (what == CURL_POLL_REMOVE) {
        sock->wanted = 0;
        if (!sock->is_ours || !sock->was_readable) {
            adl_sockets_forget(&m->sockets, fd);
        }
        return 0;
    }
    sock->wanted = to_events(what);
    if (sock->wanted == sock->registered || m->is_closing) {
        return 0;
    }
    return adl_sockets_register(&m->sockets, fd);
}

static curl_socket_t on_open_socket(void *data, curlsocktype purpose,
                                    struct curl_sockaddr *address)
{
    int *socket_errno = data;

    (void)purpose;
    int fd = socket(address->family,
                    address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    address->protocol);
    if (fd < 0) {
        *socket_errno = errno;
        return CURL_SOCKET_BAD;
    }
    return fd;
}

/* Where the multi is known: records that a socket of ours has this number. */
static int on_socket_made(void *data, curl_socket_t fd, curlsocktype purpose)
{
    struct adl_multi *m = data;
    struct adl_socket *sock = adl_sockets_get(&m->sockets, fd);

    (void)purpose;
    if (sock == NULL) {
        return CURL_SOCKOPT_ERROR;
    }
    /* What is left of an earlier one of that number. */
    adl_sockets_forget(&m->sockets, fd);
    sock->is_ours = true;
    return CURL_SOCKOPT_OK;
}

static int on_close_socket(void *data, curl_socket_t fd)
{
    struct adl_multi *m = data;
    struct adl_socket *sock = adl_sockets_get(&m->sockets, fd);

    if (sock != NULL) {
        adl_sockets_forget(&m->sockets, fd);
    }
    return close(fd);
}

/* A handle that goes makes libcurl look at all that wait. */
static void recheck(struct adl_multi *m)
{
    m->must_recheck = false;
    if (m->prod == NULL) {
        m->prod = curl_easy_init();
    }
    if (m->prod != NULL &&
        curl_multi_add_handle(m->curlm, m->prod) == CURLM_OK) {
        (void)curl_multi_remove_handle(m->curlm, m->prod); /* it was there */
    }
}

static void act(struct adl_multi *m, curl_socket_t fd, int bitmask)
{
    int n_running = 0;

    /* Its errors mean a broken multi, which no caller could mend; attempts
     * then end by their own deadlines. */
    (void)curl_multi_socket_action(m->curlm, fd, bitmask, &n_running);
    if (m->must_recheck) {
        recheck(m);
    }
}

static int to_bitmask(uint32_t events)
{
    return (events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
           (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
           (events & EPOLLERR ? CURL_CSELECT_ERR : 0);
}

static void handle_event(struct adl_multi *m, const struct epoll_event *event)
{
    int fd = (int)(uint32_t)event->data.u64;
    uint32_t generation = (uint32_t)(event->data.u64 >> 32);
    struct adl_socket *sock = &m->sockets.items[fd];

    if (sock->generation != generation) {
        return; /* an earlier event of this round closed it */
    }
    if (event->events & EPOLLIN) {
        sock->was_readable = true;
    }
    if (sock->wanted == 0) {
        if (sock->registered != 0) {
            /* Fails where libcurl has closed it. */
            (void)epoll_ctl(m->sockets.epfd, EPOLL_CTL_DEL, fd, NULL);
            sock->registered = 0;
        }
        return; /* libcurl looks at an idle connection before it uses it */
    }
    adl_alarm_note(&m->alarm);
    act(m, fd, to_bitmask(event->events));
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct adl_multi *m = poll->data;
    struct epoll_event ready[EVENTS_AT_ONCE];

    (void)status; /* an epoll descriptor has no errors of its own */
    (void)events;
    int n = epoll_wait(m->sockets.epfd, ready, EVENTS_AT_ONCE, 0);
    for (int i = 0; i < n; i++) {
        handle_event(m, &ready[i]);
    }
    if (n > 0) {
        m->on_activity(m->data);
    }
}

/*
 * Requests that share a connection, as with HTTP/2, are written one by one. So
 * where many more start than there are connections, what is written is held
 * back until all of it is there: it goes in few packets, and the server wakes
 * once.
 */
static void start_added(struct adl_multi *m)
{
    struct adl_corked corked[CORKED_MAX];
    size_t n = 0;

    if (m->n_added > 2) {
        n = adl_sockets_list_connected(&m->sockets, corked, CORKED_MAX);
    }
    if (n > CORKED_MAX || m->n_added <= 2 * n) {
        n = 0;
    }
    m->n_added = 0;
    adl_sockets_cork(&m->sockets, corked, n, true);
    act(m, CURL_SOCKET_TIMEOUT, 0);
    adl_sockets_cork(&m->sockets, corked, n, false);
}

static void on_alarm(void *data)
{
    struct adl_multi *m = data;

    start_added(m);
    m->on_activity(m->data);
}

/* May run inside any call into libcurl: only sets the alarm. */
static int on_set_timer(CURLM *curlm, long timeout_ms, void *data)
{
    struct adl_multi *m = data;

    (void)curlm;
    if (!m->is_closing) {
        adl_alarm_set(&m->alarm, timeout_ms);
    }
    return 0;
}

static int set_options(struct adl_multi *m, long max_connects)
{
    CURLM *multi = m->curlm;

    if (curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket) ||
        curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, m) ||
        curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_set_timer) ||
        curl_multi_setopt(multi, CURLMOPT_TIMERDATA, m) ||
        curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, max_connects)) {
        return -ENOMEM;
    }
    return 0;
}

static void on_alarm_closed(void *alarm_data)
{
    struct adl_multi *m = alarm_data;
    adl_multi_close_cb on_closed = m->on_closed;
    void *data = m->data;
    (void)close(m->sockets.epfd); /* nothing was written to it */
    free(m->sockets.items);
    free(m);
    curl_global_cleanup();
    on_closed(data);
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct adl_multi *m = handle->data;

    adl_alarm_close(&m->alarm, on_alarm_closed);
}

/* The poll comes last: the only handle that could need undoing. */
static int open_handles(struct adl_multi *m, uv_loop_t *loop)
{
    int err = uv_poll_init(loop, &m->poll, m->sockets.epfd);

    if (err < 0) {
        return err;
    }
    m->poll.data = m;
    adl_alarm_init(&m->alarm, loop, on_alarm, m);
    uv_unref((uv_handle_t *)&m->poll); /* until there is something to do */
    (void)uv_poll_start(&m->poll, UV_READABLE, on_poll); /* not closing: 0 */
    return 0;
}

int adl_multi_open(struct adl_multi **out, uv_loop_t *loop, long max_connects,
                   adl_multi_activity_cb on_activity, void *data)
{
    struct adl_multi *m = calloc(1, sizeof(*m));
    int err = -ENOMEM;

    if (m == NULL) {
        return -ENOMEM;
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(m);
        return -ENOMEM;
    }
    m->on_activity = on_activity;
    m->data = data;
    m->sockets.epfd = epoll_create1(EPOLL_CLOEXEC);
    if (m->sockets.epfd < 0) {
        err = -errno;
        goto fail;
    }
    m->curlm = curl_multi_init();
    if (m->curlm == NULL) {
        goto fail;
    }
    err = set_options(m, max_connects);
    if (err == 0) {
        err = open_handles(m, loop);
    }
    if (err < 0) {
        goto fail;
    }
    *out = m;
    return 0;

fail:
    if (m->curlm != NULL) {
        (void)curl_multi_cleanup(m->curlm); /* it is empty */
    }
    if (m->sockets.epfd >= 0) {
        (void)close(m->sockets.epfd);
    }
    free(m);
    curl_global_cleanup();
    return err;
}

int adl_multi_adopt(struct adl_multi *multi, CURL *easy, int *socket_errno)
{
    CURLcode cc =
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);

    if (cc == CURLE_OK) {
        cc = curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, socket_errno);
    }
    if (cc == CURLE_OK) {
        cc = curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket_made);
    }
    if (cc == CURLE_OK) {
        cc = curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, multi);
    }
    if (cc == CURLE_OK) {
        cc = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION,
                              on_close_socket);
    }
    if (cc == CURLE_OK) {
        cc = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, multi);
    }
    return cc == CURLE_OK ? 0 : -ENOMEM;
}

int adl_multi_add(struct adl_multi *multi, CURL *easy)
{
    if (curl_multi_add_handle(multi->curlm, easy) != CURLM_OK) {
        return -ENOMEM;
    }
    multi->n_added++;
    adl_alarm_note(&multi->alarm);
    return 0;
}

void adl_multi_remove(struct adl_multi *multi, CURL *easy)
{
    /* Fails only for a handle that is not in it, or from a callback. */
    (void)curl_multi_remove_handle(multi->curlm, easy);
}

void adl_multi_note(struct adl_multi *multi)
{
    adl_alarm_note(&multi->alarm);
}

void adl_multi_recheck(struct adl_multi *multi)
{
    multi->must_recheck = true;
}

bool adl_multi_take_ended(struct adl_multi *multi, CURL **out, CURLcode *out_cc)
{
    int n_left = 0;
    CURLMsg *msg;

    while ((msg = curl_multi_info_read(multi->curlm, &n_left)) != NULL) {
        if (msg->msg == CURLMSG_DONE) {
            *out = msg->easy_handle; /* msg is gone after the removal */
            *out_cc = msg->data.result;
            adl_multi_remove(multi, *out);
            return true;
        }
    }
    return false;
}

void adl_multi_set_busy(struct adl_multi *multi, bool is_busy)
{
    if (is_busy) {
        uv_ref((uv_handle_t *)&multi->poll);
    } else {
        uv_unref((uv_handle_t *)&multi->poll);
    }
}

void adl_multi_close(struct adl_multi *multi, adl_multi_close_cb on_closed)
{
    multi->is_closing = true;
    multi->on_closed = on_closed;
    (void)curl_multi_cleanup(multi->curlm); /* calls on_close_socket() */
    curl_easy_cleanup(multi->prod);
    uv_close((uv_handle_t *)&multi->poll, on_poll_closed);
}
