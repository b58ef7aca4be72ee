/* SPDX-License-Identifier: MIT */
#include "fetch/sched.h"
