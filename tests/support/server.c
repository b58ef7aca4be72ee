/* SPDX-License-Identifier: MIT */
#include "support/server.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "site/number.h"
#include "support/port.h"
#include "support/proc.h"

#define START_TIMEOUT_MS 15000
#define RETRY_MS         5
#define N_ATTEMPTS       5
#define MAX_ARGS         24

const char *server_get_program(const char *variable)
{
    const char *path = getenv(variable);

    if (path == NULL) {
        fail_msg("%s is not set: run this through meson test", variable);
    }
    return path;
}

void server_need(struct server *server, int err)
{
    if (err == -ENOENT) {
        print_message("skipped: install the package %s\n", server->package);
        server_stop(server);
        skip();
    }
    if (err < 0) {
        server_stop(server);
        fail_msg("%s did not start: %s", server->package, strerror(-err));
    }
}

static int init(struct server *server, const char *package)
{
    *server = (struct server){.package = package};
    return tmpdir_init(&server->dir);
}

void server_stop(struct server *server)
{
    proc_stop(server->proc);
    server->proc = NULL;
    if (server->dir.path[0] != '\0') {
        tmpdir_finish(&server->dir);
    }
}

/* Wait until the port answers. -EPIPE when the server ends before. */
static int wait_for_port(struct server *server, uint16_t port)
{
    for (int ms = 0; ms < START_TIMEOUT_MS; ms += RETRY_MS) {
        int fd = -1;

        if (port_connect(&fd, port) == 0) {
            (void)close(fd);
            return 0;
        }
        if (!proc_is_running(server->proc)) {
            return -EPIPE;
        }
        (void)poll(NULL, 0, RETRY_MS);
    }
    return -ETIMEDOUT;
}

/* Read "NAME PORT", a line of the server's output. */
static int read_port(struct server *server, const char *name, uint16_t *out)
{
    char line[64];
    size_t len = strlen(name);
    uint64_t port = 0;
    int err = proc_read_line(server->proc, line, sizeof(line));

    if (err < 0) {
        return err;
    }
    if (strncmp(line, name, len) != 0 || line[len] != ' ' ||
        adl_number_parse(&port, line + len + 1, UINT16_MAX) < 0) {
        return -EPROTO;
    }
    *out = (uint16_t)port;
    return 0;
}

int server_start_site(struct server *server, const char *const *args)
{
    const char *argv[MAX_ARGS] = {server_get_program("ASYNCDL_SITE"),
                                  "--exit-with-parent", "--cert-dir"};
    size_t n = 3;
    int err = init(server, "asyncdl-site");

    argv[n++] = server->dir.path;
    for (; args != NULL && *args != NULL && n + 1 < MAX_ARGS; args++) {
        argv[n++] = *args;
    }
    if (err == 0) {
        err = proc_start(&server->proc, &(struct proc_options){.argv = argv});
    }
    if (err == 0) {
        err = read_port(server, "http", &server->port);
    }
    if (err == 0) {
        err = read_port(server, "https", &server->tls_port);
    }
    server->ca = tmpdir_get_path(&server->dir, "ca.pem");
    return err;
}

int server_start_faultd(struct server *server)
{
    const char *argv[] = {server_get_program("ASYNCDL_FAULTD"), NULL};
    int err = init(server, "asyncdl-faultd");

    if (err == 0) {
        err = proc_start(&server->proc, &(struct proc_options){.argv = argv});
    }
    if (err == 0) {
        err = read_port(server, "http", &server->port);
    }
    if (err == 0) {
        err = read_port(server, "close", &server->close_port);
    }
    return err == 0 ? read_port(server, "ignore", &server->ignore_port) : err;
}

static int make_certs(struct server *server)
{
    const char *argv[] = {server_get_program("ASYNCDL_SITE"), "--make-certs",
                          server->dir.path, NULL};
    struct proc_result result;
    int err = proc_run(&result, &(struct proc_options){.argv = argv});

    if (err == 0 && result.status != 0) {
        err = -EIO;
    }
    proc_result_finish(&result);
    server->ca = tmpdir_get_path(&server->dir, "ca.pem");
    return err;
}

static int find_ports(struct server *server)
{
    server->port = port_find_free();
    do {
        server->tls_port = port_find_free();
    } while (server->tls_port == server->port && server->port != 0);
    return server->port != 0 && server->tls_port != 0 ? 0 : -EADDRNOTAVAIL;
}

