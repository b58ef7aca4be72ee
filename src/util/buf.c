/* SPDX-License-Identifier: MIT */
#include "util/buf.h"
