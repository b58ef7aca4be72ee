/* SPDX-License-Identifier: MIT */
/*
 * Servers get this header wrong in many ways, so that reading is lenient: what
 * cannot be read is passed over, and the rest still counts. filename* wins over
 * filename wherever it stands, and the first usable one of each counts.
 */
#include "store/disposition.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "util/percent.h"
#include "util/utf8.h"

struct param {
    const char *name;
    size_t name_len;
    struct adl_buf value; /* without quotes and escapes */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Whatever the locale is. lower is in lower case already. */
static bool equals(const char *bytes, size_t len, const char *lower)
{
    for (size_t i = 0; i < len; i++) {
        if (lower[i] == '\0' || to_lower(bytes[i]) != lower[i]) {
            return false;
        }
    }
    return lower[len] == '\0';
}

static const char *skip_blanks(const char *text)
{
    while (is_blank(*text)) {
        text++;
    }
    return text;
}

static size_t trim_end(const char *bytes, size_t len)
{
    while (len > 0 && is_blank(bytes[len - 1])) {
        len--;
    }
    return len;
}

/* From behind the opening quote; one that is never closed ends with the text.
 */
static int read_quoted(struct adl_buf *value, const char **cursor)
{
    const char *at = *cursor;
    int err = 0;

    while (*at != '\0' && *at != '"' && err == 0) {
        if (*at == '\\' && at[1] != '\0') {
            at++;
        }
        err = adl_buf_add(value, at++, 1);
    }
    *cursor = at + strcspn(at, ";");
    return err;
}

/* 0 or -ENOMEM. */
static int read_value(struct adl_buf *value, const char **cursor)
{
    const char *at = skip_blanks(*cursor);

    adl_buf_reset(value);
    if (*at == '"') {
        *cursor = at + 1;
        return read_quoted(value, cursor);
    }
    size_t len = strcspn(at, ";");
    *cursor = at + len;
    return adl_buf_add(value, at, trim_end(at, len));
}

/* Find the next parameter that has a value. 1, 0 at the end, or -ENOMEM. */
static int read_param(struct param *param, const char **cursor)
{
    const char *at = *cursor;

    for (;;) {
        at += strspn(at, "; \t");
        if (*at == '\0') {
            return 0;
        }
        size_t len = strcspn(at, "=;");
        param->name = at;
        param->name_len = trim_end(at, len);
        at += len;
        if (*at == '=') {
            break;
        }
    }
    *cursor = at + 1;
    int err = read_value(&param->value, cursor);
    return err < 0 ? err : 1;
}

static int add_latin1(struct adl_buf *buf, const char *bytes, size_t len)
{
    int err = 0;

    for (size_t i = 0; i < len && err == 0; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        char pair[2] = {(char)(0xc0 | byte >> 6), (char)(0x80 | (byte & 0x3f))};

        err = byte < 0x80 ? adl_buf_add(buf, &bytes[i], 1)
                          : adl_buf_add(buf, pair, sizeof(pair));
    }
    return err;
}

/* Leave what stands behind the last folder. 0, or -ENOENT for nothing. */
static int cut_folders(struct adl_buf *name)
{
    size_t start = name->len;

    while (start > 0 && name->data[start - 1] != '/' &&
           name->data[start - 1] != '\\') {
        start--;
    }
    if (start == name->len) {
        return -ENOENT;
    }
    name->len -= start;
    memmove(name->data, name->data + start, name->len + 1);
    return 0;
}

/* Bytes that are not UTF-8 are what HTTP once meant by them: ISO-8859-1. */
static int decode_plain(struct adl_buf *out, const struct adl_buf *value)
{
    const char *bytes = adl_buf_str(value);
    int err = adl_utf8_is_valid(bytes, value->len)
                  ? adl_buf_add(out, bytes, value->len)
                  : add_latin1(out, bytes, value->len);

    return err < 0 ? err : cut_folders(out);
}

/* charset'language'percent-encoded (RFC 8187). -ENOENT for a broken one. */
static int decode_extended(struct adl_buf *out, const struct adl_buf *value)
{
    const char *charset = adl_buf_str(value);
    const char *language = strchr(charset, '\'');
    const char *text = language != NULL ? strchr(language + 1, '\'') : NULL;
    struct adl_buf decoded = {0};

    if (text == NULL) {
        return -ENOENT;
    }
    text++;
    size_t len = value->len - (size_t)(text - charset);
    size_t charset_len = (size_t)(language - charset);
    bool is_utf8 = equals(charset, charset_len, "utf-8");
    if ((!is_utf8 && !equals(charset, charset_len, "iso-8859-1")) ||
        !adl_percent_is_valid(text, len)) {
        return -ENOENT;
    }
    int err = adl_percent_decode(&decoded, text, len);
    if (err == 0 && is_utf8) {
        err = adl_utf8_is_valid(decoded.data, decoded.len)
                  ? adl_buf_add(out, decoded.data, decoded.len)
                  : -ENOENT;
    } else if (err == 0) {
        err = add_latin1(out, decoded.data, decoded.len);
    }
    adl_buf_finish(&decoded);
    return err < 0 ? err : cut_folders(out);
}

/* Read one parameter into out if it is of that name. As get_name(). */
static int try_param(struct adl_buf *out, const struct param *param,
                     const char *name,
                     int (*decode)(struct adl_buf *, const struct adl_buf *))
{
    if (!equals(param->name, param->name_len, name)) {
        return -ENOENT;
    }
    adl_buf_reset(out);
    return decode(out, &param->value);
}

int adl_disposition_get_name(struct adl_buf *buf, const char *header)
{
    struct param param = {0};
    struct adl_buf extended = {0};
    bool has_plain = false;
    bool has_extended = false;
    int err = 0;

    while (!has_extended && (err = read_param(&param, &header)) > 0) {
        err = try_param(&extended, &param, "filename*", decode_extended);
        has_extended = err == 0;
        if (err == -ENOENT && !has_plain) {
            err = try_param(buf, &param, "filename", decode_plain);
            has_plain = err == 0;
        }
        if (err < 0 && err != -ENOENT) {
            break;
        }
        err = 0;
    }
    if (err == 0 && has_extended) {
        adl_buf_reset(buf);
        err = adl_buf_add(buf, extended.data, extended.len);
    } else if (err == 0 && !has_plain) {
        err = -ENOENT;
    }
    adl_buf_finish(&extended);
    adl_buf_finish(&param.value);
    return err;
}
