/* SPDX-License-Identifier: MIT */
/* What is said on stderr: lines that begin with the program's name. */
#ifndef ADL_CLI_MSG_H
#define ADL_CLI_MSG_H

#include <stdbool.h>
#include <stdio.h>

/* Who has drawn something where messages may go takes it away before one. */
struct adl_msg_drawer {
    void (*clear)(void *data); /* NULL: nobody has */
    void *data;
};

struct adl_msg {
    FILE *stream; /* borrowed */
    bool has_color;
    struct adl_msg_drawer *drawer; /* borrowed; NULL: there never is one */
};

/* Something is wrong. */
void adl_msg_error(const struct adl_msg *msg, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* Something is worth knowing. */
void adl_msg_note(const struct adl_msg *msg, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* Say text as it stands, which has lines of its own. */
void adl_msg_text(const struct adl_msg *msg, const char *text);

#endif
