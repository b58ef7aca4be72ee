/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { KIND_FLAG, KIND_NUMBER, KIND_TEXT, KIND_FAULT };

struct spec {
    const char *name;
    enum kind kind;
    size_t offset; /* in struct options */
    unsigned min;
    unsigned max;
};

#define AT(field) offsetof(struct options, field)

static const struct spec specs[] = {
    {"csv", KIND_TEXT, AT(csv), 0, 0},
    {"diagram", KIND_FLAG, AT(has_diagram), 0, 0},
    {"fault", KIND_FAULT, AT(fault), 0, 0},
    {"help", KIND_FLAG, AT(wants_help), 0, 0},
    {"json", KIND_TEXT, AT(json), 0, 0},
    {"latency", KIND_NUMBER, AT(latency_ms), 0, 10000},
    {"list", KIND_TEXT, AT(list), 0, 0},
    {"online", KIND_FLAG, AT(is_online), 0, 0},
    {"python", KIND_FLAG, AT(has_python), 0, 0},
    {"python-dir", KIND_TEXT, AT(python_dir), 0, 0},
    {"report", KIND_TEXT, AT(report), 0, 0},
    {"rounds", KIND_NUMBER, AT(n_rounds), 1, 99},
    {"scale", KIND_NUMBER, AT(scale), 1, 10000},
    {"site", KIND_TEXT, AT(site), 0, 0},
    {"svg", KIND_TEXT, AT(svg), 0, 0},
    {"sweep", KIND_NUMBER, AT(sweep_max), 1, 64},
    {"threads", KIND_NUMBER, AT(n_threads), 1, 128},
    {"trace", KIND_TEXT, AT(trace), 0, 0},
    {"verbose", KIND_FLAG, AT(is_verbose), 0, 0},
};

static const char *const topic_names[N_TOPICS] = {
    "io",   "cpu",    "both",   "hold", "sweep",
    "busy", "primes", "search", "lock", "count",
};

static const char *const fault_names[] = {"none", "bytes", "sum", "hash"};

#define N_SPECS  (sizeof(specs) / sizeof(specs[0]))
#define N_FAULTS (sizeof(fault_names) / sizeof(fault_names[0]))

static const char help[] =
    "usage: asyncdl-compare [OPTION]... [TOPIC]...\n"
    "Does the same work in several ways, really, and compares them.\n"
    "\n"
    "Topics (default: all):\n"
    "  io       160 downloads: synchronous, threads, async, processes\n"
    "  cpu      20 sums of squares: plain, on the loop, threads, processes\n"
    "  both     downloads whose bodies need CPU, on the loop and off it\n"
    "  hold     a callback that does not let go of the loop, and who sees it\n"
    "  sweep    io and cpu with 1, 2, 3... workers: which number is best\n"
    "  busy, primes, search, lock, count\n"
    "           the small examples beside this one, run and measured\n"
    "\n"
    "What is done:\n"
    "  --rounds N     times each way, of which the median counts (default 3;\n"
    "                 what takes longer than 1.5 s then runs once)\n"
    "  --threads N    threads of io (default 5)\n"
    "  --scale N      times each sum is made, and each body hashed\n"
    "                 (default 20; with --python 1)\n"
    "  --sweep MAX    workers to go up to (default 16)\n"
    "  --list FILE    URLs, one a line, in place of the 160 sites\n"
    "  --latency MS   wait of the bundled site before it answers (default 50)\n"
    "  --online       ask the real servers, not the bundled site\n"
    "  --python       run equivalent Python programs in the same rounds\n"
    "\n"
    "What is shown:\n"
    "  -v, --verbose  a line for each download\n"
    "  --diagram      draw what waited and what worked, as text\n"
    "  --json FILE    all figures; - is standard output\n"
    "  --csv FILE     the same as a table\n"
    "  --svg FILE     a timing diagram for each way, FILE-TOPIC-WAY.svg\n"
    "  --trace FILE   all of them in Chrome's trace format\n"
    "  --report FILE  one HTML page with everything\n"
    "\n"
    "Where things are:\n"
    "  --site PROGRAM     asyncdl-site (default: where the build put it)\n"
    "  --python-dir DIR   the Python programs (likewise)\n"
    "\n"
    "  --fault bytes|sum|hash  spoil one result, to see that it is found\n"
    "  -h, --help     print this\n"
    "\n"
    "Exit status: 0; 1 when something failed or came out wrong; 2 for a usage\n"
    "error.\n";

static const struct spec *find(const char *name, size_t len)
{
    for (size_t i = 0; i < N_SPECS; i++) {
        if (strlen(specs[i].name) == len &&
            memcmp(specs[i].name, name, len) == 0) {
            return &specs[i];
        }
    }
    return NULL;
}

static int parse_number(unsigned *out, const struct spec *spec,
                        const char *value)
{
    char *end;

    errno = 0;
    unsigned long n = strtoul(value, &end, 10);

    if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0 ||
        n < spec->min || n > spec->max) {
        return -EINVAL;
    }
    *out = (unsigned)n;
    return 0;
}

