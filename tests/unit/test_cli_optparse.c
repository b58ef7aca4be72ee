/* SPDX-License-Identifier: MIT */
#include "cli/optparse.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "support/suite.h"

#define MAX_WORDS 8

/* What a command line came to; options and text are to be finished. */
struct parsed {
    struct adl_options options;
    struct adl_buf error;
    int err;
};

static struct parsed parse(const char *const *words)
{
    const char *argv[MAX_WORDS + 1] = {"asyncdl"};
    struct parsed p = {.error = {0}};
    int argc = 1;

    for (; words[argc - 1] != NULL; argc++) {
        argv[argc] = words[argc - 1];
    }
    adl_options_init(&p.options);
    p.err = adl_optparse(&p.options, argc, argv, &p.error);
    return p;
}

static void finish(struct parsed *p)
{
    adl_options_finish(&p->options);
    adl_buf_finish(&p->error);
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

enum field_type {
    IS_U32,
    IS_I32,
    IS_U64,
    IS_BOOL,
    IS_UNSIGNED,
    IS_STRING,
    IS_FIRST, /* of a struct adl_strlist */
};

/* Every option with what it makes of its field. */
struct reach_case {
    const char *words[3];
    enum field_type type;
    size_t offset;
    int64_t number;
    const char *string;
};

#define FIELD(name)  offsetof(struct adl_options, name)
#define CLIENT(name) offsetof(struct adl_options, client.name)
#define HTTP(name)   offsetof(struct adl_options, client.http.name)

static const struct reach_case reach_cases[] = {
    {{"--strict"}, IS_BOOL, FIELD(is_strict), 1, NULL},
    {{"--dups", "once"}, IS_UNSIGNED, FIELD(dups), ADL_DUPS_ONCE, NULL},
    {{"--dups", "keep"}, IS_UNSIGNED, FIELD(dups), ADL_DUPS_KEEP, NULL},
    {{"--failed", "x"}, IS_STRING, FIELD(failed), 0, "x"},
    {{"--dir", "x"}, IS_STRING, CLIENT(dir), 0, "x"},
    {{"-dx"}, IS_STRING, CLIENT(dir), 0, "x"},
    {{"--output={index}"}, IS_STRING, CLIENT(name_template), 0, "{index}"},
    {{"-o", "a"}, IS_STRING, CLIENT(name_template), 0, "a"},
    {{"-J"},
     IS_UNSIGNED,
     CLIENT(flags),
     ASYNCDL_CLIENT_REMOTE_TIME | ASYNCDL_CLIENT_CONTENT_DISPOSITION,
     NULL},
    {{"--overwrite"}, IS_BOOL, FIELD(is_overwriting), 1, NULL},
    {{"-R"}, IS_UNSIGNED, CLIENT(flags), ASYNCDL_CLIENT_REMOTE_TIME, NULL},
    {{"--no-remote-time"}, IS_UNSIGNED, CLIENT(flags), 0, NULL},
    {{"--no-remote-time", "--remote-time"},
     IS_UNSIGNED,
     CLIENT(flags),
     ASYNCDL_CLIENT_REMOTE_TIME,
     NULL},
    {{"--discard"}, IS_BOOL, FIELD(is_discarding), 1, NULL},
    {{"--fsync", "none"}, IS_UNSIGNED, FIELD(fsync), ASYNCDL_FSYNC_NONE, NULL},
    {{"--fsync=file"}, IS_UNSIGNED, FIELD(fsync), ASYNCDL_FSYNC_FILE, NULL},
    {{"--journal"}, IS_BOOL, FIELD(keeps_journal), 1, NULL},
    {{"--no-journal"}, IS_BOOL, FIELD(keeps_journal), 0, NULL},
    {{"--restart"}, IS_BOOL, FIELD(restarts), 1, NULL},
    {{"-n"}, IS_BOOL, FIELD(is_dry), 1, NULL},
    {{"--dry-run"}, IS_BOOL, FIELD(is_dry), 1, NULL},
    {{"--verify"},
     IS_UNSIGNED,
     CLIENT(flags),
     ASYNCDL_CLIENT_REMOTE_TIME | ASYNCDL_CLIENT_VERIFY,
     NULL},
    {{"-j8"}, IS_U32, CLIENT(max_active), 8, NULL},
    {{"-j", "8"}, IS_U32, CLIENT(max_active), 8, NULL},
    {{"--jobs=8"}, IS_U32, CLIENT(max_active), 8, NULL},
    {{"--jobs", "8"}, IS_U32, CLIENT(max_active), 8, NULL},
    {{"-j7", "-j9"}, IS_U32, CLIENT(max_active), 9, NULL},
    {{"--per-host", "3"}, IS_U32, CLIENT(max_per_host), 3, NULL},
    {{"--per-host=3", "--per-host=auto"},
     IS_U32,
     CLIENT(max_per_host),
     0,
     NULL},
    {{"--limit-rate", "500K"}, IS_U64, CLIENT(rate_bps), 512000, NULL},
    {{"--host-rate", "5/m"}, IS_U32, CLIENT(host_rate_n), 5, NULL},
    {{"--host-rate", "5/m"}, IS_U32, CLIENT(host_rate_ms), 60000, NULL},
    {{"--retry", "7"}, IS_I32, CLIENT(n_retries), 7, NULL},
    {{"--retry", "0"}, IS_I32, CLIENT(n_retries), ASYNCDL_NONE, NULL},
    {{"--retry-delay", "1.5"}, IS_U32, CLIENT(retry_delay_ms), 1500, NULL},
    {{"--retry-max-time", "2m"}, IS_U64, CLIENT(retry_max_ms), 120000, NULL},
    {{"--retry-max-time", "0"},
     IS_U64,
     CLIENT(retry_max_ms),
     INT64_C(31536000000),
     NULL},
    {{"--connect-timeout", "500ms"},
     IS_U64,
     CLIENT(connect_timeout_ms),
     500,
     NULL},
    {{"--stall-timeout", "5"}, IS_U64, CLIENT(stall_timeout_ms), 5000, NULL},
    {{"-m", "1h"}, IS_U64, CLIENT(max_time_ms), 3600000, NULL},
    {{"--max-time", "0"}, IS_U64, CLIENT(max_time_ms), 0, NULL},
    {{"--max-filesize", "1M"}, IS_U64, CLIENT(max_size_bytes), 1048576, NULL},
    {{"--max-redirs", "5"}, IS_I32, CLIENT(max_redirects), 5, NULL},
    {{"--max-redirs", "0"}, IS_I32, CLIENT(max_redirects), ASYNCDL_NONE, NULL},
    {{"--manifest", "sums"}, IS_STRING, FIELD(manifest), 0, "sums"},
    {{"--trace", "t"}, IS_STRING, FIELD(charts[ADL_CHART_TRACE]), 0, "t"},
    {{"--timeline", "t"}, IS_STRING, FIELD(charts[ADL_CHART_TIMELINE]), 0, "t"},
    {{"--report", "r"}, IS_STRING, FIELD(charts[ADL_CHART_REPORT]), 0, "r"},
    {{"--proto", "=https"}, IS_STRING, HTTP(protocols), 0, "https"},
    {{"--proto", "-http"}, IS_STRING, HTTP(protocols), 0, "https"},
    {{"--proto", "-HTTPS"}, IS_STRING, HTTP(protocols), 0, "http"},
    {{"--proto", "+https,http"}, IS_STRING, HTTP(protocols), 0, "https,http"},
    {{"--proto", "-all,https"}, IS_STRING, HTTP(protocols), 0, "https"},
    {{"-H", "A: b"}, IS_FIRST, FIELD(headers), 0, "A: b"},
    {{"--header=A;"}, IS_FIRST, FIELD(headers), 0, "A;"},
    {{"-A", "me"}, IS_STRING, HTTP(user_agent), 0, "me"},
    {{"--user-agent="}, IS_STRING, HTTP(user_agent), 0, ""},
    {{"-e", "http://r"}, IS_STRING, HTTP(referer), 0, "http://r"},
    {{"-b", "a=b"}, IS_STRING, HTTP(cookie), 0, "a=b"},
    {{"-b", "jar.txt"}, IS_STRING, HTTP(cookie_file), 0, "jar.txt"},
    {{"-c", "jar"}, IS_STRING, HTTP(cookie_jar), 0, "jar"},
    {{"-u", "a:b"}, IS_STRING, HTTP(user_password), 0, "a:b"},
    {{"--netrc"},
     IS_UNSIGNED,
     CLIENT(flags),
     ASYNCDL_CLIENT_REMOTE_TIME | ASYNCDL_CLIENT_NETRC,
     NULL},
    {{"--netrc-file", "n"}, IS_STRING, HTTP(netrc_file), 0, "n"},
    {{"--netrc-file", "n"},
     IS_UNSIGNED,
     CLIENT(flags),
     ASYNCDL_CLIENT_REMOTE_TIME | ASYNCDL_CLIENT_NETRC,
     NULL},
    {{"--oauth2-bearer", "t"}, IS_STRING, HTTP(bearer), 0, "t"},
    {{"-x", "http://p"}, IS_STRING, HTTP(proxy), 0, "http://p"},
    {{"--noproxy", "*"}, IS_STRING, HTTP(no_proxy), 0, "*"},
    {{"-k"},
     IS_UNSIGNED,
     CLIENT(flags),
     ASYNCDL_CLIENT_REMOTE_TIME | ASYNCDL_CLIENT_INSECURE,
     NULL},
    {{"--cacert", "c"}, IS_STRING, HTTP(ca_file), 0, "c"},
    {{"--capath", "c"}, IS_STRING, HTTP(ca_path), 0, "c"},
    {{"--cert", "/dev/null"}, IS_STRING, HTTP(cert_file), 0, "/dev/null"},
    {{"-E", "/dev/null:a:b"}, IS_STRING, HTTP(key_password), 0, "a:b"},
    {{"--key", "k"}, IS_STRING, HTTP(key_file), 0, "k"},
    {{"--pinnedpubkey", "p"}, IS_STRING, HTTP(pinned_key), 0, "p"},
    {{"--tlsv1.2"}, IS_UNSIGNED, FIELD(tls_min), ASYNCDL_TLS_1_2, NULL},
    {{"--tlsv1.3"}, IS_UNSIGNED, FIELD(tls_min), ASYNCDL_TLS_1_3, NULL},
    {{"--http1.1"}, IS_UNSIGNED, FIELD(http_version), ASYNCDL_HTTP_1_1, NULL},
    {{"--http2"}, IS_UNSIGNED, FIELD(http_version), ASYNCDL_HTTP_2, NULL},
    {{"--http3"}, IS_UNSIGNED, FIELD(http_version), ASYNCDL_HTTP_3, NULL},
    {{"-4"}, IS_UNSIGNED, FIELD(ip_version), ASYNCDL_IP_V4, NULL},
    {{"-6"}, IS_UNSIGNED, FIELD(ip_version), ASYNCDL_IP_V6, NULL},
    {{"--resolve", "h:1:a"}, IS_FIRST, FIELD(resolve), 0, "h:1:a"},
    {{"--connect-to", "::h:1"}, IS_FIRST, FIELD(connect_to), 0, "::h:1"},
    {{"--dns-servers", "::1"}, IS_STRING, HTTP(dns_servers), 0, "::1"},
    {{"--interface", "lo"}, IS_STRING, HTTP(interface_name), 0, "lo"},
    {{"--compressed"},
     IS_UNSIGNED,
     CLIENT(flags),
     ASYNCDL_CLIENT_REMOTE_TIME | ASYNCDL_CLIENT_COMPRESSED,
     NULL},
    {{"--compressed", "--no-compressed"},
     IS_UNSIGNED,
     CLIENT(flags),
     ASYNCDL_CLIENT_REMOTE_TIME,
     NULL},
    {{"--unix-socket", "/s"}, IS_STRING, HTTP(unix_socket), 0, "/s"},
    {{"-q"}, IS_BOOL, FIELD(is_quiet), 1, NULL},
    {{"-v"}, IS_BOOL, FIELD(is_verbose), 1, NULL},
    {{"-kv"}, IS_BOOL, FIELD(is_verbose), 1, NULL},
    {{"-qj3"}, IS_U32, CLIENT(max_active), 3, NULL},
    {{"-qj", "3"}, IS_U32, CLIENT(max_active), 3, NULL},
    {{"--json"}, IS_BOOL, FIELD(wants_json), 1, NULL},
    {{"--progress", "bar"},
     IS_UNSIGNED,
     FIELD(progress),
     ADL_PROGRESS_BAR,
     NULL},
    {{"--progress", "none"},
     IS_UNSIGNED,
     FIELD(progress),
     ADL_PROGRESS_NONE,
     NULL},
    {{"--progress", "plain"},
     IS_UNSIGNED,
     FIELD(progress),
     ADL_PROGRESS_PLAIN,
     NULL},
    {{"--color=never"}, IS_UNSIGNED, FIELD(color), ADL_COLOR_NEVER, NULL},
    {{"--status", "d"}, IS_STRING, FIELD(status), 0, "d"},
    {{"-h"}, IS_BOOL, FIELD(wants_help), 1, NULL},
    {{"--version"}, IS_BOOL, FIELD(wants_version), 1, NULL},
};

static int64_t get_number(const struct reach_case *c, const void *field)
{
    switch (c->type) {
    case IS_U32:
        return *(const uint32_t *)field;
    case IS_I32:
        return *(const int32_t *)field;
    case IS_U64:
        return (int64_t) * (const uint64_t *)field;
    case IS_BOOL:
        return *(const bool *)field;
    case IS_UNSIGNED:
        return *(const unsigned *)field;
    default:
        return 0;
    }
}

static const char *get_string(const struct reach_case *c, const void *field)
{
    if (c->type == IS_STRING) {
        return *(const char *const *)field;
    }
    return c->type == IS_FIRST ? ((const struct adl_strlist *)field)->items[0]
                               : NULL;
}

static void test_each_option_reaches_its_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(reach_cases) / sizeof(reach_cases[0]); i++) {
        const struct reach_case *c = &reach_cases[i];
        struct parsed p = parse(c->words);
        const void *field = (const char *)&p.options + c->offset;

        if (p.err != 0) {
            fail_msg("%s: %s", c->words[0], adl_buf_str(&p.error));
        }
        const char *string = get_string(c, field);
        if (c->string != NULL ? string == NULL || strcmp(string, c->string) != 0
                              : get_number(c, field) != c->number) {
            fail_msg("%s: %s, %lld", c->words[0], string != NULL ? string : "-",
                     (long long)get_number(c, field));
        }
        assert_int_equal(p.options.operands.n, 0);
        finish(&p);
    }
}

