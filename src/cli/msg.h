/* SPDX-License-Identifier: MIT */
/* What is said on stderr: lines that begin with the program's name. */
#ifndef ADL_CLI_MSG_H
#define ADL_CLI_MSG_H

#include <stdbool.h>
#include <stdio.h>

struct adl_msg {
    FILE *stream; /* borrowed */
    bool has_color;
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

#endif
