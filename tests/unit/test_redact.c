/* SPDX-License-Identifier: MIT */
#include "util/redact.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "support/loop.h"
#include "support/suite.h"

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
        {"http:/@/u:p@h/", "http://h/"},
        {"http:/a@//b@/u:p@h/", "http:////h/"},
        {"http://i/?to=http://@/u:p@h/", "http://i/?to=http:///h/"},
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

/* frame with name in place of its '@', where it has one. */
static void fill(char *out, size_t cap, const char *frame, const char *name)
{
    int n = (int)strcspn(frame, "@");
    bool has_place = frame[n] != '\0';

    (void)snprintf(out, cap, "%.*s%s%s", n, frame, has_place ? name : "",
                   has_place ? frame + n + 1 : "");
}

static void test_secrets_are_known_by_name(void **state)
{
    static const char *const secrets[] = {
        "token",       "idToken",       "xtokenx",       "client_secret",
        "passw",       "PassWord",      "new-pwd",       "auth",
        "x-auth-a",    "authorization", "oauth_a",       "signature",
        "credentials", "session_id",    "hmac",          "url_hmac",
        "JWT",         "myjwt",         "SAMLResponse",  "client_assertion",
        "apikey",      "API-Key",       "stream.key",    "mykey",
        "key",         "sign",          "callsign",      "sig",
        "urlsig",      "sas",           "blobSAS",       "md5",
        "linkmd5",     "hash",          "download_hash", "access",
        "refresh",     "cred",          "nonce",         "code",
        "user",        "policy",
    };
    static const char *const others[] = {
        "page",    "q",       "id",      "v",       "sort",   "order",
        "size",    "author",  "authors", "monkey",  "design", "assign",
        "keyword", "hashtag", "name",    "codec",   "region", "accessible",
        "file",    "format",  "signal",  "md5sums", "sastre", "lang",
        "ts",      "expires",
    };
    static const char *const frames[][2] = {
        {"http://h/?@=V", "http://h/?@=***"},
        {"http://h/?a=1&@=V&b", "http://h/?a=1&@=***&b"},
        {"http://h/#@=V", "http://h/#@=***"},
        {"http://h/a;@=V/b", "http://h/a;@=***/b"},
        {"http://h/a%3F@%3DV", "http://h/a%3F@=***"},
        {"http://h/a%253f@%253dV?b", "http://h/a%253f@=***?b"},
        {"http://h/?@%3DV", "http://h/?@=***"},
        {"http://h/?to=a%3F@%3DV&b", "http://h/?to=***&b"},
        {"http://h/?to=@%3DV", "http://h/?to=***"},
        {"http://h/?j={\"a\":1,\"@\":\"V\"}&b",
         "http://h/?j={\"a\":1,\"@***&b"},
        {"http://h/?j=%7B%22@%22%3A%22V%22%7D#b", "http://h/?j=%7B%22@***#b"},
        {"http://h/{\"@\" : \"V\"}", "http://h/{\"@***"},
    };
    char text[200];
    char shown[200];

    (void)state;
    for (size_t f = 0; f < sizeof(frames) / sizeof(frames[0]); f++) {
        for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
            fill(text, sizeof(text), frames[f][0], secrets[i]);
            fill(shown, sizeof(shown), frames[f][1], secrets[i]);
            check(&(struct redact_case){text, shown}, 1);
        }
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
            fill(text, sizeof(text), frames[f][0], others[i]);
            check(&(struct redact_case){text, text}, 1);
        }
    }
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

TEST_SUITE(redact)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_harmless_addresses_stay_as_they_are),
        cmocka_unit_test(test_user_and_password_are_cut_out),
        cmocka_unit_test(test_values_that_open_doors_are_hidden),
        cmocka_unit_test(test_secrets_are_known_by_name),
        cmocka_unit_test(test_control_bytes_cannot_reach_a_terminal),
    };

    return cmocka_run_group_tests_name("redact", tests, NULL, NULL);
}
