/* SPDX-License-Identifier: MIT */
/** @file Everything: include this one. */
#ifndef ASYNCDL_ASYNCDL_H
#define ASYNCDL_ASYNCDL_H

#include "bytes.h"
#include "client.h"
#include "error.h"
#include "event.h"
#include "future.h"
#include "journal.h"
#include "lag.h"
#include "lock.h"
#include "payload.h"
#include "pool.h"
#include "process.h"
#include "queue.h"
#include "report.h"
#include "request.h"
#include "task.h"
#include "trace.h"
#include "version.h"

#endif
