/* SPDX-License-Identifier: MIT */
#include "store/disposition.h"

#include <errno.h>
#include <string.h>

#include "support/loop.h"
#include "support/suite.h"

static void test_headers_give_the_name_that_they_mean(void **state)
{
    static const struct {
        const char *header;
        const char *name;
    } cases[] = {
        {"attachment; filename=a.txt", "a.txt"},
        {"attachment; filename=\"a b.txt\"", "a b.txt"},
        {"inline;FILENAME = \"a.txt\" ; x=y", "a.txt"},
        {"attachment; filename=\"a\\\"b\\\\c\"", "c"},
        {"attachment; filename=\"a\\\"b.txt\"", "a\"b.txt"},
        {"attachment; filename=\"a;b=c.txt\"", "a;b=c.txt"},
        {"attachment; x=\"; filename=no\"; filename=yes", "yes"},
        {"attachment; filename*=UTF-8''a%20b.txt", "a b.txt"},
        {"attachment; filename*=utf-8'en'%e2%82%ac", "\xe2\x82\xac"},
        {"attachment; filename*=ISO-8859-1''%e9.txt", "\xc3\xa9.txt"},
        {"attachment; filename=b; filename*=UTF-8''a", "a"},
        {"attachment; filename*=UTF-8''a; filename=b", "a"},
        {"attachment; filename=a; filename=b", "a"},
        {"attachment; filename*=UTF-8''a; filename*=UTF-8''b", "a"},
        {"attachment; filename=\"/etc/passwd\"", "passwd"},
        {"attachment; filename=\"..\\\\..\\\\a.txt\"", "a.txt"},
        {"attachment; filename*=UTF-8''..%2f..%5Ca.txt", "a.txt"},
        {"attachment; filename=\"caf\xc3\xa9\"", "caf\xc3\xa9"},
        {"attachment; filename=\"caf\xe9\"", "caf\xc3\xa9"},
        /* Broken, but what is meant is plain. */
        {"filename=a.txt", "a.txt"},
        {"attachment; filename=\"a.txt", "a.txt"},
        {"attachment; filename=\"b\\", NULL},
        {"attachment; filename=a b.txt ; x=y", "a b.txt"},
        {"attachment;;; filename=a.txt;", "a.txt"},
        {"attachment; filename=\"a\"junk; x=y", "a"},
        {"attachment; filename*=\"UTF-8''a\"", "a"},
        {"; filename=a", "a"},
        /* What cannot be read is passed over. */
        {"attachment; filename*=UTF-8''%zz; filename=b", "b"},
        {"attachment; filename*=UTF-8''%ff; filename=b", "b"},
        {"attachment; filename*=UTF-8''%c0%af; filename=b", "b"},
        {"attachment; filename*=UTF-16''a; filename=b", "b"},
        {"attachment; filename*=UTF-8'a; filename=b", "b"},
        {"attachment; filename*=a; filename=b", "b"},
        {"attachment; filename*=UTF-8''; filename=b", "b"},
        {"attachment; filename*=UTF-8''%2f; filename=b", "b"},
        {"attachment; filename=\"a/\"; filename=b", "b"},
        {"attachment; filename*=UTF-16''a; filename*=UTF-8''b", "b"},
        {"", NULL},
        {"attachment", NULL},
        {"attachment; filename", NULL},
        {"attachment; filename=", NULL},
        {"attachment; filename=\"\"", NULL},
        {"attachment; filename=\"", NULL},
        {"attachment; filename=/", NULL},
        {"attachment; filename*0=a; filename*1=b", NULL},
        {"attachment; xfilename=a; filenam=b", NULL},
        {"attachment filename=a", NULL},
        {"attachment; =a", NULL},
        {"\"attachment; filename=a", "a"},
        {";;; ; \t;", NULL},
    };
    struct adl_buf buf = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int err = adl_disposition_get_name(&buf, cases[i].header);

        assert_int_equal(err, cases[i].name != NULL ? 0 : -ENOENT);
        if (err == 0) {
            assert_string_equal(adl_buf_str(&buf), cases[i].name);
            assert_int_equal(buf.len, strlen(cases[i].name));
        }
    }
    adl_buf_finish(&buf);
}

static void test_nul_bytes_do_not_end_the_name(void **state)
{
    struct adl_buf buf = {0};

    (void)state;
    assert_int_equal(
        adl_disposition_get_name(&buf, "attachment; filename*=UTF-8''a%00b"),
        0);

    assert_int_equal(buf.len, 3);
    assert_memory_equal(buf.data, "a\0b", 4);
    adl_buf_finish(&buf);
}

TEST_SUITE(disposition)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers_give_the_name_that_they_mean),
        cmocka_unit_test(test_nul_bytes_do_not_end_the_name),
    };

    return cmocka_run_group_tests_name("disposition", tests, NULL, NULL);
}