static int set_number(struct options *o, const struct spec *spec,
                      const char *value, char *text, size_t cap)
{
    unsigned *field = (unsigned *)((char *)o + spec->offset);

    if (parse_number(field, spec, value) < 0) {
        (void)snprintf(text, cap,
                       "--%s: bad value '%.60s': a number from %u to %u",
                       spec->name, value, spec->min, spec->max);
        return -EINVAL;
    }
    o->has_rounds = o->has_rounds || field == &o->n_rounds;
    return 0;
}

static int set_fault(struct options *o, const char *value, char *text,
                     size_t cap)
{
    for (size_t i = 1; i < N_FAULTS; i++) {
        if (strcmp(value, fault_names[i]) == 0) {
            o->fault = (enum fault)i;
            return 0;
        }
    }
    (void)snprintf(text, cap, "--fault: bad value '%.60s': bytes, sum or hash",
                   value);
    return -EINVAL;
}

static int set(struct options *o, const struct spec *spec, const char *value,
               char *text, size_t cap)
{
    switch (spec->kind) {
    case KIND_FLAG:
        *(bool *)((char *)o + spec->offset) = true;
        return 0;
    case KIND_NUMBER:
        return set_number(o, spec, value, text, cap);
    case KIND_FAULT:
        return set_fault(o, value, text, cap);
    case KIND_TEXT:
        break;
    }
    if (value[0] == '\0') {
        (void)snprintf(text, cap, "--%s: bad value '': a path", spec->name);
        return -EINVAL;
    }
    *(const char **)((char *)o + spec->offset) = value;
    return 0;
}

/* Take the option at argv[*i], and its value, and move *i to the last taken. */
static int take_option(struct options *o, int argc, char *const *argv, int *i,
                       char *text, size_t cap)
{
    const char *arg = argv[*i];
    const char *name = strcmp(arg, "-v") == 0   ? "verbose"
                       : strcmp(arg, "-h") == 0 ? "help"
                                                : arg + 2;
    const char *equals = strchr(name, '=');
    size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
    const struct spec *spec =
        arg[1] != '-' && name == arg + 2 ? NULL : find(name, len);

    if (spec == NULL) {
        (void)snprintf(text, cap, "unknown option '%.60s' (see --help)", arg);
        return -EINVAL;
    }
    if (spec->kind == KIND_FLAG) {
        if (equals != NULL) {
            (void)snprintf(text, cap, "--%s takes no value", spec->name);
            return -EINVAL;
        }
        return set(o, spec, NULL, text, cap);
    }
    if (equals != NULL) {
        return set(o, spec, equals + 1, text, cap);
    }
    if (*i + 1 >= argc) {
        (void)snprintf(text, cap, "--%s: needs a value", spec->name);
        return -EINVAL;
    }
    const char *value = argv[++*i];
    if (spec->kind == KIND_TEXT && value[0] == '-' && value[1] != '\0') {
        (void)snprintf(text, cap,
                       "--%s: needs a value, and '%.60s' is none "
                       "(but --%s=%.60s)",
                       spec->name, value, spec->name, value);
        return -EINVAL;
    }
    return set(o, spec, value, text, cap);
}

static int take_topic(struct options *o, const char *word, char *text,
                      size_t cap)
{
    for (int i = 0; i < N_TOPICS; i++) {
        if (strcmp(word, topic_names[i]) == 0) {
            o->topics[i] = true;
            return 0;
        }
    }
    (void)snprintf(text, cap,
                   "unknown topic '%.60s': io, cpu, both, hold, sweep, busy, "
                   "primes, search, lock or count",
                   word);
    return -EINVAL;
}

/* What does nothing together is refused. */
static int check_together(const struct options *o, char *text, size_t cap)
{
    if (o->is_online && o->site != NULL) {
        (void)snprintf(text, cap, "--site does nothing with --online");
        return -EINVAL;
    }
    if (o->json != NULL && o->csv != NULL && strcmp(o->json, "-") == 0 &&
        strcmp(o->csv, "-") == 0) {
        (void)snprintf(text, cap, "--json - and --csv -: only one of them");
        return -EINVAL;
    }
    return 0;
}

int options_parse(struct options *out, int argc, char *const *argv, char *text,
                  size_t cap)
{
    struct options o = {
        .n_rounds = 3, .n_threads = 5, .sweep_max = 16, .latency_ms = 50};
    bool has_topic = false;
    int err = 0;

    for (int i = 1; err == 0 && i < argc; i++) {
        if (argv[i][0] == '-' && argv[i][1] != '\0') {
            err = take_option(&o, argc, argv, &i, text, cap);
        } else {
            has_topic = true;
            err = take_topic(&o, argv[i], text, cap);
        }
    }
    for (int i = 0; !has_topic && i < N_TOPICS; i++) {
        o.topics[i] = true;
    }
    if (o.scale == 0) {
        o.scale = o.has_python ? 1 : 20;
    }
    if (err == 0) {
        err = check_together(&o, text, cap);
    }
    if (err == 0) {
        *out = o;
    }
    return err;
}

const char *options_topic(enum topic topic)
{
    return topic_names[topic];
}

const char *options_get_help(void)
{
    return help;
}
