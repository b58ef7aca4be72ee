/* SPDX-License-Identifier: MIT */
/* Reads the command line, and the config files that it names. */
#ifndef ADL_CLI_OPTPARSE_H
#define ADL_CLI_OPTPARSE_H

#include "cli/options.h"
#include "util/buf.h"

/*
 * Read the command line into initialised options. 0; -ENOMEM; or another code
 * with what is wrong in error, in one line. May wait for files that options
 * name.
 */
int adl_optparse(struct adl_options *options, int argc, const char *const *argv,
                 struct adl_buf *error);

/*
 * Set one option as if it stood on the command line; for trying those of
 * another. As adl_optparse().
 */
int adl_optparse_given(struct adl_options *options,
                       const struct adl_given *given, struct adl_buf *error);

/* The option of that long name, or NULL. */
const struct adl_option *adl_optparse_find(const char *name, size_t len);

#endif
