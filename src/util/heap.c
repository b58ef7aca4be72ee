/* SPDX-License-Identifier: MIT */
#include "util/heap.h"
