/* SPDX-License-Identifier: MIT */
#include "util/redact.h"

#include <string.h>

#include "support/loop.h"

struct redact_case {
    const char *url;
    const char *shown;
};

static void check(const struct redact_case *cases, size_t n)
{
    struct adl_buf buf = {0};

    for (size_t i = 0; i < n; i++) {
        assert_int_equal(adl_redact_url(&buf, cases[i].url), 0);
        assert_string_equal(adl_buf_str(&buf), cases[i].shown);
    }
    adl_buf_finish(&buf);
}

#define CHECK(cases) check(cases, sizeof(cases) / sizeof((cases)[0]))

static void test_harmless_addresses_stay_as_they_are(void **state)
{
    static const char *const urls[] = {
        "",
        "http://h",
        "https://h:8080/a/b.html?x=1&y=2#top",
        "http://[::1]:80/a@b",
        "http://h/@scope/pkg@1.2/-/x.tgz",
        "http://h/a?author=me&monkey=1&design=2&keyword=x&q",
        "http://h/?token",
        "http://h/token=abc/x",
        "not a url",
        "http://h/caf\xc3\xa9",
        "http://h/\xff\xfe",
        "http://",
        "://",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        check(&(struct redact_case){urls[i], urls[i]}, 1);
    }
}

static void test_user_and_password_are_cut_out(void **state)
{
    static const struct redact_case cases[] = {
        {"http://u:p@h/", "http://h/"},
        {"http://u@h", "http://h"},
        {"http://:p@h/x", "http://h/x"},
        {"http://u:p@ss@h/", "http://h/"},
        {"HTTPS://u:p@[::1]:8/", "HTTPS://[::1]:8/"},
        {"http://u:p@h/a@b", "http://h/a@b"},
        {"http://u:p/w@h/", "http://h/"},
        {"http://u:p?w@h/", "http://h/"},
        {"http://u:p#w@h/", "http://h/"},
        {"//u:p@h/", "//h/"},
        {"http:/u:p@h/", "http:/h/"},
        {"http:////u:p@h/", "http:////h/"},
        {"u:p@h/", "h/"},
        {" http://u:p@h/", " http://h/"},
        {"\x01http://u:p@h/", "?http://h/"},
        {"http://h/http://u:p@i/", "http://h/http://i/"},
        {"http://h/?to=http://u:p@i/", "http://h/?to=http://i/"},
        {"http://u:p@", "http://"},
    };

    (void)state;
    CHECK(cases);
}

static void test_values_that_open_doors_are_hidden(void **state)
{
    static const struct redact_case cases[] = {
        {"http://h/?token=abc", "http://h/?token=***"},
        {"http://h/?to=http%3A%2F%2Fi%2F%3Fsig%3Da&b=1",
         "http://h/?to=***&b=1"},
        {"http://h/?to=http%3A%2F%2Fu%3Ap%40i%2F", "http://h/?to=***"},
        {"http://h/?to=http%3A%2F%2Fi%2F%3Fq%3Da",
         "http://h/?to=http%3A%2F%2Fi%2F%3Fq%3Da"},
        {"http://h/?a=1&ToKeN=abc&b=2", "http://h/?a=1&ToKeN=***&b=2"},
        {"http://h/?X-Amz-Signature=ab", "http://h/?X-Amz-Signature=***"},
        {"http://h/?X-Amz-Credential=a%2Fb", "http://h/?X-Amz-Credential=***"},
        {"http://h/?X-Amz-Security-Token=a",
         "http://h/?X-Amz-Security-Token=***"},
        {"http://h/?X-Goog-Signature=a", "http://h/?X-Goog-Signature=***"},
        {"http://h/?AWSAccessKeyId=a", "http://h/?AWSAccessKeyId=***"},
        {"http://h/?sv=1&sig=a%3D", "http://h/?sv=1&sig=***"},
        {"http://h/?key=a", "http://h/?key=***"},
        {"http://h/?api_key=a", "http://h/?api_key=***"},
        {"http://h/?password=a=b", "http://h/?password=***"},
        {"http://h/?access_token=a#frag", "http://h/?access_token=***#frag"},
        {"http://h/#access_token=a&x=1", "http://h/#access_token=***&x=1"},
        {"http://h/?x;token=a", "http://h/?x;token=***"},
        {"http://h/?token=a;b", "http://h/?token=***"},
        {"http://h/?token=a?b/c", "http://h/?token=***"},
        {"http://h/?%74oken=a", "http://h/?%74oken=***"},
        {"http://h/?u=http://i/?token=a", "http://h/?u=http://i/?token=***"},
        {"http://h/a;jsessionid=a/b", "http://h/a;jsessionid=***/b"},
        {"http://h/?token=", "http://h/?token=***"},
        {"http://h/?token=a&token=b", "http://h/?token=***&token=***"},
        {"http://h/?Key-Pair-Id=a&Policy=b",
         "http://h/?Key-Pair-Id=***&Policy=***"},
        {"http://h/?token=http://u:p@i/", "http://h/?token=***"},
        {"http://h:x/?token=a@b&c=d", "http://&c=d"},
        {"http://h:x/?token=a;b@c;d#e", "http://#e"},
        {"http://h:x/?a=b&token=c@d@e", "http://"},
        {"http://h:x/?to=http%3A%2F%2Fi%2F%3Fsig%3Da@b&c", "http://&c"},
        {"http://u&key=v:p@h/", "http://h/"},
        {"http://h:x/?a=b&sig=c&d=e@i/", "http://i/"},
        {"http://h/a://i:x?token=a@b&c=d", "http://h/a://&c=d"},
    };

    (void)state;
    CHECK(cases);
}

static void test_control_bytes_cannot_reach_a_terminal(void **state)
{
    static const struct redact_case cases[] = {
        {"http://h/\x1b[2J", "http://h/?[2J"},
        {"http://h/\r\n\t\x7f", "http://h/????"},
        {"http://h/\xc2\x9b"
         "2J",
         "http://h/?2J"},
        {"http://h/\xe2\x80\xae"
         "fdp",
         "http://h/?fdp"},
        {"http://\x1bh/?to\nken\x02=a", "http://?h/?to?ken?=***"},
    };

    (void)state;
    CHECK(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_harmless_addresses_stay_as_they_are),
        cmocka_unit_test(test_user_and_password_are_cut_out),
        cmocka_unit_test(test_values_that_open_doors_are_hidden),
        cmocka_unit_test(test_control_bytes_cannot_reach_a_terminal),
    };

    return cmocka_run_group_tests_name("redact", tests, NULL, NULL);
}
