/* SPDX-License-Identifier: MIT */
#include "task/future.h"
