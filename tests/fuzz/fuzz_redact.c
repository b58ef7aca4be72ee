/* SPDX-License-Identifier: MIT */
/* What is shown of a URL lets nobody in: no user, no password, no value of a
 * secret parameter, nothing that steers a terminal. */
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "fuzz/fuzz.h"
#include "util/redact.h"

#define SECRET "S3CR3T"

static bool has_part(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;

    curl_free(text);
    return has;
}

/* Does libcurl find somebody's name in it? */
static bool has_user(const char *text)
{
    CURLU *url = curl_url();

    if (url == NULL) {
        abort();
    }
    bool has =
        curl_url_set(url, CURLUPART_URL, text, CURLU_URLENCODE) == CURLUE_OK &&
        (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD));
    curl_url_cleanup(url);
    return has;
}

static const char *check_any(struct adl_buf *shown, const char *text)
{
    if (adl_redact_url(shown, text) < 0) {
        return "there is memory";
    }
    const char *out = fuzz_is_planted(1) ? text : adl_buf_str(shown);
    if (fuzz_has_controls(out, strlen(out))) {
        return "nothing that is shown steers a terminal";
    }
    out = fuzz_is_planted(2) ? text : adl_buf_str(shown);
    return has_user(out) ? "libcurl finds no user in what is shown" : NULL;
}

/* Cut out the bytes that end what the text is put into. */
static void drop_bytes(char *text, const char *bytes)
{
    char *to = text;

    for (; *text != '\0'; text++) {
        if (strchr(bytes, *text) == NULL) {
            *to++ = *text;
        }
    }
    *to = '\0';
}

static const char *check_hidden(struct adl_buf *shown, const char *text,
                                int plant, const char *promise)
{
    if (adl_redact_url(shown, text) < 0) {
        return "there is memory";
    }
    const char *out = fuzz_is_planted(plant) ? text : adl_buf_str(shown);
    return strstr(out, SECRET) != NULL ? promise : NULL;
}

static const char *check_secrets(struct adl_buf *shown, char *strings[3])
{
    static const char *const names[] = {
        "token",   "X-Amz-Signature", "sig",     "%70assword",
        "api_key", "access_token",    "session", "Key-Pair-Id",
    };
    struct adl_buf url = {0};
    const char *broken = NULL;

    drop_bytes(strings[0], "/?#");
    drop_bytes(strings[2], "&#");
    if (adl_buf_addf(&url, "http://%s:%s%s@h.test/", strings[0], SECRET,
                     strings[0]) < 0) {
        abort();
    }
    broken = check_hidden(shown, url.data, 3, "a password is not shown");
    for (size_t i = 0; i < 8 && broken == NULL; i++) {
        adl_buf_reset(&url);
        if (adl_buf_addf(&url, "http://h.test/%s?%s=%s%s&x=1", strings[1],
                         names[i], strings[2], SECRET) < 0) {
            abort();
        }
        broken = check_hidden(shown, url.data, 4,
                              "the value of a secret parameter is not shown");
    }
    adl_buf_finish(&url);
    return broken;
}

static const char *check(const char *bytes, size_t len)
{
    struct fuzz_input input = {bytes, bytes + len};
    struct adl_buf shown = {0};
    char *strings[3];

    for (size_t i = 0; i < 3; i++) {
        strings[i] = fuzz_take_string(&input);
    }
    const char *broken = check_any(&shown, strings[0]);
    if (broken == NULL &&
        strstr(bytes != NULL ? strings[1] : "", SECRET) == NULL) {
        broken = check_secrets(&shown, strings);
    }
    for (size_t i = 0; i < 3; i++) {
        free(strings[i]);
    }
    adl_buf_finish(&shown);
    return broken;
}

static const struct fuzz_seed seeds[] = {
    FUZZ_SEED("http://u:p@h.test/\0a;b=c/d\0v"),
    FUZZ_SEED("http://u:p/w@h.test/?token=a&b=c\0x?y=z&\0%2f"),
    FUZZ_SEED("http://h.test/?to=http%3A%2F%2Fu%3Ap%40i%2F\0\0a;b"),
    FUZZ_SEED("//u@h/http://u:p@i/#access_token=x\0://\0?"),
    FUZZ_SEED("\x1b[2J\xc2\x9b\xe2\x80\xaehttp://h\0#\0="),
    FUZZ_SEED("u:p@h.test"),
    FUZZ_SEED(""),
};

const struct fuzz_target fuzz_redact = {
    .name = "redact",
    .check = check,
    .seeds = seeds,
    .n_seeds = sizeof(seeds) / sizeof(seeds[0]),
    .n_plants = 4,
};
