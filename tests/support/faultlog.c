/* SPDX-License-Identifier: MIT */
#include "support/faultlog.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "site/jsontext.h"

#define MAX_REQUESTS 20000
#define MAX_NAME     256

int faultlog_init(struct faultlog *log)
{
    log->requests = json_array();
    return log->requests != NULL ? 0 : -ENOMEM;
}

void faultlog_finish(struct faultlog *log)
{
    json_decref(log->requests);
    log->requests = NULL;
}

/* One line "Name: value" of len bytes. */
static void add_header(json_t *headers, const char *line, size_t len)
{
    char name[MAX_NAME];
    const char *colon = memchr(line, ':', len);
    size_t n = colon != NULL ? (size_t)(colon - line) : len;

    if (n >= sizeof(name)) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        name[i] = (char)tolower((unsigned char)line[i]);
    }
    name[n] = '\0';
    size_t skip = n < len ? n + 1 : n;
    while (skip < len && line[skip] == ' ') {
        skip++;
    }
    (void)json_object_set_new(headers, name,
                              adl_jsontext_create(line + skip, len - skip));
}

void faultlog_add(struct faultlog *log, const char *head, uint64_t connection)
{
    size_t method = strcspn(head, " \r");
    const char *target = head + method + (head[method] == ' ');
    size_t target_len = strcspn(target, " \r");
    json_t *headers = json_object();
    const char *line = strstr(head, "\r\n");

    for (; line != NULL && line[2] != '\0'; line = strstr(line + 2, "\r\n")) {
        size_t len = strcspn(line + 2, "\r");

        if (len > 0) {
            add_header(headers, line + 2, len);
        }
    }
    if (json_array_size(log->requests) >= MAX_REQUESTS) {
        (void)json_array_remove(log->requests, 0);
    }
    (void)json_array_append_new(
        log->requests,
        json_pack("{s:I, s:o, s:o, s:o}", "connection", (json_int_t)connection,
                  "method", adl_jsontext_create(head, method), "target",
                  adl_jsontext_create(target, target_len), "headers", headers));
}

uint64_t faultlog_count(const struct faultlog *log, const char *target)
{
    uint64_t n = 0;
    size_t i;
    json_t *request;

    json_array_foreach(log->requests, i, request)
    {
        const char *one = json_string_value(json_object_get(request, "target"));

        n += one != NULL && strcmp(one, target) == 0;
    }
    return n;
}

void faultlog_reset(struct faultlog *log)
{
    (void)json_array_clear(log->requests); /* fails for other types only */
}

char *faultlog_dump(const struct faultlog *log)
{
    return json_dumps(log->requests, JSON_INDENT(1));
}
