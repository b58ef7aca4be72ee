/* SPDX-License-Identifier: MIT */
/* A Content-Disposition names a file, never a folder, and is read as it was
 * written where it was written well. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "store/disposition.h"
#include "store/name.h"
#include "util/utf8.h"

struct state {
    struct adl_buf raw;
    struct adl_buf name;
    struct adl_buf header;
};

static const char *check_read(struct state *s, const char *header)
{
    int err = adl_disposition_get_name(&s->raw, header);

    if (err != 0 && err != -ENOENT) {
        return "a header gives a name or none";
    }
    if (adl_name_from_disposition(&s->name, header) != err) {
        return "a safe name is made of any that is given";
    }
    if (err != 0) {
        return NULL;
    }
    if (fuzz_is_planted(1)) {
        s->raw.data[0] = '\\';
    }
    if (fuzz_is_planted(2)) {
        s->name.data[0] = '.';
    }
    if (s->raw.len == 0 || memchr(s->raw.data, '/', s->raw.len) != NULL ||
        memchr(s->raw.data, '\\', s->raw.len) != NULL) {
        return "a given name has no folders";
    }
    return !fuzz_is_safe_path(s->name.data, s->name.len) ||
                   memchr(s->name.data, '/', s->name.len) != NULL
               ? "a given name is made safe"
               : NULL;
}

static int write_quoted(struct adl_buf *header, const char *name)
{
    int err = adl_buf_add_str(header, "attachment; filename=\"");

    for (; *name != '\0' && err == 0; name++) {
        err = adl_buf_addf(header, "%s%c", *name == '"' ? "\\" : "", *name);
    }
    return err < 0 ? err : adl_buf_add_str(header, "\"; size=1");
}

static int write_encoded(struct adl_buf *header, const char *name)
{
    int err = adl_buf_add_str(header, "inline; filename=x; FileName*=utf-8''");

    for (; *name != '\0' && err == 0; name++) {
        err = adl_buf_addf(header, "%%%02x", (unsigned char)*name);
    }
    return err;
}

static bool is_plain(const char *name)
{
    size_t len = strlen(name);

    return len > 0 && adl_utf8_is_valid(name, len) &&
           strpbrk(name, "/\\") == NULL;
}

/* Is the text, taken for a name and written into a header, read again? */
static const char *check_written(struct state *s, const char *name,
                                 int (*write)(struct adl_buf *, const char *))
{
    adl_buf_reset(&s->header);
    if (write(&s->header, name) < 0) {
        return "there is memory";
    }
    bool is_read = adl_disposition_get_name(&s->raw, s->header.data) == 0;

    if (fuzz_is_planted(3) && write == write_quoted) {
        s->raw.len--;
    }
    if (fuzz_is_planted(4) && write == write_encoded) {
        s->raw.len--;
    }
    return is_read && s->raw.len == strlen(name) &&
                   memcmp(s->raw.data, name, s->raw.len) == 0
               ? NULL
               : "a name is read as it was written";
}

static const char *check(const char *bytes, size_t len)
{
    struct fuzz_input input = {bytes, bytes + len};
    struct state s = {0};
    char *header = fuzz_take_string(&input);
    const char *broken = check_read(&s, header);

    if (broken == NULL && is_plain(header)) {
        broken = check_written(&s, header, write_quoted);
    }
    if (broken == NULL && is_plain(header)) {
        broken = check_written(&s, header, write_encoded);
    }
    free(header);
    adl_buf_finish(&s.raw);
    adl_buf_finish(&s.name);
    adl_buf_finish(&s.header);
    return broken;
}

static const struct fuzz_seed seeds[] = {
    FUZZ_SEED("attachment; filename=\"a.txt\""),
    FUZZ_SEED("attachment;filename=a b.txt ;x=y"),
    FUZZ_SEED("attachment; filename*=UTF-8'en'%e2%82%ac%20rates; filename=x"),
    FUZZ_SEED("inline; filename*=iso-8859-1''%a3; filename=\"..\\\\..\\\\x\""),
    FUZZ_SEED("x; filename=\"../../etc/passwd"),
    FUZZ_SEED("filename*=UTF-8''%00%2f%5c.."),
    FUZZ_SEED("filename=\"\xff\xc2\x9b\""),
    FUZZ_SEED("a \"b\";c"),
    FUZZ_SEED("=;=;;filename"),
};

const struct fuzz_target fuzz_disposition = {
    .name = "disposition",
    .check = check,
    .seeds = seeds,
    .n_seeds = sizeof(seeds) / sizeof(seeds[0]),
    .n_plants = 4,
};
