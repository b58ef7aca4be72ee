/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "asyncdl/version.h"
#include "cli/complain.h"
#include "cli/conflict.h"
#include "cli/env.h"
#include "cli/heap.h"
#include "cli/help.h"
#include "cli/msg.h"
#include "cli/options.h"
#include "cli/optparse.h"
#include "cli/password.h"
#include "cli/precheck.h"
#include "cli/request.h"
#include "cli/run.h"
#include "cli/source.h"
#include "cli/standard.h"
#include "cli/status.h"
#include "cli/tally.h"

/* A list that --strict reads ahead. */
struct checking {
    const struct adl_options *options;
    struct adl_complain *complain;
    uint64_t n_bad;
};

static void on_bad(const struct adl_place *place, const char *why, void *data)
{
    struct checking *c = data;

    c->n_bad++;
    adl_complain_of_line(c->complain, place, why);
}

static void on_unknown(const struct adl_place *place, const char *name,
                       void *data)
{
    struct checking *c = data;

    adl_complain_of_option(c->complain, place, name);
}

static bool has_color(const struct adl_options *options)
{
    const char *term = getenv("TERM");

    if (options->color != ADL_COLOR_AUTO) {
        return options->color == ADL_COLOR_ALWAYS;
    }
    return isatty(STDERR_FILENO) && term != NULL && strcmp(term, "dumb") != 0;
}

/* Print to standard output and end. */
static int print(const char *text)
{
    bool is_out = fputs(text, stdout) != EOF && fflush(stdout) != EOF;

    return is_out ? ADL_EXIT_DONE : ADL_EXIT_LOCAL;
}

static int print_help(void)
{
    struct adl_buf text = {0};
    int status =
        adl_help_add(&text) == 0 ? print(adl_buf_str(&text)) : ADL_EXIT_LOCAL;

    adl_buf_finish(&text);
    return status;
}

static int print_version(void)
{
    struct adl_buf text = {0};
    int err = adl_buf_addf(&text, "asyncdl %s (%s)\n", asyncdl_version(),
                           asyncdl_engine_version());
    int status = err == 0 ? print(adl_buf_str(&text)) : ADL_EXIT_LOCAL;

    adl_buf_finish(&text);
    return status;
}

/* "-u NAME": the password is asked for. 0, or an error in words. */
static int complete_user(struct adl_options *options, struct adl_buf *error)
{
    struct asyncdl_http_options *http = &options->client.http;
    struct adl_buf text = {0};

    if (http->user_password == NULL ||
        strchr(http->user_password, ':') != NULL) {
        return 0;
    }
    int err = adl_buf_addf(&text, "%s:", http->user_password);
    if (err == 0) {
        err = adl_password_ask(&text, http->user_password);
    }
    if (err == 0) {
        http->user_password = adl_options_keep(options, text.data);
        err = http->user_password != NULL ? 0 : -ENOMEM;
    } else if (err != -ENOMEM) {
        int full = adl_buf_addf(error,
                                "--user must be USER:PASSWORD: there is no "
                                "terminal to ask for the password: %s",
                                strerror(-err));

        err = full < 0 ? full : err;
    }
    adl_buf_finish(&text);
    return err;
}

/* "--netrc" without a file that is there: curl goes on, and so do we. */
static int complete_netrc(struct adl_options *options,
                          const struct adl_msg *msg)
{
    const char *path = options->client.http.netrc_file;

    if ((options->client.flags & ASYNCDL_CLIENT_NETRC) == 0) {
        return 0;
    }
    for (size_t i = 0; i < options->n_given; i++) {
        if (strcmp(options->given[i].option->name, "netrc-file") == 0) {
            return 0; /* asked for by name: must be there */
        }
    }
    if (path == NULL || access(path, F_OK) < 0) {
        adl_msg_note(msg, "--netrc: no %s: going on without",
                     path != NULL ? path : "HOME to look into");
        options->client.http.netrc_file = NULL;
        options->client.flags &= ~(unsigned)ASYNCDL_CLIENT_NETRC;
    }
    return 0;
}

/* Everything but the command line that belongs to the options. */
static int complete(struct adl_options *options, const struct adl_msg *msg,
                    struct adl_buf *error)
{
    int err = adl_env_apply(options, getenv);

    if (err == 0) {
        err = complete_netrc(options, msg);
    }
    return err < 0 ? err : complete_user(options, error);
}