/* Writes a configuration if there is one, and gives the arguments. */
typedef int (*prepare_cb)(struct server *server, const char **argv,
                          const void *data);

/*
 * A port that was free may be taken when the server binds it: then it ends,
 * and other ports are tried.
 */
static int start(struct server *server, const char *package,
                 prepare_cb on_prepare, const void *data)
{
    int err = init(server, package);

    if (err == 0) {
        err = make_certs(server);
    }
    if (err < 0) {
        return err;
    }
    for (int i = 0; i < N_ATTEMPTS; i++) {
        const char *argv[MAX_ARGS] = {NULL};

        if ((err = find_ports(server)) < 0 ||
            (err = on_prepare(server, argv, data)) < 0 ||
            (err = proc_start(&server->proc,
                              &(struct proc_options){.argv = argv})) < 0 ||
            (err = wait_for_port(server, server->port)) != -EPIPE) {
            return err;
        }
        proc_stop(server->proc);
        server->proc = NULL;
    }
    return err;
}

static int add_value(struct adl_buf *out, const struct server *server,
                     const char *name, size_t len)
{
    if (len == 4 && memcmp(name, "PORT", len) == 0) {
        return adl_buf_addf(out, "%u", server->port);
    }
    if (len == 8 && memcmp(name, "TLS_PORT", len) == 0) {
        return adl_buf_addf(out, "%u", server->tls_port);
    }
    if (len == 3 && memcmp(name, "DIR", len) == 0) {
        return adl_buf_add_str(out, server->dir.path);
    }
    return -EINVAL;
}

/* Add the text with each @NAME@ replaced. */
static int expand(struct adl_buf *out, const struct server *server,
                  const char *text)
{
    int err = 0;

    while (err == 0 && *text != '\0') {
        size_t plain = strcspn(text, "@");
        const char *name = text + plain + 1;
        size_t len = text[plain] == '@' ? strcspn(name, "@") : 0;

        err = adl_buf_add(out, text, plain);
        if (err == 0 && len > 0) {
            err = add_value(out, server, name, len);
        }
        text += plain;
        if (*text == '@') {
            text = name + len + (name[len] == '@');
        }
    }
    return err;
}

static int write_config(struct server *server, const char *name,
                        const char *before, const char *config,
                        const char *after)
{
    struct adl_buf text = {0};
    int err = expand(&text, server, before);

    if (err == 0) {
        err = expand(&text, server, config);
    }
    if (err == 0) {
        err = expand(&text, server, after);
    }
    if (err == 0) {
        err = tmpdir_write(&server->dir, name, text.data, text.len);
    }
    adl_buf_finish(&text);
    return err;
}

static int name_nginx(struct server *server, const char **argv)
{
    const char *path = tmpdir_get_path(&server->dir, "nginx.conf");
    const char *log = tmpdir_get_path(&server->dir, "error.log");

    if (path == NULL || log == NULL) {
        return -ENOMEM;
    }
    argv[0] = "nginx";
    argv[1] = "-e";
    argv[2] = log;
    argv[3] = "-c";
    argv[4] = path;
    return 0;
}

/* One process: nothing is left when it is killed. */
static int prepare_nginx(struct server *server, const char **argv,
                         const void *data)
{
    static const char before[] = "daemon off;\n"
                                 "master_process off;\n"
                                 "pid @DIR@/nginx.pid;\n"
                                 "error_log @DIR@/error.log;\n"
                                 "events { worker_connections 4096; }\n"
                                 "http {\n"
                                 "access_log off;\n"
                                 "ssl_certificate @DIR@/cert.pem;\n"
                                 "ssl_certificate_key @DIR@/key.pem;\n"
                                 "client_body_temp_path @DIR@/body;\n"
                                 "proxy_temp_path @DIR@/proxy;\n"
                                 "fastcgi_temp_path @DIR@/fastcgi;\n"
                                 "uwsgi_temp_path @DIR@/uwsgi;\n"
                                 "scgi_temp_path @DIR@/scgi;\n";
    int err = name_nginx(server, argv);

    if (err < 0) {
        return err;
    }
    return write_config(server, "nginx.conf", before, data, "\n}\n");
}

int server_start_nginx(struct server *server, const char *config)
{
    return start(server, "nginx-light", prepare_nginx, config);
}

int server_restart_nginx(struct server *server)
{
    const char *argv[MAX_ARGS] = {NULL};
    int err = name_nginx(server, argv);

    if (err == 0) {
        err = proc_start(&server->proc, &(struct proc_options){.argv = argv});
    }
    return err < 0 ? err : wait_for_port(server, server->port);
}

