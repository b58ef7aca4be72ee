/* SPDX-License-Identifier: MIT */
#include "fetch/host.h"
