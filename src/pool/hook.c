/* SPDX-License-Identifier: MIT */
/*
 * A forkserver is this program, started by itself with one end of a socket pair
 * as its standard input, where a frame that greets it waits. No other program
 * has such a one from its own parent, so that neither its arguments nor its
 * environment, which anybody may fill, have to tell.
 */
#define _GNU_SOURCE /* struct ucred */
#include "pool/hook.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "asyncdl/process.h"
#include "pool/wire.h"
#include "pool/zygote.h"

/*
 * One for the process, since it is about the process: a program that did not
 * call the hook would run its main() once more instead of being a forkserver.
 * Set before there are threads, as a rule; nothing else goes with it, so that
 * no order is needed.
 */
static atomic_bool adl_hook_called;

bool adl_hook_was_called(void)
{
    return atomic_load_explicit(&adl_hook_called, memory_order_relaxed);
}

/* Cheap for all others: mostly it is no socket. */
static bool is_socket_pair(int fd)
{
    int type = 0;
    int domain = 0;
    socklen_t len = sizeof(type);

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
           type == SOCK_SEQPACKET &&
           getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
           domain == AF_UNIX;
}

static bool is_from_parent(int fd)
{
    struct ucred peer = {0};
    socklen_t len = sizeof(peer);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
           peer.pid == getppid() && peer.uid == geteuid();
}

/*
 * Does a greeting wait, be it of another version's? Looks without taking it: it
 * may be something else, of the program's own. Whoever greets, does so before
 * the program is started.
 */
static bool is_greeted(int fd, bool *is_understood)
{
    char bytes[ADL_WIRE_HEAD + 1];
    struct adl_wire_frame frame;
    ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);

    if (n != ADL_WIRE_HEAD || !adl_wire_is_greeting(bytes)) {
        return false;
    }
    *is_understood = adl_wire_parse(&frame, bytes, (size_t)n, 0) == 0;
    return true;
}

int asyncdl_main_hook(void)
{
    bool is_understood;

    if (is_socket_pair(STDIN_FILENO) &&
        is_greeted(STDIN_FILENO, &is_understood)) {
        char bytes[ADL_WIRE_HEAD];

        /*
         * From here on it never is the program: main() would start another
         * forkserver, and that one the next. Its parent may be gone by now.
         */
        if (!is_understood || !is_from_parent(STDIN_FILENO)) {
            _exit(1);
        }
        (void)recv(STDIN_FILENO, bytes, sizeof(bytes), 0); /* it is there */
        adl_zygote_run(STDIN_FILENO);
    }
    atomic_store_explicit(&adl_hook_called, true, memory_order_relaxed);
    return 0;
}
