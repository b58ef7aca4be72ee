/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* TCP_CORK */

#include "fetch/sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/suite.h"

static int set_up(void **state)
{
    struct adl_sockets *sockets = calloc(1, sizeof(*sockets));

    assert_non_null(sockets);
    sockets->epfd = epoll_create1(EPOLL_CLOEXEC);
    assert_true(sockets->epfd >= 0);
    *state = sockets;
    return 0;
}

static int tear_down(void **state)
{
    struct adl_sockets *sockets = *state;

    close(sockets->epfd);
    free(sockets->items);
    free(sockets);
    return 0;
}

static struct adl_socket *add(struct adl_sockets *sockets, int fd)
{
    struct adl_socket *sock = adl_sockets_get(sockets, fd);

    assert_non_null(sock);
    sock->is_ours = true;
    sock->was_readable = true;
    sock->wanted = EPOLLIN;
    return sock;
}

static int get_cork(int fd)
{
    int value = -1;
    socklen_t len = sizeof(value);

    assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_CORK, &value, &len), 0);
    return value;
}

static void test_an_event_names_the_socket_and_its_generation(void **state)
{
    struct adl_sockets *sockets = *state;
    struct epoll_event event;
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    add(sockets, pair[0]);
    adl_sockets_forget(sockets, pair[0]);
    add(sockets, pair[0]);
    assert_int_equal(adl_sockets_register(sockets, pair[0]), 0);
    assert_int_equal(write(pair[1], "x", 1), 1);

    assert_int_equal(epoll_wait(sockets->epfd, &event, 1, -1), 1);
    assert_int_equal((uint32_t)event.data.u64, pair[0]);
    assert_int_equal(event.data.u64 >> 32, 1);

    adl_sockets_forget(sockets, pair[0]);
    assert_int_equal(epoll_wait(sockets->epfd, &event, 1, 0), 0);
    close(pair[0]);
    close(pair[1]);
}

/* What libcurl closed without a word, epoll has forgotten. */
static void test_a_number_that_came_back_is_registered(void **state)
{
    struct adl_sockets *sockets = *state;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    add(sockets, fd);
    assert_int_equal(adl_sockets_register(sockets, fd), 0);
    close(fd);
    assert_int_equal(socket(AF_INET, SOCK_STREAM, 0), fd);
    adl_sockets_get(sockets, fd)->wanted = EPOLLOUT;
    assert_int_equal(adl_sockets_register(sockets, fd), 0);
    assert_int_equal(adl_sockets_get(sockets, fd)->registered, EPOLLOUT);
    close(fd);

    assert_int_equal(adl_sockets_register(sockets, fd), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(adl_sockets_get(sockets, fd)->registered, 0);
}

static void test_only_what_is_ours_and_connected_is_listed(void **state)
{
    struct adl_sockets *sockets = *state;
    struct adl_corked list[2];

    for (int fd = 10; fd < 15; fd++) {
        add(sockets, fd);
    }
    adl_sockets_get(sockets, 11)->is_ours = false;
    adl_sockets_get(sockets, 12)->was_readable = false;

    assert_int_equal(adl_sockets_list_connected(sockets, list, 2), 3);
    assert_int_equal(list[0].fd, 10);
    assert_int_equal(list[1].fd, 13);
}

static void test_a_cork_stays_off_sockets_that_came_later(void **state)
{
    struct adl_sockets *sockets = *state;
    struct adl_corked list[2];
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    add(sockets, fd);
    assert_int_equal(adl_sockets_list_connected(sockets, list, 2), 1);
    adl_sockets_cork(sockets, list, 1, true);
    assert_int_equal(get_cork(fd), 1);
    adl_sockets_cork(sockets, list, 1, false);
    assert_int_equal(get_cork(fd), 0);

    adl_sockets_forget(sockets, fd);
    adl_sockets_cork(sockets, list, 1, true);
    assert_int_equal(get_cork(fd), 0);
    close(fd);
}

TEST_SUITE(sockets)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_an_event_names_the_socket_and_its_generation, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(
            test_a_number_that_came_back_is_registered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_only_what_is_ours_and_connected_is_listed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_a_cork_stays_off_sockets_that_came_later, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
