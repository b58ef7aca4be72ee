/* SPDX-License-Identifier: MIT */
/** @file The version of the library. Any thread may call these functions. */
#ifndef ASYNCDL_VERSION_H
#define ASYNCDL_VERSION_H

#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @return the library's version, "MAJOR.MINOR.PATCH"; a constant string */
ASYNCDL_API const char *asyncdl_version(void);

/** @return the HTTP engine beneath, such as "libcurl/7.88.1 OpenSSL/3.0.19" */
ASYNCDL_API const char *asyncdl_engine_version(void);

#ifdef __cplusplus
}
#endif

#endif
