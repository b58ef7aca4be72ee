/* SPDX-License-Identifier: MIT */
/*
 * From a URL, a template, a list or a server's header to a safe file name.
 * Pure.
 *
 * A safe path is relative, has no empty component and none of more than 255
 * bytes, none that starts with a dot, no control bytes (0-31, 127), no
 * backslash, no controls or marks of direction in UTF-8 (util/utf8.h), and is
 * at most ADL_NAME_PATH_MAX bytes long. What is not safe is
 * replaced by '_'; what is too long is cut at a UTF-8 boundary and ends with
 * '~' and 8 hex digits of a hash of the whole, before its extension where that
 * is short (at most 16 bytes).
 */
#ifndef ADL_STORE_NAME_H
#define ADL_STORE_NAME_H

#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

#define ADL_NAME_COMPONENT_MAX 255
#define ADL_NAME_PATH_MAX      3500

/* What a template can refer to. */
struct adl_name_source {
    const char *url;      /* whole: for {urlhash} */
    const char *host;     /* without port, brackets or user */
    const char *url_path; /* percent-encoded, begins with '/'; may be "" */
    uint64_t index;
};

/*
 * Is it a template that adl_name_expand() takes? 0, or -EINVAL with why in
 * *out_why, a constant string.
 */
int adl_name_check_template(const char *text, const char **out_why);

/*
 * Expand a checked template into a safe path, replacing what buf held. {name}
 * {stem} {ext} {host} {index} {index:08} {urlhash} never add a '/'; {path}
 * keeps the folders of the URL. '/' in the template itself makes folders.
 * {ext} is the extension without its dot, "" where there is none; {stem} is
 * {name} without dot and extension. {urlhash} is 16 hex digits of a hash of the
 * URL that is the same on all machines and in all versions (util/hash.h). "{{"
 * and "}}" stand for braces. 0 or -ENOMEM.
 */
int adl_name_expand(struct adl_buf *buf, const char *text,
                    const struct adl_name_source *source);

/*
 * Make any bytes a safe path, '/' making folders; an empty one becomes "_".
 * 0 or -ENOMEM.
 */
int adl_name_make_safe(struct adl_buf *buf, const char *bytes, size_t len);

/*
 * The safe file name that a Content-Disposition header gives, without folders:
 * filename* (RFC 8187, UTF-8 and ISO-8859-1) before filename. 0, -ENOENT where
 * it gives none, or -ENOMEM.
 */
int adl_name_from_disposition(struct adl_buf *buf, const char *header);

/*
 * The name that the n-th (from 2) claimant of path gets: "path~n", cut so that
 * the last component keeps to 255 bytes, and the whole to ADL_NAME_PATH_MAX.
 * What is cut has a hash of the whole, so that long names that differ stay
 * apart. path lies outside of buf. 0 or -ENOMEM.
 */
int adl_name_number(struct adl_buf *buf, const char *path, uint32_t n);

#endif
