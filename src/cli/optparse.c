/* SPDX-License-Identifier: MIT */
/*
 * Options as GNU programs read them: letters may be bundled, values may stand
 * in the same word or in the next, options may come after operands, "--" ends
 * them. Config files are read where they are named, so that the order of all
 * options is the order in which they are seen.
 */
#include "cli/optparse.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/config.h"
#include "cli/file.h"
#include "cli/foreign.h"
#include "cli/nearest.h"
#include "cli/optset.h"

/* Config files that name each other must come to an end. */
#define MAX_CONFIG_DEPTH 8

/* The words of the command line, and how far they are read. */
struct words {
    int argc;
    const char *const *argv;
    int next;
};

const struct adl_option *adl_optparse_find(const char *name, size_t len)
{
    for (const struct adl_option *o = adl_option_table; o->name != NULL; o++) {
        if (strlen(o->name) == len && strncmp(o->name, name, len) == 0) {
            return o;
        }
    }
    return NULL;
}

static const struct adl_option *find_letter(char letter)
{
    for (const struct adl_option *o = adl_option_table; o->name != NULL; o++) {
        if (letter != '\0' && o->letter == letter) {
            return o;
        }
    }
    return NULL;
}

/* Say that something is wrong with the use of an option. */
static int refuse(struct adl_buf *error, const char *what, const char *option,
                  size_t len)
{
    int n = len < 64 ? (int)len : 64;
    int err = adl_buf_addf(error, "%s%.*s", what, n, option);

    return err < 0 ? err : -EINVAL;
}

static int refuse_unknown(struct adl_buf *error, const char *name, size_t len)
{
    const char *advice = adl_foreign_get_name(name, len);
    const char *nearest = adl_nearest_option(name, len);
    int err = refuse(error, "unknown option --", name, len);
    int full = 0;

    if (err == -EINVAL && advice != NULL) {
        full = adl_buf_addf(error, ": %s", advice);
    } else if (err == -EINVAL && nearest != NULL) {
        full = adl_buf_addf(error, ": did you mean --%s?", nearest);
    }
    return full < 0 ? full : err;
}

static int refuse_letter(struct adl_buf *error, char letter)
{
    const char *advice = adl_foreign_get_letter(letter);
    int err =
        adl_buf_addf(error, "unknown option -%c%s%s", letter,
                     advice != NULL ? ": " : "", advice != NULL ? advice : "");

    return err < 0 ? err : -EINVAL;
}

static int remember(struct adl_options *options, const struct adl_given *given)
{
    if (options->n_given == options->cap_given) {
        size_t cap = options->cap_given > 0 ? options->cap_given * 2 : 16;
        struct adl_given *grown =
            realloc(options->given, cap * sizeof(*options->given));

        if (grown == NULL) {
            return -ENOMEM;
        }
        options->given = grown;
        options->cap_given = cap;
    }
    options->given[options->n_given] = *given;
    if (given->value != NULL) {
        const char *kept = adl_options_keep(options, given->value);

        if (kept == NULL) {
            return -ENOMEM;
        }
        options->given[options->n_given].value = kept;
    }
    options->n_given++;
    return 0;
}

static int read_config(struct adl_options *options, const char *path,
                       struct adl_buf *error);

int adl_optparse_given(struct adl_options *options,
                       const struct adl_given *given, struct adl_buf *error)
{
    if (given->option->kind == ADL_OPTION_CONFIG) {
        return read_config(options, given->value, error);
    }
    int err = remember(options, given);
    if (err < 0) {
        return err;
    }
    if (given->is_negated) {
        adl_optset_clear(options, given->option);
        return 0;
    }
    return adl_optset(options, given->option, given->value, error);
}

/* "no-NAME" of an option that can be undone, or NULL. */
static const struct adl_option *find_negated(const char *name, size_t len)
{
    if (len <= 3 || strncmp(name, "no-", 3) != 0) {
        return NULL;
    }
    const struct adl_option *o = adl_optparse_find(name + 3, len - 3);
    if (o == NULL ||
        (o->kind != ADL_OPTION_BOOL && o->kind != ADL_OPTION_FLAG)) {
        return NULL;
    }
    return o;
}

/* Find a long option by its name, plain or negated. */
static int find_long(struct adl_given *out, const char *name, size_t len,
                     struct adl_buf *error)
{
    *out = (struct adl_given){.option = adl_optparse_find(name, len)};
    if (out->option == NULL) {
        out->option = find_negated(name, len);
        out->is_negated = true;
    }
    return out->option != NULL ? 0 : refuse_unknown(error, name, len);
}

/* An option of a config file; data is the options, error in between. */
struct config_reading {
    struct adl_options *options;
    struct adl_buf *error;
};

