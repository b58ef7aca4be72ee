/* SPDX-License-Identifier: MIT */
/** @file Bytes that somebody else keeps. */
#ifndef ASYNCDL_BYTES_H
#define ASYNCDL_BYTES_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A run of bytes; zero is none. Who owns them is said where it is used. */
struct asyncdl_bytes {
    const void *data; /**< may be NULL when len is 0 */
    size_t len;
};

#ifdef __cplusplus
}
#endif

#endif
