/* SPDX-License-Identifier: MIT */
#include "store/name.h"
