/* SPDX-License-Identifier: MIT */
/*
 * Real servers on free ports of 127.0.0.1, each a child that dies with the
 * test. A start returns when the server accepts connections. It returns
 * -ENOENT when the program is not installed: pass its answer to server_need(),
 * which skips the test and says what to install, or fails it.
 *
 *     server_need(&s, server_start_nginx(&s, config));
 *     ... s.port, s.tls_port, s.ca ...
 *     server_stop(&s);
 */
#ifndef SUPPORT_SERVER_H
#define SUPPORT_SERVER_H

#include <stdint.h>

#include "support/tmpdir.h"

struct proc;

struct server {
    const char *package; /* where the program comes from */
    struct proc *proc;
    struct tmpdir dir; /* its configuration, certificates and logs */
    uint16_t port;
    uint16_t tls_port;    /* 0: it has none */
    uint16_t close_port;  /* faultd: closes at once */
    uint16_t ignore_port; /* faultd: never accepts */
    const char *ca;       /* path of a CA certificate, or NULL */
};

/* args: more options, ending with NULL; or NULL. */
int server_start_site(struct server *server, const char *const *args);

int server_start_faultd(struct server *server);

/*
 * config stands inside http { }. In it @PORT@, @TLS_PORT@ and @DIR@ are
 * replaced; @DIR@ holds cert.pem and key.pem, and is a place for files to
 * serve. The error log is @DIR@/error.log.
 */
int server_start_nginx(struct server *server, const char *config);

/* A proxy that ends TLS and speaks HTTP/2, in front of that port. */
int server_start_nghttpx(struct server *server, uint16_t backend_port);

/* The same with more lines for its configuration. */
int server_start_nghttpx_with(struct server *server, uint16_t backend_port,
                              const char *config);

/* Serves the files of its folder over TLS, on tls_port of UDP and TCP:
 * protocols is a list in JSON without its brackets, of "h1", "h2" and "h3". It
 * logs to caddy.log there. */
int server_start_caddy(struct server *server, const char *protocols);

/* Start a server that was stopped with proc_stop() as it was, on its ports. */
int server_restart_nginx(struct server *server);

/* A forward proxy. config is added to its own, "" for none. */
int server_start_tinyproxy(struct server *server, const char *config);

/* Stop and remove all; zero and stopped ones are allowed. */
void server_stop(struct server *server);

/* Call only in a test, not in a setup: skip it, or fail it, on err < 0. */
void server_need(struct server *server, int err);

/* The program that the build passes as that variable of the environment. The
 * test ends with a message when it is not set. */
const char *server_get_program(const char *variable);

#endif
