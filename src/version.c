/* SPDX-License-Identifier: MIT */
#include "asyncdl/version.h"

const char *asyncdl_version(void)
{
    return ASYNCDL_VERSION;
}
