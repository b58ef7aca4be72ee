/* SPDX-License-Identifier: MIT */
/*
 * What is shown need not be a URL: bad lines of lists are shown too. So
 * this is a scan for what looks like a secret, without parsing, and in doubt it
 * hides too much.
 */
#include "util/redact.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "util/percent.h"
#include "util/utf8.h"

/* All are compared without case and without what is neither letter nor digit.
 */
static const char *const secret_names[] = {
    "access", "code",    "cred",      "hdnea",  "hdntl", "hdnts",    "key",
    "login",  "nonce",   "keypairid", "otp",    "pass",  "pin",      "policy",
    "pw",     "refresh", "sid",       "ticket", "user",  "username",
};
static const char *const secret_words[] = {
    "accesskey",  "apikey", "assertion", "auth",       "bearer",
    "credential", "hmac",   "jwt",       "passphrase", "passw",
    "privatekey", "pwd",    "saml",      "secret",     "session",
    "signature",  "token",
};
static const char *const secret_ends[] = {
    "hash", "key", "md5", "sas", "sig", "sign",
};
/* They hold or end with one of these, and mean something else. */
static const char *const harmless_names[] = {
    "author", "authors", "assign", "design", "donkey",
    "hockey", "jockey",  "monkey", "turkey",
};

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Lower case, letters and digits only: "X-Amz-Signature" is xamzsignature. */
static void normalize(struct adl_buf *name)
{
    size_t end = 0;

    for (size_t i = 0; i < name->len; i++) {
        char c = name->data[i];

        if (is_letter(c)) {
            name->data[end++] = (char)(c | 0x20);
        } else if (is_digit(c)) {
            name->data[end++] = c;
        }
    }
    name->len = end;
    if (name->data != NULL) {
        name->data[end] = '\0';
    }
}

static bool is_among(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name);
    size_t n = strlen(end);

    return len >= n && strcmp(name + len - n, end) == 0;
}

static bool is_secret(const char *name)
{
    if (is_among(name, harmless_names, N_OF(harmless_names))) {
        return false;
    }
    for (size_t i = 0; i < N_OF(secret_words); i++) {
        if (strstr(name, secret_words[i]) != NULL) {
            return true;
        }
    }
    for (size_t i = 0; i < N_OF(secret_ends); i++) {
        if (ends_with(name, secret_ends[i])) {
            return true;
        }
    }
    return is_among(name, secret_names, N_OF(secret_names));
}

/* The value of a hexadecimal digit, or -1. */
static int get_digit(char c)
{
    char lower = (char)(c | 0x20);

    if (is_digit(c)) {
        return c - '0';
    }
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The byte that stands there, however often it is percent-encoded, and how much
 * text it takes. '\0' at the end alone. */
static char peek(size_t *out_len, const char *at)
{
    const char *digits = at + 1;

    *out_len = *at != '\0';
    if (*at != '%') {
        return *at;
    }
    while (strncmp(digits, "25", 2) == 0 && get_digit(digits[2]) >= 0 &&
           get_digit(digits[3]) >= 0) {
        digits += 2;
    }
    if (get_digit(digits[0]) < 0 || get_digit(digits[1]) < 0) {
        return '%';
    }
    int byte = get_digit(digits[0]) * 16 + get_digit(digits[1]);
    *out_len = (size_t)(digits + 2 - at);
    return byte != 0 ? (char)byte : ' ';
}

/* How much text stands before one of these bytes, encoded or not, or the end.
 */
static size_t span_to(const char *text, const char *bytes)
{
    size_t span = 0;

    for (;;) {
        size_t len = 0;
        char c = peek(&len, text + span);

        if (c == '\0' || strchr(bytes, c) != NULL) {
            return span;
        }
        span += len;
    }
}

/* A port that is no number: the text is no authority, or only half of one. */
static bool has_odd_port(const char *text, size_t len)
{
    const char *colon = memchr(text, ':', len);

    if (colon == NULL || text[0] == '[') {
        return false;
    }
    for (size_t i = (size_t)(colon - text) + 1; i < len; i++) {
        if (!is_digit(text[i])) {
            return true;
        }
    }
    return false;
}

/*
 * How long the user and password at the start of an authority are, with their
 * last '@'. A password may hold a raw '/', '?' or '#' that a parser would stop
 * at: then what is before it does not end in a port, and a later '@' counts.
 */
static size_t measure_user(const char *text)
{
    size_t len = strcspn(text, "/?#");
    size_t user = 0;

    if (memchr(text, '@', len) == NULL && has_odd_port(text, len)) {
        len = strlen(text);
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '@') {
            user = i + 1;
        }
    }
    return user;
}

