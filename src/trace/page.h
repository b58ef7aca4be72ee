/* SPDX-License-Identifier: MIT */
/* The files *.css and page.js of this folder, as embed.py puts them into the
 * library. */
#ifndef ADL_TRACE_PAGE_H
#define ADL_TRACE_PAGE_H

#include <stddef.h>

extern const char adl_page_diagram_css[];
extern const size_t adl_page_diagram_css_len;
extern const char adl_page_css[]; /* diagram.css and page.css */
extern const size_t adl_page_css_len;
extern const char adl_page_js[];
extern const size_t adl_page_js_len;

/* Which of them a page may use, for its Content-Security-Policy. */
extern const char adl_page_css_hash[]; /* "sha256-..." */
extern const char adl_page_js_hash[];

#endif