static int on_config_item(const struct adl_config_item *item, void *data)
{
    struct config_reading *r = data;
    struct adl_given given = {0};
    const char *name = item->name;
    size_t len = strlen(name);

    if (len == 2 && name[0] == '-' && name[1] != '-') {
        given.option = find_letter(name[1]);
        if (given.option == NULL) {
            return refuse_letter(r->error, name[1]);
        }
    } else {
        size_t n_dashes = strncmp(name, "--", 2) == 0 ? 2 : 0;
        int err = find_long(&given, name + n_dashes, len - n_dashes, r->error);

        if (err < 0) {
            return err;
        }
    }
    if (given.option->arg == NULL && item->value != NULL) {
        return refuse(r->error, "takes no value: ", name, len);
    }
    if (given.option->arg != NULL && item->value == NULL) {
        return refuse(r->error, "needs a value: ", name, len);
    }
    given.value = item->value;
    return adl_optparse_given(r->options, &given, r->error);
}

/* Put "FILE:LINE: " before what is wrong. */
static int locate(struct adl_buf *error, const char *path, uint64_t line)
{
    char *what = adl_buf_take(error);
    int err = adl_buf_addf(
        error, "%s:%" PRIu64 ": %s", path, line,
        what != NULL ? what : "a quote without an end, or more than a value");

    free(what);
    return err;
}

static int read_config(struct adl_options *options, const char *path,
                       struct adl_buf *error)
{
    struct config_reading reading = {.options = options, .error = error};
    struct adl_buf text = {0};
    uint64_t line = 0;
    int err = options->config_depth < MAX_CONFIG_DEPTH
                  ? adl_file_read(&text, path)
                  : -ELOOP;

    if (err == 0 && memchr(adl_buf_str(&text), '\0', text.len) != NULL) {
        err = -EILSEQ;
    }
    if (err < 0) {
        int full = adl_buf_addf(error, "--config %s: cannot read it: %s", path,
                                strerror(-err));

        err = full < 0 ? full : err;
    } else if (text.len > 0) {
        options->config_depth++;
        err = adl_config_read(&line, text.data, on_config_item, &reading);
        options->config_depth--;
    }
    if (err < 0 && err != -ENOMEM && line > 0) {
        int full = locate(error, path, line);

        err = full < 0 ? full : err;
    }
    adl_buf_finish(&text);
    return err;
}

/* Read "--name", "--name=value" or "--name value"; word is behind "--". */
static int read_long(struct adl_options *options, struct words *words,
                     const char *word, struct adl_buf *error)
{
    struct adl_given given;
    size_t len = strcspn(word, "=");
    bool has_value = word[len] == '=';
    int err = find_long(&given, word, len, error);

    if (err < 0) {
        return err;
    }
    if (given.option->arg == NULL) {
        return has_value ? refuse(error, "takes no value: --", word, len)
                         : adl_optparse_given(options, &given, error);
    }
    if (has_value) {
        given.value = word + len + 1;
    } else if (words->next < words->argc) {
        given.value = words->argv[words->next++];
    } else {
        return refuse(error, "needs a value: --", word, len);
    }
    return adl_optparse_given(options, &given, error);
}

/* Read a bundle of letters, of which the last may take a value. */
static int read_letters(struct adl_options *options, struct words *words,
                        const char *letters, struct adl_buf *error)
{
    for (const char *p = letters; *p != '\0'; p++) {
        struct adl_given given = {.option = find_letter(*p)};

        if (given.option == NULL) {
            return refuse_letter(error, *p);
        }
        bool is_last = given.option->arg != NULL;
        if (is_last && p[1] != '\0') {
            given.value = p + 1;
        } else if (is_last && words->next < words->argc) {
            given.value = words->argv[words->next++];
        } else if (is_last) {
            return refuse(error, "needs a value: -", p, 1);
        }
        int err = adl_optparse_given(options, &given, error);
        if (err < 0 || is_last) {
            return err;
        }
    }
    return 0;
}

int adl_optparse(struct adl_options *options, int argc, const char *const *argv,
                 struct adl_buf *error)
{
    struct words words = {.argc = argc, .argv = argv, .next = 1};
    bool is_over = false;
    int err = 0;

    while (err == 0 && words.next < argc) {
        const char *word = argv[words.next++];

        if (is_over || word[0] != '-' || word[1] == '\0') {
            err = adl_strlist_add(&options->operands, word);
        } else if (strcmp(word, "--") == 0) {
            is_over = true;
        } else if (word[1] == '-') {
            err = read_long(options, &words, word + 2, error);
        } else {
            err = read_letters(options, &words, word + 1, error);
        }
    }
    return err;
}
