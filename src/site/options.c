/* SPDX-License-Identifier: MIT */
#include "site/options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "site/number.h"

#define MAX_LATENCY_MS 3600000

/* A parse in progress: what it fills, and where a complaint goes. */
struct parse {
    struct adl_site_options *options;
    const char *name;
    char *text;
    size_t cap;
};

struct option {
    const char *name;
    bool takes_value;
    int (*set)(struct parse *p, const char *value);
};

static const char help[] =
    "usage: asyncdl-site [OPTION]...\n"
    "Serves pages and faults over HTTP and HTTPS, for demos and tests.\n"
    "When it is ready it prints the lines \"http PORT\" and \"https PORT\".\n"
    "\n"
    "  --port N             HTTP port (default 0: one that is free)\n"
    "  --tls-port N         HTTPS port (default 0: one that is free)\n"
    "  --bind ADDRESS       listen there (default 127.0.0.1)\n"
    "  --latency MS         wait before each answer (default 50)\n"
    "  --cert-dir DIR       write the CA certificate to DIR/ca.pem\n"
    "  --host NAME          a name or address more for the certificate; may\n"
    "                       be repeated, may begin with \"*.\"\n"
    "  --make-certs DIR     write ca.pem, cert.pem and key.pem to DIR for\n"
    "                       another server, and exit\n"
    "  --exit-with-parent   end when the process that started it ends\n"
    "  --help               print this\n";

static int complain(const struct parse *p, const char *value,
                    const char *allowed)
{
    (void)snprintf(p->text, p->cap, "--%s: bad value '%.60s': %s", p->name,
                   value, allowed); /* cut when too long */
    return -EINVAL;
}

static int set_number(const struct parse *p, const char *value, uint64_t max,
                      uint64_t *out)
{
    if (adl_number_parse(out, value, max) == 0) {
        return 0;
    }
    char allowed[64];

    (void)snprintf(allowed, sizeof(allowed), "a number from 0 to %" PRIu64,
                   max); /* always fits */
    return complain(p, value, allowed);
}

static int set_port(struct parse *p, const char *value)
{
    uint64_t n;
    int err = set_number(p, value, UINT16_MAX, &n);

    if (err == 0) {
        p->options->port = (uint16_t)n;
    }
    return err;
}

static int set_tls_port(struct parse *p, const char *value)
{
    uint64_t n;
    int err = set_number(p, value, UINT16_MAX, &n);

    if (err == 0) {
        p->options->tls_port = (uint16_t)n;
    }
    return err;
}

static int set_latency(struct parse *p, const char *value)
{
    uint64_t n;
    int err = set_number(p, value, MAX_LATENCY_MS, &n);

    if (err == 0) {
        p->options->latency_ms = (uint32_t)n;
    }
    return err;
}

static bool is_address(const char *text)
{
    struct in6_addr addr; /* room for both families */

    return inet_pton(AF_INET, text, &addr) == 1 ||
           inet_pton(AF_INET6, text, &addr) == 1;
}

static int set_bind(struct parse *p, const char *value)
{
    if (!is_address(value)) {
        return complain(p, value, "an IPv4 or IPv6 address");
    }
    p->options->bind = value;
    return 0;
}

static int set_cert_dir(struct parse *p, const char *value)
{
    if (value[0] == '\0') {
        return complain(p, value, "a folder");
    }
    p->options->cert_dir = value;
    return 0;
}

static int set_make_certs(struct parse *p, const char *value)
{
    if (value[0] == '\0') {
        return complain(p, value, "a folder");
    }
    p->options->make_certs_dir = value;
    return 0;
}

static bool is_host_name(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    const char *name = strncmp(text, "*.", 2) == 0 ? text + 2 : text;
    size_t len = strlen(name);

    return len > 0 && len <= 253 && strspn(name, letters) == len;
}

static int add_host(struct parse *p, const char *value)
{
    struct adl_site_options *o = p->options;

    if (!is_address(value) && !is_host_name(value)) {
        return complain(p, value, "a host name or an address");
    }
    const char **hosts = realloc(o->hosts, (o->n_hosts + 1) * sizeof(*hosts));
    if (hosts == NULL) {
        return -ENOMEM;
    }
    o->hosts = hosts;
    o->hosts[o->n_hosts++] = value;
    return 0;
}

static int set_exits_with_parent(struct parse *p, const char *value)
{
    (void)value; /* takes none */
    p->options->exits_with_parent = true;
    return 0;
}

static int set_wants_help(struct parse *p, const char *value)
{
    (void)value; /* takes none */
    p->options->wants_help = true;
    return 0;
}

static const struct option options[] = {
    {"port", true, set_port},
    {"tls-port", true, set_tls_port},
    {"bind", true, set_bind},
    {"latency", true, set_latency},
    {"cert-dir", true, set_cert_dir},
    {"host", true, add_host},
    {"make-certs", true, set_make_certs},
    {"exit-with-parent", false, set_exits_with_parent},
    {"help", false, set_wants_help},
};

static const struct option *find_option(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (strlen(options[i].name) == len &&
            memcmp(options[i].name, name, len) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

/* Take one option at argv[*i], and its value, and move *i to the last taken. */
static int take_option(struct parse *p, int argc, char *const *argv, int *i)
{
    const char *arg = argv[*i];

    if (strncmp(arg, "--", 2) != 0) {
        (void)snprintf(p->text, p->cap, "unexpected argument '%.60s'", arg);
        return -EINVAL;
    }
    const char *equals = strchr(arg, '=');
    size_t len = equals != NULL ? (size_t)(equals - arg) : strlen(arg);
    const struct option *option = find_option(arg + 2, len - 2);
    const char *value = equals != NULL ? equals + 1 : NULL;

    if (option == NULL) {
        (void)snprintf(p->text, p->cap, "unknown option '%.60s'", arg);
        return -EINVAL;
    }
    if (option->takes_value && value == NULL && *i + 1 < argc) {
        *i += 1;
        value = argv[*i];
    }
    if (option->takes_value != (value != NULL)) {
        (void)snprintf(p->text, p->cap, "--%s: %s", option->name,
                       option->takes_value ? "needs a value"
                                           : "takes no value");
        return -EINVAL;
    }
    p->name = option->name;
    return option->set(p, value);
}

int adl_site_options_parse(struct adl_site_options *out, int argc,
                           char *const *argv, char *text, size_t cap)
{
    struct adl_site_options parsed = {.bind = "127.0.0.1", .latency_ms = 50};
    struct parse p = {.options = &parsed, .text = text, .cap = cap};

    for (int i = 1; i < argc; i++) {
        int err = take_option(&p, argc, argv, &i);

        if (err < 0) {
            adl_site_options_finish(&parsed);
            return err;
        }
    }
    *out = parsed;
    return 0;
}

void adl_site_options_finish(struct adl_site_options *site_options)
{
    free(site_options->hosts);
    site_options->hosts = NULL;
    site_options->n_hosts = 0;
}

const char *adl_site_options_get_help(void)
{
    return help;
}
