/* SPDX-License-Identifier: MIT */
#include "cli/password.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define MAX_LEN 1024

/* Best effort: a question that cannot be seen can still be answered. */
static void print(int fd, const char *text)
{
    ssize_t n = write(fd, text, strlen(text));

    (void)n;
}

static int read_line(struct adl_buf *buf, int fd)
{
    for (size_t n = 0; n <= MAX_LEN; n++) {
        char c;
        ssize_t got = read(fd, &c, 1);

        if (got < 0) {
            return -errno;
        }
        if (got == 0 || c == '\n' || c == '\r') {
            return 0;
        }
        int err = adl_buf_add(buf, &c, 1);
        if (err < 0) {
            return err;
        }
    }
    return -EMSGSIZE;
}

/* The signal that came while the echo was off. */
static volatile sig_atomic_t caught;

static void on_signal(int signal_number)
{
    caught = signal_number;
}

/* Read without echo, which is on again whatever ends it. */
static int read_silently(struct adl_buf *buf, int fd)
{
    struct termios before;

    if (tcgetattr(fd, &before) < 0) {
        return -errno;
    }
    struct termios silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    if (tcsetattr(fd, TCSAFLUSH, &silent) < 0) {
        return -errno;
    }
    int err = read_line(buf, fd);
    (void)tcsetattr(fd, TCSAFLUSH, &before); /* was possible before */
    return err;
}

/*
 * A signal ends the question, and then the program as it always does: a
 * shell without echo is a bad thing to leave behind.
 */
static int ask_silently(struct adl_buf *buf, int fd)
{
    const struct sigaction action = {.sa_handler = on_signal};
    struct sigaction old_int;
    struct sigaction old_term;

    caught = 0;
    (void)sigaction(SIGINT, &action, &old_int); /* fails for no real signal */
    (void)sigaction(SIGTERM, &action, &old_term);
    int err = read_silently(buf, fd);
    (void)sigaction(SIGINT, &old_int, NULL);
    (void)sigaction(SIGTERM, &old_term, NULL);
    if (caught != 0) {
        (void)raise(caught);
    }
    return err;
}

int adl_password_ask(struct adl_buf *buf, const char *user)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (fd < 0) {
        return -errno;
    }
    print(fd, "Password for ");
    print(fd, user);
    print(fd, ": ");
    int err = ask_silently(buf, fd);
    print(fd, "\n");
    (void)close(fd); /* a terminal loses nothing */
    return err;
}
