/* SPDX-License-Identifier: MIT */
#include "support/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "site/pattern.h"
#include "support/port.h"

#define TIMEOUT_S 10

static int send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

        if (n < 0) {
            return -errno;
        }
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

static int receive_all(int fd, struct adl_buf *text)
{
    char bytes[16384];
    ssize_t n;
    int err = 0;

    while (err == 0 && (n = recv(fd, bytes, sizeof(bytes), 0)) != 0) {
        err = n > 0 ? adl_buf_add(text, bytes, (size_t)n) : -errno;
    }
    return err;
}

static int exchange(int fd, struct adl_buf *text, const char *host,
                    const char *target, const char *headers)
{
    struct adl_buf request = {0};
    int err = adl_buf_addf(&request,
                           "GET %s HTTP/1.1\r\nHost: %s\r\n"
                           "Connection: close\r\n%s\r\n",
                           target, host, headers);

    if (err == 0) {
        err = send_all(fd, request.data, request.len);
    }
    adl_buf_finish(&request);
    return err == 0 ? receive_all(fd, text) : err;
}

static int split(struct http_answer *out, const struct adl_buf *text)
{
    const char *start = adl_buf_str(text);
    const char *end = strstr(start, "\r\n\r\n");
    size_t head = end != NULL ? (size_t)(end - start) + 4 : text->len;
    struct http_answer answer = {0};
    int err = adl_buf_add(&answer.head, start, head);

    if (err == 0) {
        err = adl_buf_add(&answer.body, start + head, text->len - head);
    }
    if (strncmp(start, "HTTP/", 5) == 0 && strchr(start, ' ') != NULL) {
        answer.status = (int)strtol(strchr(start, ' '), NULL, 10);
    }
    if (err < 0) {
        http_answer_finish(&answer);
        return err;
    }
    *out = answer;
    return 0;
}

int http_get_from(struct http_answer *out, uint16_t port, const char *host,
                  const char *target, const char *headers)
{
    const struct timeval timeout = {.tv_sec = TIMEOUT_S};
    struct adl_buf text = {0};
    int fd = -1;
    int err = port_connect(&fd, port);

    if (err < 0) {
        return err;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    err = exchange(fd, &text, host, target, headers);
    (void)close(fd);
    if (err == 0) {
        err = split(out, &text);
    }
    adl_buf_finish(&text);
    return err;
}

int http_get(struct http_answer *out, uint16_t port, const char *target,
             const char *headers)
{
    return http_get_from(out, port, "127.0.0.1", target, headers);
}

void http_answer_finish(struct http_answer *answer)
{
    adl_buf_finish(&answer->head);
    adl_buf_finish(&answer->body);
}

struct http_answer http_need(uint16_t port, const char *target,
                             const char *headers)
{
    struct http_answer answer = {0};

    assert_int_equal(http_get(&answer, port, target, headers), 0);
    return answer;
}

json_t *http_need_json(uint16_t port, const char *target)
{
    struct http_answer answer = http_need(port, target, "");
    json_t *json = json_loads(adl_buf_str(&answer.body), 0, NULL);

    assert_non_null(json);
    http_answer_finish(&answer);
    return json;
}

void http_need_pattern(const struct adl_buf *body, uint64_t offset, size_t len)
{
    uint8_t *expected = malloc(len + 1);

    assert_non_null(expected);
    assert_int_equal(body->len, len);
    adl_pattern_fill(expected, len, 0, offset);
    assert_memory_equal(body->data, expected, len);
    free(expected);
}
