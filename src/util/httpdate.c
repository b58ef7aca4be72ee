/* SPDX-License-Identifier: MIT */
#include "util/httpdate.h"
