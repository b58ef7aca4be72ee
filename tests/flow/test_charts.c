/* SPDX-License-Identifier: MIT */
/* --trace, --timeline and --report: whole, harmless, and without secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "support/download.h"
#include "support/suite.h"

#define LIST                                                              \
    "http://s3cretuser:s3cret@@SITE@/bytes/10?token=s3cret&x=</script>\n" \
    "http://@SITE@/redirect/302?to=/bytes/9\n"                            \
    "http://@SITE@/status/404?sig=s3cret\n"                               \
    "http://@REFUSES@/x\n"

#define OPTIONS                                             \
    "-o {index} --retry 1 --trace t.json --timeline t.svg " \
    "--report r.html"

static struct download_servers *servers;

static void begin(struct download *d, const char *options, int status)
{
    download_init(d, servers);
    download_run(d, LIST, options, status);
}

/* Spans of a kind in a trace. */
static size_t count_spans(json_t *events, const char *name)
{
    size_t n = 0;
    size_t i = 0;
    json_t *event = NULL;

    json_array_foreach(events, i, event)
    {
        const char *found = json_string_value(json_object_get(event, "name"));

        if (strcmp(json_string_value(json_object_get(event, "ph")), "X") == 0) {
            assert_true(json_number_value(json_object_get(event, "ts")) >= 0);
            assert_true(json_number_value(json_object_get(event, "dur")) > 0);
            n += strcmp(found, name) == 0;
        }
    }
    return n;
}

static void test_the_trace_is_json_of_what_happened(void **state)
{
    struct download d;
    json_error_t error;

    (void)state;
    begin(&d, OPTIONS, 3);
    json_t *trace = json_loads(cmd_read(&d.cmd, "t.json"), 0, &error);
    assert_non_null(trace);
    json_t *events = json_object_get(trace, "traceEvents");
    json_t *other = json_object_get(trace, "otherData");
    assert_int_equal(json_integer_value(json_object_get(other, "rows")), 5);
    assert_in_range(count_spans(events, "queue"), 4, 9);
    assert_in_range(count_spans(events, "waiting"), 4, 5);
    assert_in_range(count_spans(events, "connect"), 2, 9);
    assert_true(count_spans(events, "retry") >= 1);
    assert_true(count_spans(events, "compute") > 0);
    json_decref(trace);
    download_finish(&d);
}

static void run_python(struct download *d, const char *code)
{
    const char *const argv[] = {"python3", "-c", code, NULL};
    const struct proc_options options = {.argv = argv, .dir = d->cmd.dir.path};
    struct proc_result result;

    assert_int_equal(proc_run(&result, &options), 0);
    if (result.status != 0) {
        fail_msg("%s", adl_buf_str(&result.err));
    }
    proc_result_finish(&result);
}

static void test_pictures_and_pages_are_well_formed(void **state)
{
    static const char code[] =
        "import html.parser, re, xml.etree.ElementTree as E\n"
        "E.parse('t.svg')\n"
        "page = open('r.html', encoding='utf-8').read()\n"
        "for svg in re.findall('<svg.*?</svg>', page, re.S):\n"
        "    E.fromstring(svg)\n"
        "class P(html.parser.HTMLParser):\n"
        "    open, tags = [], []\n"
        "    def handle_starttag(self, tag, attrs):\n"
        "        self.tags.append(tag)\n"
        "        for name, value in attrs:\n"
        "            assert not name.startswith('on'), name\n"
        "            if name in ('src', 'href'):\n"
        "                assert value == 'data:,', value\n"
        "        if tag not in ('meta', 'link'): self.open.append(tag)\n"
        "    def handle_startendtag(self, tag, attrs): pass\n"
        "    def handle_endtag(self, tag):\n"
        "        assert self.open.pop() == tag, tag\n"
        "p = P()\n"
        "p.feed(page)\n"
        "p.close()\n"
        "assert p.open == [], p.open\n"
        "assert p.tags.count('script') == 1\n"
        "assert p.tags.count('table') == 3, p.tags.count('table')\n"
        "assert 'url(http' not in page and '@import' not in page\n";
    struct download d;

    (void)state;
    begin(&d, OPTIONS, 3);
    run_python(&d, code);
    cmd_need_text(cmd_read(&d.cmd, "r.html"), "2 files in ");
    cmd_need_text(cmd_read(&d.cmd, "r.html"), "HTTP 404");
    cmd_need_text(cmd_read(&d.cmd, "r.html"), "the event loop waited ");
    download_finish(&d);
}

static void test_no_secret_is_drawn(void **state)
{
    static const char *const names[] = {"t.json", "t.svg", "r.html"};
    struct download d;

    (void)state;
    begin(&d, OPTIONS, 3);
    for (size_t i = 0; i < 3; i++) {
        cmd_need_no_text(cmd_read(&d.cmd, names[i]), "s3cret");
        cmd_need_text(cmd_read(&d.cmd, names[i]), "token=***");
    }
    download_finish(&d);
}

static void test_what_cannot_be_written_starts_nothing(void **state)
{
    struct download d;

    (void)state;
    begin(&d, "--report none/r.html", 2);
    download_need_err(&d, "cannot write --report none/r.html: ");
    assert_false(cmd_has(&d.cmd, "out/10"));
    download_finish(&d);
    begin(&d, "-n --report r.html", 0);
    assert_false(cmd_has(&d.cmd, "r.html"));
    download_finish(&d);
}

/* The page as Chromium has it when its script has run. */
static void test_a_browser_shows_it_without_an_error(void **state)
{
    const char *browser = "/usr/bin/chromium";
    struct download d;

    (void)state;
    if (access(browser, X_OK) != 0) {
        print_message("skipped: no chromium (install the package chromium)\n");
        skip();
    }
    begin(&d, OPTIONS, 3);
    const char *url = cmd_text(&d.cmd, "file://%s/r.html", d.cmd.dir.path);
    const char *profile =
        cmd_text(&d.cmd, "--user-data-dir=%s/profile", d.cmd.dir.path);
    const char *const argv[] = {browser,
                                "--headless",
                                "--no-sandbox",
                                "--disable-gpu",
                                "--disable-quic",
                                "--no-first-run",
                                "--disable-background-networking",
                                "--disable-component-update",
                                "--disable-sync",
                                profile,
                                "--enable-logging=stderr",
                                "--dump-dom",
                                url,
                                NULL};
    const struct proc_options options = {.argv = argv, .timeout_ms = 60000};
    struct proc_result result;

    assert_int_equal(proc_run(&result, &options), 0);
    assert_int_equal(result.status, 0);
    cmd_need_text(adl_buf_str(&result.out), "aria-label=\"Zoom in\"");
    cmd_need_text(adl_buf_str(&result.out), "role=\"application\"");
    cmd_need_no_text(adl_buf_str(&result.err), "CONSOLE");
    proc_result_finish(&result);
    download_finish(&d);
}

static int setup(void **state)
{
    int rc = download_group_setup(state);

    servers = *state;
    return rc;
}

TEST_SUITE(charts)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_trace_is_json_of_what_happened),
        cmocka_unit_test(test_pictures_and_pages_are_well_formed),
        cmocka_unit_test(test_no_secret_is_drawn),
        cmocka_unit_test(test_what_cannot_be_written_starts_nothing),
        cmocka_unit_test(test_a_browser_shows_it_without_an_error),
    };

    return cmocka_run_group_tests(tests, setup, download_group_teardown);
}
