/* SPDX-License-Identifier: MIT */
/*
 * The library says that an option was refused, not which: its options have no
 * names. So everything that was given is tried alone.
 */
#include "cli/blame.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "asyncdl/error.h"
#include "asyncdl/version.h"
#include "cli/complain.h"
#include "cli/optparse.h"
#include "cli/tally.h"

#define OWN_KEY                                                          \
    ": its key must be in its file or in that of --key (PEM), and open " \
    "with the password given (--cert FILE:PASSWORD)"

/* A variable of the environment, the option that it stands for, and what of the
 * client's it sets. */
struct variable {
    const char *name;
    const char *option;
    size_t offset;
};

static const struct variable variables[] = {
    {"SSL_CERT_FILE", "cacert", offsetof(struct asyncdl_http_options, ca_file)},
    {"SSL_CERT_DIR", "capath", offsetof(struct asyncdl_http_options, ca_path)},
    {"NETRC", "netrc-file", offsetof(struct asyncdl_http_options, netrc_file)},
    {"http_proxy or all_proxy", "proxy",
     offsetof(struct asyncdl_http_options, http_proxy)},
    {"https_proxy or all_proxy", "proxy",
     offsetof(struct asyncdl_http_options, https_proxy)},
    {"no_proxy", "noproxy", offsetof(struct asyncdl_http_options, no_proxy)},
};

/* What the library answers to these options; leaves no traces. */
static int try_open(uv_loop_t *loop,
                    const struct asyncdl_client_options *options)
{
    struct asyncdl_client_options trial = *options;
    struct asyncdl_client *client = NULL;

    trial.flags |= ASYNCDL_CLIENT_PLAN; /* or a cookie jar would be written */
    int err = asyncdl_client_open(&client, loop, &trial);

    if (err == 0) {
        asyncdl_client_close(client, NULL, NULL);
        (void)uv_run(loop, UV_RUN_DEFAULT); /* until it is closed */
    }
    return err;
}

static int try_given(uv_loop_t *loop, const struct adl_given *given)
{
    struct asyncdl_client_options client_options;
    struct adl_options options;
    struct adl_buf error = {0};

    adl_options_init(&options);
    options.keeps_journal = false; /* leaves no traces */
    int err = adl_optparse_given(&options, given, &error);
    if (err == 0) {
        adl_options_get_client(&client_options, &options);
        err = try_open(loop, &client_options);
    }
    adl_options_finish(&options);
    adl_buf_finish(&error);
    return err;
}

/* The last of that name, or NULL. */
static const struct adl_given *find_given(const struct adl_options *options,
                                          const char *name)
{
    for (size_t i = options->n_given; i > 0; i--) {
        if (strcmp(options->given[i - 1].option->name, name) == 0) {
            return &options->given[i - 1];
        }
    }
    return NULL;
}

/* An option as it was written, but for what is secret. */
static int add_given(struct adl_buf *buf, const struct adl_given *given)
{
    const struct adl_option *option = given->option;
    bool shows_value = given->value != NULL && !option->is_secret;

    return adl_buf_addf(buf, "--%s%s%s%s: ", given->is_negated ? "no-" : "",
                        option->name, shows_value ? " " : "",
                        shows_value ? given->value : "");
}

static int try_variable(uv_loop_t *loop, const struct adl_options *options,
                        const struct variable *variable)
{
    struct asyncdl_client_options alone = ASYNCDL_CLIENT_OPTIONS_INIT;
    const char *const *from =
        (const char *const *)((const char *)&options->client.http +
                              variable->offset);
    const char **to = (const char **)((char *)&alone.http + variable->offset);

    *to = *from;
    alone.flags = options->client.flags & ASYNCDL_CLIENT_NETRC;
    return *from != NULL ? try_open(loop, &alone) : 0;
}

/* The variable that is to blame, or NULL. */
static const struct variable *find_variable(uv_loop_t *loop,
                                            const struct adl_options *options,
                                            int err)
{
    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        if (try_variable(loop, options, &variables[i]) == err) {
            return &variables[i];
        }
    }
    return NULL;
}

/* What an option's value must be. */
static int add_allowed(struct adl_buf *buf, const struct adl_option *option)
{
    return option->allowed != NULL
               ? adl_buf_addf(buf, "must be %s", option->allowed)
               : adl_buf_addf(buf, "must be %s: %s", option->arg, option->help);
}

/* What is wrong, behind the name of what is to blame: of that option, or NULL.
 */
