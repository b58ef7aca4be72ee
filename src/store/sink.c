/* SPDX-License-Identifier: MIT */
#include "store/sink.h"
