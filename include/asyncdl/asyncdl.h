/* SPDX-License-Identifier: MIT */
/** @file Everything: include this one. */
#ifndef ASYNCDL_ASYNCDL_H
#define ASYNCDL_ASYNCDL_H

#include "client.h"
#include "error.h"
#include "event.h"
#include "future.h"
#include "journal.h"
#include "report.h"
#include "request.h"
#include "trace.h"
#include "version.h"

#endif
