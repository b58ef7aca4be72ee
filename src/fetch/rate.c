/* SPDX-License-Identifier: MIT */
#include "fetch/rate.h"
