/* SPDX-License-Identifier: MIT */
/* How a value gets from an option into its field. */
#ifndef ADL_CLI_OPTSET_H
#define ADL_CLI_OPTSET_H

#include "cli/options.h"

/*
 * Set an option of any kind but CONFIG. value is NULL exactly where option
 * takes none. 0; -ENOMEM; or another code with what is wrong in error.
 */
int adl_optset(struct adl_options *options, const struct adl_option *option,
               const char *value, struct adl_buf *error);

/* Undo an option of kind BOOL or FLAG. */
void adl_optset_clear(struct adl_options *options,
                      const struct adl_option *option);

/* The setters of options of kind CALL. */
int adl_optset_per_host(struct adl_options *options, const char *value,
                        struct adl_buf *error);
int adl_optset_host_rate(struct adl_options *options, const char *value,
                         struct adl_buf *error);
int adl_optset_retry_max_time(struct adl_options *options, const char *value,
                              struct adl_buf *error);
int adl_optset_proto(struct adl_options *options, const char *value,
                     struct adl_buf *error);
int adl_optset_dns_servers(struct adl_options *options, const char *value,
                           struct adl_buf *error);
int adl_optset_header(struct adl_options *options, const char *value,
                      struct adl_buf *error);
int adl_optset_cert(struct adl_options *options, const char *value,
                    struct adl_buf *error);
int adl_optset_cookie(struct adl_options *options, const char *value,
                      struct adl_buf *error);
int adl_optset_netrc_file(struct adl_options *options, const char *value,
                          struct adl_buf *error);

#endif
