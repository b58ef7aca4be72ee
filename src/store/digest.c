/* SPDX-License-Identifier: MIT */
#include "store/digest.h"
