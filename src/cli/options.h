/* SPDX-License-Identifier: MIT */
/*
 * What the command line asks for. One table (opttable.c) says which options
 * there are; parsing, config files and --help all go by it.
 */
#ifndef ADL_CLI_OPTIONS_H
#define ADL_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "asyncdl/client.h"
#include "cli/strlist.h"
#include "util/buf.h"

/* When to colour what is printed on stderr. */
enum adl_color {
    ADL_COLOR_AUTO,
    ADL_COLOR_ALWAYS,
    ADL_COLOR_NEVER,
};

/* What is shown on stdout while a run goes on. */
enum adl_progress_kind {
    ADL_PROGRESS_AUTO, /* a bar on a terminal, else lines */
    ADL_PROGRESS_BAR,
    ADL_PROGRESS_PLAIN,
    ADL_PROGRESS_NONE,
};

/* What to do with a URL that was there before. */
enum adl_dups {
    ADL_DUPS_KEEP,
    ADL_DUPS_ONCE,
};

/* What is drawn of a run. */
enum adl_chart {
    ADL_CHART_TRACE,
    ADL_CHART_TIMELINE,
    ADL_CHART_REPORT,
    ADL_N_CHARTS,
};

/* An option as it was given, for saying later which one was wrong. */
struct adl_given {
    const struct adl_option *option;
    const char *value; /* options.strings; NULL for one without */
    bool is_negated;   /* --no-NAME */
};

struct adl_options {
    /* Ready but for the lists below: use adl_options_get_client(). */
    struct asyncdl_client_options client;
    struct adl_strlist headers;
    struct adl_strlist resolve;
    struct adl_strlist connect_to;
    struct adl_strlist operands; /* lists, URLs and "-", in order */
    struct adl_strlist strings;  /* owns the values that client points at */
    struct adl_given *given;
    size_t n_given;
    size_t cap_given;
    const char *manifest;             /* a file; NULL: none is kept */
    const char *failed;               /* --failed, or NULL */
    const char *status;               /* --status, or NULL */
    const char *charts[ADL_N_CHARTS]; /* files, or NULL */
    unsigned http_version;            /* enum asyncdl_http_version */
    unsigned ip_version;              /* enum asyncdl_ip_version */
    unsigned tls_min;                 /* enum asyncdl_tls_version */
    unsigned dups;                    /* enum adl_dups */
    unsigned color;                   /* enum adl_color */
    unsigned progress;                /* enum adl_progress_kind */
    unsigned fsync;                   /* enum asyncdl_fsync */
    unsigned config_depth;            /* config files that name config files */
    bool is_strict;
    bool is_overwriting;
    bool is_discarding;
    bool keeps_journal;
    bool restarts;
    bool is_dry; /* --dry-run */
    bool wants_json;
    bool is_quiet;
    bool is_verbose;
    bool wants_help;
    bool wants_version;
};

enum adl_option_kind {
    ADL_OPTION_BOOL,          /* bool */
    ADL_OPTION_FLAG,          /* the bit of client.flags that min says */
    ADL_OPTION_CHOICE,        /* unsigned, becomes min */
    ADL_OPTION_WORD,          /* unsigned, the value's place in words */
    ADL_OPTION_STRING,        /* const char * */
    ADL_OPTION_LIST,          /* struct adl_strlist, added to */
    ADL_OPTION_COUNT,         /* uint32_t from min to max */
    ADL_OPTION_COUNT_OR_NONE, /* int32_t to max, 0 is ASYNCDL_NONE */
    ADL_OPTION_SIZE,          /* uint64_t bytes */
    ADL_OPTION_TIME,          /* uint64_t ms, at least min */
    ADL_OPTION_TIME32,        /* uint32_t ms, at least min */
    ADL_OPTION_CALL,          /* set() */
    ADL_OPTION_CONFIG,        /* read a config file */
};

enum adl_option_group {
    ADL_GROUP_LISTS,
    ADL_GROUP_FILES,
    ADL_GROUP_AGAIN,
    ADL_GROUP_PACE,
    ADL_GROUP_REQUEST,
    ADL_GROUP_OUTPUT,
    ADL_N_GROUPS,
};

/* A row of the table. */
struct adl_option {
    const char *name; /* without dashes; NULL ends the table */
    char letter;      /* '\0' for none */
    enum adl_option_kind kind;
    enum adl_option_group group;
    size_t offset; /* of the field in struct adl_options */
    uint64_t min;
    uint64_t max;
    const char *arg;     /* the value's name in --help; NULL takes none */
    const char *allowed; /* "must be ..." */
    const char *const *words;
    /* 0, -ENOMEM, or another code; may say in error what was wrong. */
    int (*set)(struct adl_options *options, const char *value,
               struct adl_buf *error);
    bool is_secret; /* its value must not be repeated in messages */
    const char *help;
};

extern const struct adl_option adl_option_table[];

void adl_options_init(struct adl_options *options);
void adl_options_finish(struct adl_options *options);

/* Keep a copy of str as long as the options live. NULL without memory. */
const char *adl_options_keep(struct adl_options *options, const char *str);

/* The library's options; they borrow from options, until those change. */
void adl_options_get_client(struct asyncdl_client_options *out,
                            const struct adl_options *options);

#endif