static int add_reason(struct adl_buf *buf, const struct adl_option *option,
                      int err)
{
    if (err == ASYNCDL_ENOTBUILT) {
        return adl_buf_addf(buf, "%s (%s)", asyncdl_strerror(err),
                            asyncdl_engine_version());
    }
    if (err == -EINVAL && option != NULL && option->arg != NULL) {
        return add_allowed(buf, option);
    }
    int full = adl_buf_add_str(buf, asyncdl_strerror(err));
    if (err == ASYNCDL_EOWNCERT) {
        return full < 0 ? full : adl_buf_add_str(buf, OWN_KEY);
    }
    if (full == 0 && option != NULL && option->is_secret &&
        option->allowed != NULL) { /* the value cannot be shown */
        full = adl_buf_add_str(buf, ": ");
        full = full < 0 ? full : add_allowed(buf, option);
    }
    return full;
}

/* Or is it the journal? */
static bool is_lock_in_the_way(const char *dir)
{
    struct adl_buf path = {0};
    struct stat st;
    bool is_there = adl_buf_addf(&path, "%s/.asyncdl/journal.lock", dir) == 0 &&
                    lstat(path.data, &st) == 0;

    adl_buf_finish(&path);
    return is_there && !S_ISREG(st.st_mode);
}

/* What is wrong with the directory, or with the journal in it. */
static int add_directory(struct adl_buf *buf, const struct adl_options *options,
                         int err)
{
    const char *dir = options->client.dir;
    const char *why = asyncdl_strerror(err);
    const char *at = dir != NULL ? dir : ".";

    switch (err) {
    case ASYNCDL_EINUSE:
        return adl_buf_addf(buf, ADL_COMPLAIN_IN_USE, at);
    case ASYNCDL_EINWAY:
        if (is_lock_in_the_way(at)) {
            return adl_buf_addf(buf,
                                "%s/.asyncdl/journal.lock: %s: remove it, or "
                                "use another --dir",
                                at, why);
        }
        return adl_buf_addf(buf,
                            "%s/.asyncdl/journal.db: %s: remove it, or do "
                            "without with --no-journal",
                            at, why);
    case ASYNCDL_EJOURNAL:
        return adl_buf_addf(buf,
                            "%s/.asyncdl/journal.db: %s; --restart sets it "
                            "aside and begins anew, --no-journal does without",
                            at, why);
    case ASYNCDL_EJOURNALNEW:
        return adl_buf_addf(
            buf,
            "%s/.asyncdl/journal.db: %s: use that, or --restart "
            "to set it aside and begin anew",
            at, why);
    default:
        if (options->is_dry) {
            return adl_buf_addf(buf, "cannot look into %s/.asyncdl: %s", at,
                                why);
        }
        return adl_buf_addf(buf,
                            "cannot keep a journal in %s/.asyncdl: %s; files "
                            "and journal go there, --dir names another place",
                            at, why);
    }
}

/* Is it the directory that keeps the client from opening, or the journal? */
static bool is_of_directory(uv_loop_t *loop, const struct adl_options *options,
                            int err)
{
    struct asyncdl_client_options without;

    adl_options_get_client(&without, options);
    if (without.journal == ASYNCDL_JOURNAL_NONE && err != ASYNCDL_EINUSE &&
        err != ASYNCDL_EINWAY) {
        return false; /* without one it is only locked */
    }
    without.journal = ASYNCDL_JOURNAL_NONE; /* a trial locks nothing */
    return try_open(loop, &without) == 0;
}

int adl_blame(struct adl_buf *buf, bool *out_is_local, uv_loop_t *loop,
              const struct adl_options *options, int err)
{
    const struct adl_given *guilty = NULL;

    *out_is_local = false;
    if (is_of_directory(loop, options, err)) {
        *out_is_local = adl_tally_is_local_fault(err);
        return add_directory(buf, options, err);
    }

    for (size_t i = 0; guilty == NULL && i < options->n_given; i++) {
        if (try_given(loop, &options->given[i]) == err) {
            guilty = &options->given[i];
        }
    }
    if (guilty == NULL && err == ASYNCDL_EOWNCERT) {
        guilty = find_given(options, "key"); /* the other is well alone */
    }
    if (guilty != NULL) {
        int full = add_given(buf, guilty);

        return full < 0 ? full : add_reason(buf, guilty->option, err);
    }
    const struct variable *variable = find_variable(loop, options, err);
    const struct adl_option *option =
        variable != NULL
            ? adl_optparse_find(variable->option, strlen(variable->option))
            : NULL;
    int full = adl_buf_addf(
        buf, "%s: ", variable != NULL ? variable->name : "cannot start");
    return full < 0 ? full : add_reason(buf, option, err);
}

int adl_blame_tell(const struct adl_msg *msg, uv_loop_t *loop,
                   const struct adl_options *options, int err)
{
    struct adl_buf text = {0};
    bool is_local = false;
    int full = adl_blame(&text, &is_local, loop, options, err);

    adl_msg_error(msg, "%s", full == 0 ? adl_buf_str(&text) : strerror(ENOMEM));
    adl_buf_finish(&text);
    return is_local ? ADL_EXIT_LOCAL : ADL_EXIT_USAGE;
}
