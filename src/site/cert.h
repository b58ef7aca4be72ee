/* SPDX-License-Identifier: MIT */
/* A certificate authority and a server certificate, made on the spot. */
#ifndef ADL_SITE_CERT_H
#define ADL_SITE_CERT_H

#include <stddef.h>

/* Three PEM texts. Zero is empty. */
struct adl_cert {
    char *ca;   /* the authority's certificate; its key is gone */
    char *cert; /* the server's certificate */
    char *key;  /* the server's private key */
};

/*
 * Make a pair for the demo's names, localhost, the loopback addresses, and the
 * given names, addresses and wildcards. 0, -ENOMEM, or -EIO where OpenSSL
 * fails. Release with adl_cert_finish().
 */
int adl_cert_init(struct adl_cert *cert, const char *const *hosts,
                  size_t n_hosts);

/* Wipe the key and free all. */
void adl_cert_finish(struct adl_cert *cert);

/* Write DIR/ca.pem, readable by all. 0 or -errno; DIR is made if missing. */
int adl_cert_save_ca(const struct adl_cert *cert, const char *dir);

/* Write ca.pem, cert.pem, and key.pem that only its owner can read. */
int adl_cert_save_all(const struct adl_cert *cert, const char *dir);

#endif
