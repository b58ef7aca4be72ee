/* SPDX-License-Identifier: MIT */
/* Responses, in the few forms that pages need. */
#ifndef ADL_SITE_ANSWER_H
#define ADL_SITE_ANSWER_H

#include <microhttpd.h>

#include "site/exchange.h"

/*
 * A text with one more header (NULL: none). A value that no header can hold
 * is answered with a 400; the connection breaks off where memory is short.
 */
enum MHD_Result adl_answer_text(struct adl_exchange *ex, unsigned status,
                                const char *text, const char *name,
                                const char *value);

/* A 400 that says which part of the request is wrong. */
enum MHD_Result adl_answer_bad_request(struct adl_exchange *ex,
                                       const char *what);

/* Add a header that is printed. MHD_NO without memory or for bad bytes. */
enum MHD_Result adl_answer_addf(struct MHD_Response *response, const char *name,
                                const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

/* Send a response, taken in any case; NULL breaks the connection off. */
enum MHD_Result adl_answer_send(struct adl_exchange *ex, unsigned status,
                                struct MHD_Response *response);

#endif
