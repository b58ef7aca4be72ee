/* SPDX-License-Identifier: MIT */
/* Asks for a password. */
#ifndef ADL_CLI_PASSWORD_H
#define ADL_CLI_PASSWORD_H

#include "util/buf.h"

/*
 * Ask the terminal, without showing what is typed, and append it to buf.
 * 0, -ENOMEM, or -errno where there is no terminal to ask.
 */
int adl_password_ask(struct adl_buf *buf, const char *user);

#endif
