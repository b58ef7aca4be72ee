/* SPDX-License-Identifier: MIT */
/* What a Content-Disposition header calls the file (RFC 6266). Pure. */
#ifndef ADL_STORE_DISPOSITION_H
#define ADL_STORE_DISPOSITION_H

#include "util/buf.h"

/*
 * Write the name to buf, replacing what it held: any bytes, but no folders ('/'
 * and '\' both part them) and never none. header is the field's value. 0,
 * -ENOENT where it gives no name, or -ENOMEM.
 */
int adl_disposition_get_name(struct adl_buf *buf, const char *header);

#endif
