/* SPDX-License-Identifier: MIT */
#include "fetch/range.h"
