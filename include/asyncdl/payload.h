/* SPDX-License-Identifier: MIT */
/**
 * @file Big arguments for tasks, without copies.
 *
 *     asyncdl_payload_create(&payload, len);
 *     ...fill asyncdl_payload_get_data(payload)...
 *     options.payload = payload;
 *     asyncdl_pool_submit(&future, pool, &options);
 *     asyncdl_payload_release(payload);
 *
 * Any thread may call these functions.
 */
#ifndef ASYNCDL_PAYLOAD_H
#define ASYNCDL_PAYLOAD_H

#include <stddef.h>

#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes that reach a worker without being copied, however many they are. */
struct asyncdl_payload;

/**
 * Make room for a big argument, to be filled in by the caller. From some size
 * on it is memory that helpers share, so that it is never copied. The bytes
 * are zero.
 *
 * @param out  returned: release with asyncdl_payload_release()
 * @param len  bytes, at least 1
 * @return 0, -EINVAL, or -ENOMEM
 */
ASYNCDL_API int asyncdl_payload_create(struct asyncdl_payload **out,
                                       size_t len);

/** @return borrowed: its bytes, to be written before it is submitted */
ASYNCDL_API void *asyncdl_payload_get_data(struct asyncdl_payload *payload);

/** @return how many bytes it has */
ASYNCDL_API size_t
asyncdl_payload_get_len(const struct asyncdl_payload *payload);

/** @return @p payload with one more share, to be released */
ASYNCDL_API struct asyncdl_payload *asyncdl_payload_retain(
    struct asyncdl_payload *payload);

/** Give back a share; the last frees it. NULL is allowed. */
ASYNCDL_API void asyncdl_payload_release(struct asyncdl_payload *payload);

#ifdef __cplusplus
}
#endif

#endif