/* How long "http:" and its slashes are. 0 where text begins with no scheme. */
static size_t measure_scheme(const char *text)
{
    size_t len = 0;

    while (is_letter(text[len]) || is_digit(text[len]) ||
           (text[len] != '\0' && strchr("+-.", text[len]) != NULL)) {
        len++;
    }
    if (text[len] == ':' && text[len + 1] == '/') {
        len++;
    } else if (text[0] != '/' || text[1] != '/') {
        return 0;
    }
    return len + strspn(text + len, "/");
}

static int add_shown(struct adl_buf *buf, const char *bytes, size_t len)
{
    int err = 0;

    for (size_t i = 0; i < len && err == 0;) {
        uint32_t code = 0;
        size_t size = adl_utf8_decode(&code, bytes + i, len - i);
        bool is_control = size > 0 && adl_utf8_is_control(code);

        size = size > 0 ? size : 1;
        err = is_control ? adl_buf_add(buf, "?", 1)
                         : adl_buf_add(buf, bytes + i, size);
        i += size;
    }
    return err;
}

/* Is the name, as it stands in a URL, that of a secret? 1, 0 or -ENOMEM. */
static int is_secret_param(const char *name, size_t len)
{
    struct adl_buf plain = {0};
    int err = adl_percent_decode(&plain, name, len);

    if (err < 0) {
        return err;
    }
    normalize(&plain);
    bool is_one = is_secret(adl_buf_str(&plain));
    adl_buf_finish(&plain);
    return is_one;
}

/* Does a URL or a query within hold a user or the value of a secret? */
static int holds_secret(const char *url)
{
    size_t first = strcspn(url, "=&;?#/");

    if (url[first] == '=') {
        int found = is_secret_param(url, first);

        if (found != 0) {
            return found;
        }
    }
    for (const char *at = url; *at != '\0'; at++) {
        if (strncmp(at, "://", 3) == 0 && measure_user(at + 3) > 0) {
            return 1;
        }
        size_t len = strcspn(at + 1, "=&;?#/");
        if (strchr("?#&;", *at) != NULL && at[1 + len] == '=') {
            int found = is_secret_param(at + 1, len);

            if (found != 0) {
                return found;
            }
        }
    }
    return 0;
}

/* Is this value a URL, encoded, with secrets? 1, 0 or -ENOMEM. */
static int is_secret_value(const char *value, size_t len)
{
    struct adl_buf plain = {0};

    if (memchr(value, '%', len) == NULL) {
        return 0; /* what is not encoded is seen anyway */
    }
    int found = adl_percent_decode(&plain, value, len);
    if (found == 0) {
        found = holds_secret(adl_buf_str(&plain));
    }
    adl_buf_finish(&plain);
    return found;
}

/* Of "name=value", where the '=' may be encoded. */
struct pair {
    size_t n_name;
    const char *end; /* of the value */
};

/*
 * Is "name=value" a secret, by its name or by what is encoded in it? Sets
 * *out then; its value ends at one of ends. 1, 0 or -ENOMEM.
 */
static int is_secret_pair(struct pair *out, const char *name, const char *ends)
{
    size_t n_name = span_to(name, "=&;?#/");
    size_t n_equals = 0;

    if (peek(&n_equals, name + n_name) != '=') {
        return 0;
    }
    const char *value = name + n_name + n_equals;
    size_t n_value = strcspn(value, ends);
    int found = is_secret_param(name, n_name);

    *out = (struct pair){.n_name = n_name, .end = value + n_value};
    return found != 0 ? found : is_secret_value(value, n_value);
}

/*
 * From behind a '?', '&', ';' or '#': write "name=***" if that is a secret,
 * and advance *cursor over it. ends are the bytes that end its value.
 */
static int redact_param(struct adl_buf *buf, const char **cursor,
                        const char *ends)
{
    const char *name = *cursor;
    struct pair pair = {0};
    int found = is_secret_pair(&pair, name, ends);

    if (found <= 0) {
        return found;
    }
    *cursor = pair.end;
    int err = add_shown(buf, name, pair.n_name);
    return err < 0 ? err : adl_buf_add_str(buf, "=***");
}

/*
 * From behind a quote: write "name"***" if that is the name of a secret in
 * JSON, and advance *cursor to one of ends.
 */
