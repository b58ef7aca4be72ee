/* SPDX-License-Identifier: MIT */
/** @file Visibility of what the library exports. */
#ifndef ASYNCDL_EXPORT_H
#define ASYNCDL_EXPORT_H

#if defined(__GNUC__)
#define ASYNCDL_API __attribute__((visibility("default")))
#else
#define ASYNCDL_API
#endif

#endif
