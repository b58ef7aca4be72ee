/* SPDX-License-Identifier: MIT */
#include "asyncdl/version.h"

#include <curl/curl.h>

const char *asyncdl_version(void)
{
    return ASYNCDL_VERSION;
}

const char *asyncdl_engine_version(void)
{
    return curl_version();
}
