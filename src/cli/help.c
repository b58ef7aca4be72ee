/* SPDX-License-Identifier: MIT */
#include "cli/help.h"

#include <string.h>

#include "cli/options.h"

#define WIDTH  80
#define COLUMN 32 /* where explanations begin */

static const char usage[] = "Usage: asyncdl [OPTION]... LIST|URL|- ...\n";

static const char intro[] =
    "Download every URL of the lists. An argument with :// is a URL, - is\n"
    "standard input, anything else a list file.\n";

static const char lists[] =
    "  A list has one URL a line; blank lines and lines that begin with # are\n"
    "  skipped. URLs parted by TABs are mirrors of one file. Indented lines\n"
    "  under a URL are its options, as in aria2: out=, dir=, header=, "
    "referer=,\n"
    "  user-agent=, checksum=sha-256=HEX (or sha-512, sha-1, md5). A line "
    "that\n"
    "  begins with { is a JSON object with the same keys, url or urls, and\n"
    "  headers. Standard input is acted on as it arrives: a URL waits at most\n"
    "  50 ms for its options.\n";

static const char examples[] =
    "Examples:\n"
    "  asyncdl -d pages list.txt\n"
    "  asyncdl -o '{host}/{path}' --per-host 4 --host-rate 10/s list.txt\n"
    "  asyncdl --discard -q https://example.org/a https://example.org/b\n"
    "  producer | asyncdl -d pages -\n";

static const char rest[] =
    "SIZE and RATE are in bytes or with K, M, G or T (1024-based). TIME is in\n"
    "seconds or with ms, s, m or h. Options without a value are undone by\n"
    "--no-NAME.\n"
    "\n"
    "Honoured from the environment: http_proxy, https_proxy, all_proxy, "
    "no_proxy,\n"
    "NETRC, SSL_CERT_FILE, SSL_CERT_DIR, NO_COLOR. Options win over them.\n"
    "\n"
    "Exit status:\n"
    "  0         every line done, or done before\n"
    "  1         some failed for good (404, checksum, refused redirect, bad "
    "line)\n"
    "  2         usage error, list not readable, nothing started\n"
    "  3         some failed and another run can help; wins over 1\n"
    "  4         a local fault stopped the run: disk full, no permission\n"
    "  128+N     stopped by SIGHUP (129), SIGINT (130) or SIGTERM (143)\n";

static const char *const titles[ADL_N_GROUPS] = {
    [ADL_GROUP_LISTS] = "Lists",
    [ADL_GROUP_FILES] = "Where files go",
    [ADL_GROUP_AGAIN] = "Running again",
    [ADL_GROUP_PACE] = "How much at once",
    [ADL_GROUP_REQUEST] = "The request (names and meanings are curl's)",
    [ADL_GROUP_OUTPUT] = "What it says",
};

int adl_help_add_usage(struct adl_buf *buf)
{
    return adl_buf_add_str(buf, usage);
}

static int indent(struct adl_buf *buf, size_t n)
{
    return adl_buf_addf(buf, "%*s", (int)n, "");
}

/* Append text in lines that begin at COLUMN; column is where buf stands. */
static int add_wrapped(struct adl_buf *buf, const char *text, size_t column)
{
    int err = column < COLUMN ? indent(buf, COLUMN - column)
                              : adl_buf_addf(buf, "\n%*s", COLUMN, "");
    size_t at = COLUMN;

    while (err == 0 && *text != '\0') {
        size_t n = strcspn(text, " ");

        if (at > COLUMN && at + 1 + n > WIDTH) {
            err = adl_buf_addf(buf, "\n%*s", COLUMN, "");
            at = COLUMN;
        } else if (at > COLUMN) {
            err = adl_buf_add_str(buf, " ");
            at++;
        }
        if (err == 0) {
            err = adl_buf_add(buf, text, n);
        }
        at += n;
        text += n;
        text += *text == ' ';
    }
    return err < 0 ? err : adl_buf_add_str(buf, "\n");
}

static int add_option(struct adl_buf *buf, const struct adl_option *o)
{
    size_t start = buf->len;
    int err = o->letter != '\0' ? adl_buf_addf(buf, "  -%c, ", o->letter)
                                : adl_buf_add_str(buf, "      ");

    if (err == 0) {
        err = adl_buf_addf(buf, "--%s", o->name);
    }
    if (err == 0 && o->arg != NULL) {
        err = adl_buf_addf(buf, " %s", o->arg);
    }
    if (err < 0) {
        return err;
    }
    /* At least one blank must part the name from what is said of it. */
    return add_wrapped(buf, o->help,
                       buf->len - start + 1 < COLUMN ? buf->len - start
                                                     : COLUMN);
}

static int add_group(struct adl_buf *buf, enum adl_option_group group)
{
    int err = adl_buf_addf(buf, "\n%s:\n", titles[group]);

    if (err == 0 && group == ADL_GROUP_LISTS) {
        err = adl_buf_add_str(buf, lists);
    }
    for (const struct adl_option *o = adl_option_table;
         err == 0 && o->name != NULL; o++) {
        if (o->group == group) {
            err = add_option(buf, o);
        }
    }
    return err;
}

int adl_help_add(struct adl_buf *buf)
{
    int err = adl_buf_addf(buf, "%s%s", usage, intro);

    for (int group = 0; err == 0 && group < ADL_N_GROUPS; group++) {
        err = add_group(buf, (enum adl_option_group)group);
    }
    return err < 0 ? err : adl_buf_addf(buf, "\n%s\n%s", rest, examples);
}