static bool has_case(const struct adl_option *o)
{
    const char letter[] = {'-', o->letter, '\0'};
    size_t len = strlen(o->name);

    for (size_t i = 0; i < sizeof(reach_cases) / sizeof(reach_cases[0]); i++) {
        const char *word = reach_cases[i].words[0];
        bool is_long = strncmp(word, "--", 2) == 0 &&
                       strncmp(word + 2, o->name, len) == 0 &&
                       (word[2 + len] == '=' || word[2 + len] == '\0');

        if (is_long || strcmp(word, letter) == 0) {
            return true;
        }
    }
    return o->kind == ADL_OPTION_CONFIG; /* has tests of its own */
}

static void test_no_option_is_without_a_case_above(void **state)
{
    (void)state;
    for (const struct adl_option *o = adl_option_table; o->name != NULL; o++) {
        if (!has_case(o)) {
            fail_msg("--%s is not tested", o->name);
        }
    }
}

static void test_names_and_letters_are_unique(void **state)
{
    (void)state;
    for (const struct adl_option *a = adl_option_table; a->name != NULL; a++) {
        for (const struct adl_option *b = a + 1; b->name != NULL; b++) {
            assert_string_not_equal(a->name, b->name);
            assert_true(a->letter == '\0' || a->letter != b->letter);
        }
    }
}

