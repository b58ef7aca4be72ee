/* SPDX-License-Identifier: MIT */
/*
 * The syntax of curl's config files: one option a line, as "--name value",
 * "name = value" or "name: value"; a value in double quotes may hold blanks and
 * \" \\ \t \n \r \v; lines that begin with # are comments.
 */
#ifndef ADL_CLI_CONFIG_H
#define ADL_CLI_CONFIG_H

#include <stddef.h>
#include <stdint.h>

/* One option of the file. */
struct adl_config_item {
    uint64_t line;
    const char *name;  /* with its dashes when it had some */
    const char *value; /* NULL when there was none */
};

/* Takes an option; a negative code ends the reading. Strings are borrowed. */
typedef int (*adl_config_cb)(const struct adl_config_item *item, void *data);

/*
 * Read a config file's text, which is changed on the way and ends in NUL.
 * *out_line is the line at which it ended early, set on failure only.
 * 0, -EINVAL for a quote without an end or text behind a value, or what
 * on_item answered.
 */
int adl_config_read(uint64_t *out_line, char *text, adl_config_cb on_item,
                    void *data);

#endif
