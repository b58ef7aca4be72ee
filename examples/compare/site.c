/* SPDX-License-Identifier: MIT */
#include "site.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "beside.h"

#define IN_BUILD  "../../src/site/asyncdl-site"
#define MAX_HOSTS 64
#define HOST_CAP  256

struct hosts {
    char names[MAX_HOSTS][HOST_CAP];
    size_t n;
};

static void collect_hosts(struct hosts *hosts, const struct urls *urls)
{
    char host[HOST_CAP];

    hosts->n = 0;
    for (size_t i = 0; i < urls->n && hosts->n < MAX_HOSTS; i++) {
        size_t k = 0;

        if (urls_host(host, sizeof(host), urls->items[i].text) < 0) {
            continue;
        }
        while (k < hosts->n && strcmp(hosts->names[k], host) != 0) {
            k++;
        }
        if (k == hosts->n) {
            memcpy(hosts->names[hosts->n++], host, sizeof(host));
        }
    }
}

/* In the child: become the site, or end. */
static void become_site(const char *program, const struct site *site,
                        unsigned latency_ms, struct hosts *hosts)
{
    char latency[16];
    char *argv[16 + 2 * MAX_HOSTS];
    int n = 0;

    (void)snprintf(latency, sizeof(latency), "%u", latency_ms);
    argv[n++] = (char *)"asyncdl-site";
    argv[n++] = (char *)"--latency";
    argv[n++] = latency;
    argv[n++] = (char *)"--cert-dir";
    argv[n++] = (char *)site->dir;
    argv[n++] = (char *)"--exit-with-parent";
    for (size_t i = 0; i < hosts->n; i++) {
        argv[n++] = (char *)"--host";
        argv[n++] = hosts->names[i];
    }
    argv[n] = NULL;
    execvp(program, argv);
    fprintf(stderr, "asyncdl-compare: %s: %s\n", program, strerror(errno));
    _exit(127);
}

/* Read what it says when it is ready: "http PORT" and "https PORT". */
static int read_ports(struct site *site, int fd)
{
    FILE *in = fdopen(fd, "r");
    int err = -EPIPE;

    if (in == NULL) {
        (void)close(fd);
        return -ENOMEM;
    }
    if (fscanf(in, "http %5u https %5u", &site->http_port, &site->https_port) ==
        2) {
        err = 0;
    }
    (void)fclose(in); /* it says nothing more */
    return err;
}

static int launch(struct site *site, const struct site_options *options,
                  const char *program)
{
    struct hosts hosts;
    int fds[2];

    collect_hosts(&hosts, options->urls);
    if (pipe(fds) < 0) {
        return -errno;
    }
    (void)fflush(NULL); /* else the child has what is not written yet, too */
    site->pid = fork();
    if (site->pid == 0) {
        (void)dup2(fds[1], STDOUT_FILENO);
        (void)close(fds[0]);
        (void)close(fds[1]);
        become_site(program, site, options->latency_ms, &hosts);
    }
    int err = site->pid < 0 ? -errno : 0;

    (void)close(fds[1]);
    if (err < 0) {
        (void)close(fds[0]);
        site->pid = 0;
        return err;
    }
    return read_ports(site, fds[0]);
}

int site_start(struct site *out, const struct site_options *options, char *text,
               size_t cap)
{
    struct site site = {0};
    char program[4096] = "asyncdl-site";
    const char *tmp = getenv("TMPDIR");
    int n = snprintf(site.dir, sizeof(site.dir), "%s/asyncdl-compare.XXXXXX",
                     tmp != NULL ? tmp : "/tmp");
    int err = n < 0 || n >= (int)sizeof(site.dir) ? -ENAMETOOLONG : 0;

    if (options->program != NULL) {
        (void)snprintf(program, sizeof(program), "%s", options->program);
    } else if (beside_find(program, sizeof(program), IN_BUILD) < 0) {
        (void)snprintf(program, sizeof(program), "asyncdl-site");
    }
    if (err == 0 && mkdtemp(site.dir) == NULL) {
        err = -errno;
        site.dir[0] = '\0';
    }
    if (err == 0) {
        (void)snprintf(site.ca_file, sizeof(site.ca_file), "%s/ca.pem",
                       site.dir);
        err = launch(&site, options, program);
    }
    if (err < 0) {
        (void)snprintf(text, cap,
                       "cannot start the site, %s: %s (--site PROGRAM says "
                       "where it is, --online does without)",
                       program,
                       err == -EPIPE ? "it ended at once" : strerror(-err));
        site_stop(&site);
        return err;
    }
    *out = site;
    return 0;
}

void site_stop(struct site *site)
{
    if (site->pid > 0) {
        (void)kill(site->pid, SIGTERM);
        (void)waitpid(site->pid, NULL, 0);
    }
    if (site->dir[0] != '\0') {
        (void)unlink(site->ca_file); /* is not there when it did not start */
        (void)rmdir(site->dir);
    }
    *site = (struct site){0};
}
