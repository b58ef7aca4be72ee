/* SPDX-License-Identifier: MIT */
#include "util/rng.h"