static int redact_member(struct adl_buf *buf, const char **cursor,
                         const char *ends)
{
    const char *name = *cursor;
    size_t n_name = span_to(name, "\"'\\{}[],:/?#&");
    size_t len = 0;
    const char *at = name + n_name;
    char c = peek(&len, at);

    while (c != '\0' && strchr("\"'\\ +", c) != NULL) {
        at += len;
        c = peek(&len, at);
    }
    int found = c == ':' && n_name > 0 ? is_secret_param(name, n_name) : 0;
    if (found <= 0) {
        return found;
    }
    *cursor = at + strcspn(at, ends);
    int err = add_shown(buf, name, n_name);
    return err < 0 ? err : adl_buf_add_str(buf, "***");
}

/*
 * Pass over the user at the start of an authority. Behind a port that is no
 * number it may be a query with an '@' in it: then a secret value that the '@'
 * stands in is passed over to its end.
 */
static int pass_user(const char **cursor)
{
    static const char starts[] = "?#&;";
    const char *end = *cursor + measure_user(*cursor);
    const char *at = *cursor + strcspn(*cursor, "/?#");

    at += strcspn(at, starts);
    while (at < end) {
        struct pair pair = {0};
        int found = is_secret_pair(&pair, at + 1, "&#");

        if (found < 0) {
            return found;
        }
        if (found > 0 && pair.end > end) {
            end = pair.end;
        }
        at += 1 + strcspn(at + 1, starts);
    }
    *cursor = end;
    return 0;
}

/* Where a slash follows a user that was passed over, it joins those before, and
 * what is behind it stands where a user would. */
static int pass_users(struct adl_buf *buf, const char **cursor)
{
    for (;;) {
        const char *from = *cursor;
        int err = pass_user(cursor);
        size_t n_slashes = *cursor > from ? strspn(*cursor, "/") : 0;

        if (err < 0 || n_slashes == 0) {
            return err;
        }
        err = adl_buf_add(buf, *cursor, n_slashes);
        if (err < 0) {
            return err;
        }
        *cursor += n_slashes;
    }
}

/* Write one byte or character, len bytes where it is encoded, and advance. */
static int add_one(struct adl_buf *buf, const char **cursor, size_t len)
{
    uint32_t code = 0;
    size_t size = adl_utf8_decode(&code, *cursor, strnlen(*cursor, 4));
    const char *at = *cursor;

    size = size > len ? size : len;
    *cursor += size;
    return add_shown(buf, at, size);
}

/* Write "://" and further slashes, and pass over the user behind them. */
static int pass_authority(struct adl_buf *buf, const char **cursor)
{
    size_t len = 1 + strspn(*cursor + 1, "/");
    int err = adl_buf_add(buf, *cursor, len);

    *cursor += len;
    return err < 0 ? err : pass_users(buf, cursor);
}

/* Nothing in it could be a secret or hide one: host, port and path alone. */
static bool is_harmless(const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        bool is_port = c == ':' && text[1] >= '0' && text[1] <= '9';

        if (!is_letter && !(c >= '-' && c <= '9') && c != '_' && c != '~' &&
            !is_port) {
            return false;
        }
    }
    return true;
}

/* Write one character, and hide what is a secret behind it. *is_path turns
 * false where the query begins. */
static int pass_one(struct adl_buf *buf, const char **cursor, bool *is_path)
{
    char raw = **cursor;
    size_t len = 0;
    char c = peek(&len, *cursor);
    bool is_encoded = len > 1;
    int err = add_one(buf, cursor, len);

    *is_path = *is_path && raw != '?' && raw != '#';
    if (err < 0 || c == '\0') {
        return err;
    }
    if (strchr("\"'", c) != NULL) {
        return redact_member(buf, cursor, *is_path ? "?#" : "&#");
    }
    if (strchr("?#&;", c) != NULL) {
        /* In a query, a ';' may be part of the secret; so may be all that
         * follows an encoded one. */
        const char *ends = is_encoded ? "?#" : "/?#;";

        return redact_param(buf, cursor, *is_path ? ends : "&#");
    }
    return 0;
}

int adl_redact_url(struct adl_buf *buf, const char *url)
{
    const char *at = url + measure_scheme(url);
    bool is_path = true;

    adl_buf_reset(buf);
    if (at > url && is_harmless(at)) { /* what most are */
        return adl_buf_add_str(buf, url);
    }
    int err = adl_buf_add(buf, url, (size_t)(at - url));
    if (err == 0) {
        err = pass_users(buf, &at);
    }
    while (*at != '\0' && err == 0) {
        if (strncmp(at, "://", 3) == 0) { /* an address within the address */
            err = pass_authority(buf, &at);
        } else {
            err = pass_one(buf, &at, &is_path);
        }
    }
    return err;
}