#define SPOKEN                                                           \
    "must be http and https parted by commas, such as =https or -http, " \
    "that leave at least one; no other schemes are spoken"

static void test_errors_name_option_value_and_what_is_allowed(void **state)
{
    static const struct {
        const char *words[3];
        const char *error;
    } cases[] = {
        {{"--jobs", "0"}, "--jobs 0: must be a whole number from 1 to 65535"},
        {{"-jx"}, "--jobs x: must be a whole number from 1 to 65535"},
        {{"--retry=-1"}, "--retry -1: must be a whole number from 0 to 1000"},
        {{"--per-host", "0"},
         "--per-host 0: must be auto or a whole number from 1 to 65535"},
        {{"--limit-rate", "fast"},
         "--limit-rate fast: must be a size such as 1000, 500K, 1.5M or 2G, at "
         "most 8388607T"},
        {{"--host-rate", "5"},
         "--host-rate 5: must be a rate such as 10/s, 5/m or 100/h, at least "
         "1"},
        {{"--stall-timeout", "0"},
         "--stall-timeout 0: must be a time such as 30, 1.5, 500ms, 2m or 1h, "
         "from 1ms to 8760h"},
        {{"--retry-delay", "25h"},
         "--retry-delay 25h: must be a time such as 30, 1.5, 500ms, 2m or 1h, "
         "from 0ms to 24h"},
        {{"--dups", "drop"}, "--dups drop: must be keep or once"},
        {{"-d", ""}, "--dir : must be a folder"},
        {{"--color", ""}, "--color : must be auto or always or never"},
        {{"--proto", "=all"}, "--proto =all: " SPOKEN},
        {{"--proto", "+gopher"}, "--proto +gopher: " SPOKEN},
        {{"--proto", "https,=ftp"}, "--proto https,=ftp: " SPOKEN},
        {{"--proto", "-file"}, "--proto -file: " SPOKEN},
        {{"--proto", "-all,file"}, "--proto -all,file: " SPOKEN},
        {{"--proto", ""}, "--proto : " SPOKEN},
        {{"--proto", "-http,-https"}, "--proto -http,-https: " SPOKEN},
        {{"-H", "secret"},
         "--header: must be \"Name: value\", \"Name:\" or \"Name;\" in one "
         "line"},
        {{"-H", "A: b\r\nEvil: c"},
         "--header: must be \"Name: value\", \"Name:\" or \"Name;\" in one "
         "line"},
        {{"-H", "@/does/not/exist"},
         "--header @/does/not/exist: cannot read it: No such file or "
         "directory"},
        {{"--jobs"}, "needs a value: --jobs"},
        {{"-j"}, "needs a value: -j"},
        {{"--strict=yes"}, "takes no value: --strict"},
        {{"--job", "8"}, "unknown option --job: did you mean --jobs?"},
        {{"--overwite"},
         "unknown option --overwite: did you mean "
         "--overwrite?"},
        {{"--out=x"}, "unknown option --out: did you mean --output?"},
        {{"--no-jobs"}, "unknown option --no-jobs"},
        {{"--nothing-like-it"}, "unknown option --nothing-like-it"},
        {{"-Z"}, "unknown option -Z"},
        {{"-qZ"}, "unknown option -Z"},
        {{"--jsonl"}, "unknown option --jsonl: did you mean --json?"},
        {{"--progress", "dots"},
         "--progress dots: must be auto or bar or plain or none"},
        {{"-K", "/does/not/exist"},
         "--config /does/not/exist: cannot read it: No such file or "
         "directory"},
        {{"-K", "/"}, "--config /: cannot read it: Is a directory"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct parsed p = parse(cases[i].words);

        assert_true(p.err < 0);
        if (strcmp(adl_buf_str(&p.error), cases[i].error) != 0 &&
            /* a suggestion more is fine where the case has none */
            (strncmp(adl_buf_str(&p.error), cases[i].error,
                     strlen(cases[i].error)) != 0 ||
             strncmp(cases[i].error, "unknown", 7) != 0)) {
            fail_msg("%s: %s", cases[i].words[0], adl_buf_str(&p.error));
        }
        finish(&p);
    }
}

static void test_operands_keep_their_order_around_options(void **state)
{
    struct parsed p = PARSE("a", "-q", "-", "-j", "3", "--", "-b");

    (void)state;
    assert_int_equal(p.err, 0);
    assert_int_equal(p.options.operands.n, 3);
    assert_string_equal(p.options.operands.items[0], "a");
    assert_string_equal(p.options.operands.items[1], "-");
    assert_string_equal(p.options.operands.items[2], "-b");
    finish(&p);
}

static void test_headers_add_up_and_reach_the_client(void **state)
{
    struct asyncdl_client_options client;
    struct parsed p = PARSE("-H", "A: 1", "-HB: 2", "--http1.1", "-4");

    (void)state;
    assert_int_equal(p.err, 0);
    adl_options_get_client(&client, &p.options);
    assert_string_equal(client.http.headers[0], "A: 1");
    assert_string_equal(client.http.headers[1], "B: 2");
    assert_null(client.http.headers[2]);
    assert_null(client.http.resolve);
    assert_int_equal(client.http.version, ASYNCDL_HTTP_1_1);
    assert_int_equal(client.http.ip_version, ASYNCDL_IP_V4);
    finish(&p);
}

/* A file that holds text; its name is in path. */
static void make_file(char *path, const char *text)
{
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
    assert_int_equal(close(fd), 0);
}

static void test_headers_are_read_from_a_file(void **state)
{
    char path[] = "/tmp/asyncdl-test-XXXXXX";
    char arg[64];

    (void)state;
    make_file(path, "A: 1\r\n\nB: 2");
    (void)snprintf(arg, sizeof(arg), "@%s", path);
    struct parsed p = PARSE("-H", arg);
    assert_int_equal(unlink(path), 0);

    assert_int_equal(p.err, 0);
    assert_int_equal(p.options.headers.n, 2);
    assert_string_equal(p.options.headers.items[0], "A: 1");
    assert_string_equal(p.options.headers.items[1], "B: 2");
    finish(&p);
}

static void test_config_files_are_read_in_their_place(void **state)
{
    char path[] = "/tmp/asyncdl-test-XXXXXX";

    (void)state;
    make_file(path, "# mine\njobs = 8\n--retry 2\nheader: \"A: b c\"\n"
                    "compressed\nno-remote-time\n-o x\n");
    struct parsed p = PARSE("--retry=1", "-K", path, "--jobs=9", "list");
    assert_int_equal(unlink(path), 0);

    assert_int_equal(p.err, 0);
    assert_int_equal(p.options.client.max_active, 9);
    assert_int_equal(p.options.client.n_retries, 2);
    assert_string_equal(p.options.headers.items[0], "A: b c");
    assert_int_equal(p.options.client.flags, ASYNCDL_CLIENT_COMPRESSED);
    assert_string_equal(p.options.client.name_template, "x");
    assert_int_equal(p.options.operands.n, 1);
    finish(&p);
}

static void test_config_errors_say_where_they_are(void **state)
{
    static const struct {
        const char *text;
        const char *error;
    } cases[] = {
        {"# x\njobs = none\n", ":2: --jobs none: must be a whole number from "
                               "1 to 65535"},
        {"compressed = yes\n", ":1: takes no value: compressed"},
        {"\n\njobs\n", ":3: needs a value: jobs"},
        {"--jobz 1\n", ":1: unknown option --jobz: did you mean --jobs?"},
        {"-Z\n", ":1: unknown option -Z: see --jobs"},
        {"dir = \"x\n", ":1: a quote without an end, or more than a value"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[] = "/tmp/asyncdl-test-XXXXXX";

        make_file(path, cases[i].text);
        struct parsed p = PARSE("-K", path);
        assert_int_equal(unlink(path), 0);
        assert_true(p.err < 0);
        assert_memory_equal(adl_buf_str(&p.error), path, strlen(path));
        assert_string_equal(p.error.data + strlen(path), cases[i].error);
        finish(&p);
    }
}

static void test_a_config_file_that_names_itself_comes_to_an_end(void **state)
{
    char path[] = "/tmp/asyncdl-test-XXXXXX";
    char text[64];

    (void)state;
    make_file(path, "");
    (void)snprintf(text, sizeof(text), "config = %s\n", path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    struct parsed p = PARSE("-K", path);
    assert_int_equal(unlink(path), 0);

    assert_int_equal(p.err, -ELOOP);
    finish(&p);
}

static void test_defaults_are_the_library_s_but_for_the_folder(void **state)
{
    const struct asyncdl_client_options plain = {
        .struct_size = sizeof(plain),
        .flags = ASYNCDL_CLIENT_REMOTE_TIME | ASYNCDL_CLIENT_ALONE,
        .journal = ASYNCDL_JOURNAL_KEEP,
        .fsync = ASYNCDL_FSYNC_BATCH,
    };
    struct asyncdl_client_options client;
    struct parsed p = PARSE("list");

    (void)state;
    assert_int_equal(p.err, 0);
    adl_options_get_client(&client, &p.options);
    assert_memory_equal(&client, &plain, sizeof(plain));
    finish(&p);
}

static void test_who_saves_files_has_the_folder_alone(void **state)
{
    static const struct {
        const char *option;
        unsigned flags; /* of those that decide over it */
    } cases[] = {
        {"--journal", ASYNCDL_CLIENT_ALONE},
        {"--no-journal", ASYNCDL_CLIENT_ALONE},
        {"--restart", ASYNCDL_CLIENT_ALONE},
        {"--dry-run", ASYNCDL_CLIENT_ALONE | ASYNCDL_CLIENT_PLAN},
        {"--discard", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const unsigned mask = ASYNCDL_CLIENT_ALONE | ASYNCDL_CLIENT_PLAN;
        struct asyncdl_client_options client;
        struct parsed p = PARSE(cases[i].option);

        assert_int_equal(p.err, 0);
        adl_options_get_client(&client, &p.options);
        assert_int_equal(client.flags & mask, cases[i].flags);
        finish(&p);
    }
}

TEST_SUITE(cli_optparse)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_option_reaches_its_field),
        cmocka_unit_test(test_no_option_is_without_a_case_above),
        cmocka_unit_test(test_names_and_letters_are_unique),
        cmocka_unit_test(test_errors_name_option_value_and_what_is_allowed),
        cmocka_unit_test(test_operands_keep_their_order_around_options),
        cmocka_unit_test(test_headers_add_up_and_reach_the_client),
        cmocka_unit_test(test_headers_are_read_from_a_file),
        cmocka_unit_test(test_config_files_are_read_in_their_place),
        cmocka_unit_test(test_config_errors_say_where_they_are),
        cmocka_unit_test(test_a_config_file_that_names_itself_comes_to_an_end),
        cmocka_unit_test(test_defaults_are_the_library_s_but_for_the_folder),
        cmocka_unit_test(test_who_saves_files_has_the_folder_alone),
    };

    return cmocka_run_group_tests_name("optparse", tests, NULL, NULL);
}
