/* SPDX-License-Identifier: MIT */
/* An observer: a JSON object in a line on stdout for each finished URL. */
#ifndef ADL_CLI_JSON_H
#define ADL_CLI_JSON_H

#include "asyncdl/event.h"
#include "cli/out.h"
#include "util/buf.h"

struct adl_json {
    struct adl_out *out; /* its err is set where an object cannot be told */
    struct adl_buf text;
};

void adl_json_init(struct adl_json *json, struct adl_out *out);
void adl_json_finish(struct adl_json *json);

/*
 * Append what came of a URL as one line. Bytes that are no UTF-8 become U+FFFD,
 * and secrets of URLs "***"; scratch is used for that. What does not apply is
 * null. 0 or -ENOMEM.
 */
int adl_json_add_line(struct adl_buf *buf, struct adl_buf *scratch,
                      const struct asyncdl_result *result);

/* data is the struct adl_json. */
void adl_json_on_event(const struct asyncdl_event *event, void *data);

#endif