struct nghttpx_options {
    uint16_t backend_port;
    const char *config;
};

/* All of it in the configuration, whose options are those of its command. */
static int prepare_nghttpx(struct server *server, const char **argv,
                           const void *data)
{
    const struct nghttpx_options *options = data;
    const char *conf = tmpdir_get_path(&server->dir, "nghttpx.conf");
    char backend[64];

    if (conf == NULL) {
        return -ENOMEM;
    }
    (void)snprintf(backend, sizeof(backend), "backend=127.0.0.1,%u\n",
                   options->backend_port);
    argv[0] = "nghttpx";
    argv[1] = "--conf";
    argv[2] = conf;
    return write_config(server, "nghttpx.conf",
                        "frontend=127.0.0.1,@PORT@;no-tls\n"
                        "frontend=127.0.0.1,@TLS_PORT@\n"
                        "private-key-file=@DIR@/key.pem\n"
                        "certificate-file=@DIR@/cert.pem\n"
                        "single-process=yes\n"
                        "workers=1\n"
                        "no-ocsp=yes\n"
                        "accesslog-file=/dev/null\n"
                        "errorlog-file=@DIR@/error.log\n",
                        backend, options->config);
}

int server_start_nghttpx_with(struct server *server, uint16_t backend_port,
                              const char *config)
{
    const struct nghttpx_options options = {backend_port, config};

    return start(server, "nghttp2-proxy", prepare_nghttpx, &options);
}

int server_start_nghttpx(struct server *server, uint16_t backend_port)
{
    return server_start_nghttpx_with(server, backend_port, "");
}

static int prepare_tinyproxy(struct server *server, const char **argv,
                             const void *data)
{
    const char *path = tmpdir_get_path(&server->dir, "tinyproxy.conf");

    if (path == NULL) {
        return -ENOMEM;
    }
    argv[0] = "tinyproxy";
    argv[1] = "-d";
    argv[2] = "-c";
    argv[3] = path;
    server->tls_port = 0;
    return write_config(server, "tinyproxy.conf",
                        "Port @PORT@\n"
                        "Listen 127.0.0.1\n"
                        "LogFile \"@DIR@/tinyproxy.log\"\n"
                        "PidFile \"@DIR@/tinyproxy.pid\"\n"
                        "MaxClients 500\n",
                        data, "\n");
}

int server_start_tinyproxy(struct server *server, const char *config)
{
    return start(server, "tinyproxy", prepare_tinyproxy, config);
}

/* A port of UDP does not tell that it is up: a further site of its own does.
 * Nothing is kept outside of its folder. */
static int prepare_caddy(struct server *server, const char **argv,
                         const void *data)
{
    static const char before[] =
        "{\"admin\": {\"disabled\": true, \"config\": {\"persist\": false}},"
        " \"storage\": {\"module\": \"file_system\", \"root\": "
        "\"@DIR@/caddy\"},"
        " \"logging\": {\"logs\": {\"default\": {\"writer\":"
        " {\"output\": \"file\", \"filename\": \"@DIR@/caddy.log\"}}}},"
        " \"apps\": {\"tls\": {\"certificates\": {\"load_files\":"
        " [{\"certificate\": \"@DIR@/cert.pem\", \"key\": "
        "\"@DIR@/key.pem\"}]}},"
        " \"http\": {\"servers\": {"
        " \"up\": {\"listen\": [\"127.0.0.1:@PORT@\"],"
        " \"automatic_https\": {\"disable\": true}},"
        " \"h3\": {\"listen\": [\"127.0.0.1:@TLS_PORT@\"], \"logs\": {},"
        " \"automatic_https\": {\"disable\": true},"
        " \"tls_connection_policies\": [{}], \"protocols\": [";
    static const char after[] =
        "], \"routes\": [{\"handle\":"
        " [{\"handler\": \"file_server\", \"root\": \"@DIR@\"}]}]}}}}}";
    const char *path = tmpdir_get_path(&server->dir, "caddy.json");
    int err = -ENOMEM;

    if (path != NULL) {
        err = write_config(server, "caddy.json", before, data, after);
    }
    if (err < 0) {
        return err;
    }
    argv[0] = "caddy";
    argv[1] = "run";
    argv[2] = "--config";
    argv[3] = path;
    return 0;
}

int server_start_caddy(struct server *server, const char *protocols)
{
    return start(server, "caddy", prepare_caddy, protocols);
}
