/* SPDX-License-Identifier: MIT */
/*
 * Runs of asyncdl (support/cmd.h) against asyncdl-site and asyncdl-faultd. In
 * lists and expectations these words stand for what only a run knows:
 *
 *   @SITE@   127.0.0.1:PORT of the site; @PORT@ is the port alone
 *   @FAULT@  of the fault server; @FAULT_PORT@ is the port alone
 *   @CLOSE@, @IGNORE@  of its other two ports
 *   @REFUSES@  of a port that refuses connections
 *   @DIR@    the folder of the run; files go to @DIR@/out
 */
#ifndef SUPPORT_DOWNLOAD_H
#define SUPPORT_DOWNLOAD_H

#include <stdint.h>

#include "support/cmd.h"
#include "support/server.h"

struct download_servers {
    struct server site;
    struct server fault;
    uint16_t refusing_port;
    int refusing_fd; /* keeps it so */
};

/* For a group of tests: puts a struct download_servers in *state. */
int download_group_setup(void **state);
int download_group_teardown(void **state);

struct download {
    struct download_servers *servers; /* borrowed */
    struct cmd cmd;
};

void download_init(struct download *d, struct download_servers *servers);
void download_finish(struct download *d);

/* text with the words replaced, valid until the next four calls. */
const char *download_expand(struct download *d, const char *text);

/*
 * Run asyncdl with that list and these options, parted by blanks; retries wait
 * for a few milliseconds only. The test fails unless it ends with status.
 */
void download_run(struct download *d, const char *list, const char *options,
                  int status);

/* The same in the background: pass it to cmd_wait(). */
struct proc *download_start(struct download *d, const char *list,
                            const char *options);

/* Wait until the site has been asked for target, at most 30 s. */
void download_wait_for_request(struct download *d, const char *target);

/* Fail the test unless that is said on stdout, or on stderr. */
void download_need_out(struct download *d, const char *text);
void download_need_err(struct download *d, const char *text);

/* Fail the test unless the file below out/ is size bytes of the pattern, or
 * has that content. */
void download_need_pattern(struct download *d, const char *name, uint64_t size,
                           uint64_t seed);
void download_need_text(struct download *d, const char *name, const char *text);

/* Requests that the site saw for a target ("/bytes/9"), all together for
 * NULL. */
uint64_t download_count_requests(struct download *d, const char *target);

/* A run of one URL, and all that is to come of it. */
struct download_case {
    const char *url;     /* a line of a list */
    const char *options; /* NULL: none */
    int status;
    const char *file; /* the only one below out/; NULL: there is none */
    const char *text; /* its content; NULL: size bytes of the pattern */
    uint64_t size;
    uint64_t seed;
    const char *error; /* said on stderr after "URL: " */
    const char *cause; /* likewise, anywhere: what all libcurls say of it */
};

/* Every case, each on its own; a failure names it. */
void download_check(struct download_servers *servers,
                    const struct download_case *cases, size_t n);

#endif
