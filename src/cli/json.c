/* SPDX-License-Identifier: MIT */
#include "cli/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "util/redact.h"
#include "util/utf8.h"

/* Significant digits: microseconds of an attempt that took a day. */
#define FORMAT (JSON_COMPACT | JSON_REAL_PRECISION(12))

void adl_json_init(struct adl_json *json, struct adl_out *out)
{
    *json = (struct adl_json){.out = out};
}

void adl_json_finish(struct adl_json *json)
{
    adl_buf_finish(&json->text);
}

/* NULL without memory, as all here. */
static json_t *make_repaired(const char *text)
{
    struct adl_buf valid = {0};
    int err = adl_utf8_repair(&valid, text, strlen(text));
    json_t *string = err == 0 ? json_stringn(valid.data, valid.len) : NULL;

    adl_buf_finish(&valid);
    return string;
}

/* null for none, and for what is empty. */
static json_t *make_text(const char *text)
{
    if (text == NULL || text[0] == '\0') {
        return json_null();
    }
    return adl_utf8_is_valid(text, strlen(text)) ? json_string(text)
                                                 : make_repaired(text);
}

static json_t *make_url(struct adl_buf *scratch, const char *url)
{
    if (url == NULL) {
        return json_null();
    }
    return adl_redact_url(scratch, url) == 0 ? make_text(adl_buf_str(scratch))
                                             : NULL;
}

static json_t *make_state(enum asyncdl_state state)
{
    switch (state) {
    case ASYNCDL_DONE:
        return json_string("done");
    case ASYNCDL_SKIPPED:
        return json_string("skipped");
    default:
        return json_string("failed");
    }
}

/* Of a file that is there. */
static json_t *make_path(const struct asyncdl_result *result)
{
    return result->state != ASYNCDL_FAILED ? make_text(result->path)
                                           : json_null();
}

static json_t *make_status(int status)
{
    return status != 0 ? json_integer(status) : json_null();
}

/* A field of an object: its value is given up, NULL for want of memory. */
struct field {
    const char *key;
    json_t *value;
};

/* Takes all values. NULL where one is. */
static json_t *make_object(const struct field *fields, size_t n)
{
    json_t *object = json_object();
    int rc = object != NULL ? 0 : -1;

    for (size_t i = 0; i < n; i++) {
        if (rc == 0) {
            rc = json_object_set_new(object, fields[i].key, fields[i].value);
        } else {
            json_decref(fields[i].value);
        }
    }
    if (rc < 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

static json_t *make_times(const struct asyncdl_times *time)
{
    const struct field fields[] = {
        {"queue", json_real(time->queue_s)},
        {"dns", json_real(time->dns_s)},
        {"connect", json_real(time->connect_s)},
        {"tls", json_real(time->tls_s)},
        {"first_byte", json_real(time->first_byte_s)},
        {"total", json_real(time->total_s)},
    };

    return make_object(fields, N_OF(fields));
}

static json_t *make_result(struct adl_buf *scratch,
                           const struct asyncdl_result *result)
{
    const struct field fields[] = {
        {"url", make_url(scratch, result->url)},
        {"effective_url", make_url(scratch, result->effective_url)},
        {"index", json_integer((json_int_t)result->index)},
        {"state", make_state(result->state)},
        {"status", make_status(result->status)},
        {"path", make_path(result)},
        {"bytes", json_integer((json_int_t)result->bytes)},
        {"sha256", make_text(result->sha256)},
        {"attempts", json_integer((json_int_t)result->attempts)},
        {"retryable", json_boolean(result->retryable)},
        {"error", make_text(result->error)},
        {"http_version", make_text(result->http_version)},
        {"remote_ip", make_text(result->remote_ip)},
        {"time", make_times(&result->time)},
    };

    return make_object(fields, N_OF(fields));
}

int adl_json_add_line(struct adl_buf *buf, struct adl_buf *scratch,
                      const struct asyncdl_result *result)
{
    json_t *object = make_result(scratch, result);
    char *line = object != NULL ? json_dumps(object, FORMAT) : NULL;
    int err = line != NULL ? adl_buf_addf(buf, "%s\n", line) : -ENOMEM;

    free(line);
    json_decref(object);
    return err;
}

void adl_json_on_event(const struct asyncdl_event *event, void *data)
{
    struct adl_json *json = data;
    const struct asyncdl_result *result = event->result;

    if (event->type != ASYNCDL_EVENT_DONE || result->err == -ECANCELED) {
        return; /* what was stopped is not finished */
    }
    int err = adl_json_add_line(&json->out->text, &json->text, result);
    if (err < 0 && json->out->err == 0) {
        json->out->err = err;
    }
    adl_out_added(json->out);
}
