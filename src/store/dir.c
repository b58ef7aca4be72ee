/* SPDX-License-Identifier: MIT */
#include "store/dir.h"
