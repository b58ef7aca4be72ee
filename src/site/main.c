/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <uv.h>

#include "site/cert.h"
#include "site/options.h"
#include "site/site.h"

#define EXIT_USAGE 2
#define N_SIGNALS  2

struct program {
    uv_loop_t loop;
    uv_signal_t signals[N_SIGNALS];
    struct adl_site *site;
};

static int complain(const char *what, int err)
{
    fprintf(stderr, "asyncdl-site: %s: %s\n", what, uv_strerror(err));
    return EXIT_FAILURE;
}

/* Each connection is a descriptor; the soft limit is often 1024. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* then fewer connections */
    }
}

static void on_signal(uv_signal_t *handle, int signum)
{
    struct program *p = handle->data;

    (void)signum;
    for (int i = 0; i < N_SIGNALS; i++) {
        uv_close((uv_handle_t *)&p->signals[i], NULL);
    }
    adl_site_close(p->site);
}

static int watch_signals(struct program *p)
{
    static const int signums[N_SIGNALS] = {SIGINT, SIGTERM};
    int err = 0;

    for (int i = 0; i < N_SIGNALS; i++) {
        (void)uv_signal_init(&p->loop, &p->signals[i]);
        p->signals[i].data = p;
    }
    for (int i = 0; err == 0 && i < N_SIGNALS; i++) {
        err = uv_signal_start(&p->signals[i], on_signal, signums[i]);
    }
    return err;
}

static int serve(struct program *p, const struct adl_site_options *options,
                 const struct adl_cert *cert)
{
    const uint16_t ports[] = {options->port, options->tls_port};
    int err = adl_site_open(&p->site, &p->loop, options->bind, ports, cert);

    if (err < 0) {
        return complain("listen", err);
    }
    if ((err = watch_signals(p)) < 0) {
        return complain("watch signals", err);
    }
    adl_site_set_latency(p->site, options->latency_ms);
    printf("http %u\nhttps %u\n", adl_site_get_port(p->site),
           adl_site_get_tls_port(p->site));
    if (fflush(stdout) != 0) {
        return complain("write the ports", UV_EIO);
    }
    (void)uv_run(&p->loop, UV_RUN_DEFAULT);
    return EXIT_SUCCESS;
}

static int run(const struct adl_site_options *options,
               const struct adl_cert *cert)
{
    struct program p = {0};
    int err = uv_loop_init(&p.loop);

    if (err < 0) {
        return complain("start", err);
    }
    int status = serve(&p, options, cert);

    if (status == EXIT_SUCCESS && (err = uv_loop_close(&p.loop)) < 0) {
        return complain("stop", err);
    }
    return status;
}

static int make_certs_and_run(const struct adl_site_options *options)
{
    struct adl_cert cert = {0};
    int err = adl_cert_init(&cert, options->hosts, options->n_hosts);
    int status = EXIT_SUCCESS;

    if (err < 0) {
        return complain("make certificates", err);
    }
    if (options->make_certs_dir != NULL) {
        err = adl_cert_save_all(&cert, options->make_certs_dir);
    } else if (options->cert_dir != NULL) {
        err = adl_cert_save_ca(&cert, options->cert_dir);
    }
    if (err < 0) {
        status = complain("write certificates", err);
    } else if (options->make_certs_dir == NULL) {
        status = run(options, &cert);
    }
    adl_cert_finish(&cert);
    return status;
}

int main(int argc, char **argv)
{
    struct adl_site_options options = {0};
    char text[256] = "out of memory";

    if (adl_site_options_parse(&options, argc, argv, text, sizeof(text)) < 0) {
        fprintf(stderr, "asyncdl-site: %s\n", text);
        return EXIT_USAGE;
    }
    if (options.wants_help) {
        fputs(adl_site_options_get_help(), stdout);
        adl_site_options_finish(&options);
        return EXIT_SUCCESS;
    }
    if (options.exits_with_parent) {
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* cannot fail for a signal */
    }
    (void)signal(SIGPIPE, SIG_IGN); /* clients may go at any time */
    raise_descriptor_limit();
    int status = make_certs_and_run(&options);

    adl_site_options_finish(&options);
    return status;
}
