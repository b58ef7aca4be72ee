/* SPDX-License-Identifier: MIT */
#include "cli/msg.h"

#include <stdarg.h>
#include <stddef.h>

#define RED    "\033[31m"
#define YELLOW "\033[33m"
#define RESET  "\033[0m"

static void say(const struct adl_msg *msg, const char *color,
                const char *format, va_list args)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 0)))
#endif
    ;

static void clear(const struct adl_msg *msg)
{
    if (msg->drawer != NULL && msg->drawer->clear != NULL) {
        msg->drawer->clear(msg->drawer->data);
    }
}

/* There is nobody to tell when writing to stderr fails. */
static void say(const struct adl_msg *msg, const char *color,
                const char *format, va_list args)
{
    clear(msg);
    if (msg->has_color) {
        (void)fprintf(msg->stream, "%sasyncdl:%s ", color, RESET);
    } else {
        (void)fputs("asyncdl: ", msg->stream);
    }
    (void)vfprintf(msg->stream, format, args);
    (void)fputc('\n', msg->stream);
    (void)fflush(msg->stream);
}

void adl_msg_error(const struct adl_msg *msg, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(msg, RED, format, args);
    va_end(args);
}

void adl_msg_note(const struct adl_msg *msg, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(msg, YELLOW, format, args);
    va_end(args);
}

void adl_msg_text(const struct adl_msg *msg, const char *text)
{
    clear(msg);
    (void)fputs(text, msg->stream); /* as above */
    (void)fflush(msg->stream);
}