/* What only the engine finds wrong. */
static void on_entry(const struct adl_entry *entry,
                     const struct adl_place *place, void *data)
{
    struct checking *checking = data;
    const struct asyncdl_request request =
        adl_request_make(entry, checking->options);
    int err = asyncdl_request_check(&request, &checking->options->client);

    if (err < 0) {
        checking->n_bad++;
        adl_complain_of_url(checking->complain, place, entry->urls.items[0],
                            err);
    }
}

/* --strict: true when something may start. */
static bool passes_precheck(const struct adl_options *options,
                            struct adl_sources *sources,
                            struct adl_complain *complain,
                            const struct adl_msg *msg)
{
    static const struct adl_listparse_callbacks callbacks = {
        .on_bad = on_bad,
        .on_unknown = on_unknown,
        .on_entry = on_entry,
    };
    struct checking checking = {.complain = complain, .options = options};
    const char *name = "";

    if (!options->is_strict) {
        return true;
    }
    int err = adl_precheck(&name, sources, options->client.http.protocols,
                           &callbacks, &checking);
    if (err < 0) {
        adl_msg_error(msg, "cannot read %s: %s", name, strerror(-err));
        return false;
    }
    if (checking.n_bad > 0) {
        adl_msg_error(msg, "nothing started, because of --strict");
        return false;
    }
    return true;
}

static int download(const struct adl_options *options,
                    const struct adl_msg *msg, struct adl_buf *error)
{
    struct adl_sources sources = {0};
    struct adl_complain complain;
    int status = ADL_EXIT_USAGE;

    adl_complain_init(&complain, msg, options->client.dir);
    complain.is_verbose = options->is_verbose;
    /* what would be skipped is told where it is asked for */
    complain.is_quiet = options->is_quiet || options->is_dry;
    if (adl_sources_init(&sources, &options->operands, error) < 0) {
        adl_msg_error(msg, "%s",
                      error->len > 0 ? error->data : strerror(ENOMEM));
    } else if (passes_precheck(options, &sources, &complain, msg)) {
        status = adl_run(options, &sources, &complain, msg);
    }
    adl_sources_finish(&sources);
    adl_complain_finish(&complain);
    return status;
}

static int refuse_usage(const struct adl_msg *msg, const struct adl_buf *error)
{
    adl_msg_error(msg, "%s",
                  error->len > 0 ? adl_buf_str(error) : strerror(ENOMEM));
    (void)fputs("Try 'asyncdl --help'.\n", stderr); /* nobody else to tell */
    return ADL_EXIT_USAGE;
}

static int refuse_empty(const struct adl_msg *msg)
{
    struct adl_buf text = {0};

    adl_msg_error(msg, "no list and no URL to download");
    if (adl_help_add_usage(&text) == 0) {
        (void)fputs(adl_buf_str(&text), stderr); /* nobody else to tell */
    }
    (void)fputs("Try 'asyncdl --help'.\n", stderr);
    adl_buf_finish(&text);
    return ADL_EXIT_USAGE;
}

static int show_status(const struct adl_options *options,
                       const struct adl_msg *msg, struct adl_buf *error)
{
    if (options->operands.n > 0) {
        (void)adl_buf_addf(error, "--status takes no list and no URL: %s",
                           options->operands.items[0]);
        return refuse_usage(msg, error);
    }
    if (options->wants_json) {
        (void)adl_buf_add_str(error, "--status with --json: it prints text");
        return refuse_usage(msg, error);
    }
    return adl_status_print(options->status, msg);
}

static int act(struct adl_options *options, struct adl_msg *msg,
               struct adl_buf *error)
{
    if (options->wants_help) {
        return print_help();
    }
    if (options->wants_version) {
        return print_version();
    }
    if (options->status != NULL) {
        return show_status(options, msg, error);
    }
    if (options->operands.n == 0) {
        return refuse_empty(msg);
    }
    if (adl_conflict_check(options, error) < 0 ||
        complete(options, msg, error) < 0) {
        return refuse_usage(msg, error);
    }
    msg->has_color = has_color(options);
    return download(options, msg, error);
}

int main(int argc, char **argv)
{
    struct adl_msg_drawer drawer = {.clear = NULL};
    struct adl_msg msg = {.stream = stderr, .drawer = &drawer};
    struct adl_options options;
    struct adl_buf error = {0};

    if (adl_standard_occupy() < 0) {
        return ADL_EXIT_LOCAL; /* there may be nowhere to tell it */
    }
    adl_heap_keep();
    adl_options_init(&options);
    int err = adl_optparse(&options, argc, (const char *const *)argv, &error);
    int status =
        err < 0 ? refuse_usage(&msg, &error) : act(&options, &msg, &error);
    adl_options_finish(&options);
    adl_buf_finish(&error);
    return status;
}
