// SPDX-License-Identifier: MIT
// Every public header in one program of C++, and the initialisers that they
// define.
#include <asyncdl/asyncdl.h>

int main()
{
    asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    asyncdl_request request = ASYNCDL_REQUEST_INIT;

    return options.struct_size == sizeof(options) &&
                   request.struct_size == sizeof(request) &&
                   asyncdl_version()[0] != '\0'
               ? 0
               : 1;
}
