/* SPDX-License-Identifier: MIT */
#include "store/names.h"
