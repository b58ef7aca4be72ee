/* SPDX-License-Identifier: MIT */
#include "fetch/retry.h"
