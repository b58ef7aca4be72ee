/* SPDX-License-Identifier: MIT */
/* The command line of asyncdl-site. */
#ifndef ADL_SITE_OPTIONS_H
#define ADL_SITE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct adl_site_options {
    const char *bind; /* an address, IPv4 or IPv6; all strings are argv's */
    uint16_t port;    /* 0: any that is free */
    uint16_t tls_port;
    uint32_t latency_ms;
    const char *cert_dir;       /* NULL: the CA is shown to nobody */
    const char *make_certs_dir; /* write certificates there, do not serve */
    const char **hosts;         /* more names for the certificate */
    size_t n_hosts;
    bool exits_with_parent;
    bool wants_help;
};

/*
 * Read argv. On success release with adl_site_options_finish(); the strings
 * are borrowed from argv. 0, -EINVAL with one line in text, or -ENOMEM.
 */
int adl_site_options_parse(struct adl_site_options *out, int argc,
                           char *const *argv, char *text, size_t cap);

void adl_site_options_finish(struct adl_site_options *options);

/* What --help prints. */
const char *adl_site_options_get_help(void);

#endif
