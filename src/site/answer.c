/* SPDX-License-Identifier: MIT */
#include "site/answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_VALUE 512

enum MHD_Result adl_answer_addf(struct MHD_Response *response, const char *name,
                                const char *format, ...)
{
    char value[MAX_VALUE];
    va_list args;

    va_start(args, format);
    int len = vsnprintf(value, sizeof(value), format, args);
    va_end(args);
    if (len < 0 || len >= MAX_VALUE) {
        return MHD_NO;
    }
    return MHD_add_response_header(response, name, value);
}

enum MHD_Result adl_answer_send(struct adl_exchange *ex, unsigned status,
                                struct MHD_Response *response)
{
    if (response == NULL) {
        return MHD_NO;
    }
    enum MHD_Result ok = MHD_queue_response(ex->connection, status, response);
    MHD_destroy_response(response);
    return ok;
}

enum MHD_Result adl_answer_bad_request(struct adl_exchange *ex,
                                       const char *what)
{
    char text[160];
    int len = snprintf(text, sizeof(text), "bad request: %s\n", what);
    size_t size = len > 0 && (size_t)len < sizeof(text) ? (size_t)len : 0;

    return adl_answer_send(
        ex, MHD_HTTP_BAD_REQUEST,
        MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_COPY));
}

enum MHD_Result adl_answer_text(struct adl_exchange *ex, unsigned status,
                                const char *text, const char *name,
                                const char *value)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);

    if (response != NULL &&
        MHD_add_response_header(response, "Content-Type",
                                "text/plain; charset=utf-8") == MHD_NO) {
        MHD_destroy_response(response);
        response = NULL;
    }
    if (response != NULL && name != NULL &&
        MHD_add_response_header(response, name, value) == MHD_NO) {
        MHD_destroy_response(response);
        return adl_answer_bad_request(ex, "no header can hold this");
    }
    return adl_answer_send(ex, status, response);
}
