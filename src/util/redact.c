/* SPDX-License-Identifier: MIT */
#include "util/redact.h"
