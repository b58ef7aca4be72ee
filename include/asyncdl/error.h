/* SPDX-License-Identifier: MIT */
/**
 * @file The one error space.
 *
 * Functions answer 0 or a negative code. A code is -errno (libuv's codes pass
 * through unchanged) for faults of this machine, or one of ASYNCDL_E* for what
 * the network, a server, a list or a worker did. Any thread may call these
 * functions.
 */
#ifndef ASYNCDL_ERROR_H
#define ASYNCDL_ERROR_H

#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What went wrong, where no errno says it. */
enum asyncdl_error {
    ASYNCDL_EHTTP = -5001,        /**< the server answered with an error */
    ASYNCDL_EURL = -5002,         /**< not a URL that can be fetched */
    ASYNCDL_ESCHEME = -5003,      /**< scheme not allowed */
    ASYNCDL_ERESOLVE = -5004,     /**< host name not found */
    ASYNCDL_ECONNECT = -5005,     /**< refused or unreachable */
    ASYNCDL_ECONNTIMEOUT = -5006, /**< not connected in time */
    ASYNCDL_ETLS = -5007,         /**< TLS handshake failed */
    ASYNCDL_ECERT = -5008,        /**< certificate not trusted */
    ASYNCDL_EPROXY = -5009,       /**< the proxy refused or failed */
    ASYNCDL_ERESET = -5010,       /**< connection broke */
    ASYNCDL_ECUT = -5011,         /**< body ended before its length */
    ASYNCDL_ESTALL = -5012,       /**< no byte within the stall timeout */
    ASYNCDL_EMAXTIME = -5013,     /**< attempt took longer than allowed */
    ASYNCDL_EPROTOCOL = -5014,    /**< answer is not valid HTTP */
    ASYNCDL_EHEADERS = -5015,     /**< headers too large or too many */
    ASYNCDL_ETOOBIG = -5016,      /**< body larger than allowed */
    ASYNCDL_EENCODING = -5017,    /**< content encoding broken */
    ASYNCDL_EREDIRECT = -5018,    /**< redirect to a refused target */
    ASYNCDL_EREDIRECTS = -5019,   /**< too many redirects */
    ASYNCDL_ERANGE = -5020,       /**< wrong answer to a range request */
    ASYNCDL_ECHECKSUM = -5021,    /**< body differs from its checksum */
    ASYNCDL_EEXISTS = -5022,      /**< a file has that name; left alone */
    ASYNCDL_EHELD = -5023,        /**< host asks for too long a quiet */
    ASYNCDL_ENOTBUILT = -5024,    /**< not in this build or its libcurl */
    ASYNCDL_EINWAY = -5025,       /**< what is there already is in the way */
    ASYNCDL_EINUSE = -5026,       /**< another run works in the folder */
    ASYNCDL_EJOURNAL = -5027,     /**< journal damaged, or no journal */
    ASYNCDL_EJOURNALNEW = -5028,  /**< journal of a newer asyncdl */
    ASYNCDL_ECHANGED = -5029,     /**< file changed since saved; left alone */
    ASYNCDL_ECLOSED = -5030,      /**< closed: takes nothing any more */
    ASYNCDL_EDIED = -5031,        /**< its worker died in the task */
    ASYNCDL_ETASKTIME = -5032,    /**< task ran longer than allowed */
    ASYNCDL_ERESULT = -5033,      /**< result larger than allowed */
    ASYNCDL_EFRAME = -5034,       /**< a helper sent what makes no sense */
    ASYNCDL_ENOHOOK = -5035,      /**< asyncdl_main_hook() was never called */
    ASYNCDL_ENOFUNC = -5036,      /**< function that no helper can find */
    ASYNCDL_EOWNERDIED = -5037,   /**< the lock's last holder died */
    ASYNCDL_EPINNED = -5038,      /**< not the public key that was pinned */
    ASYNCDL_EOWNCERT = -5039,     /**< no client certificate that will do */
};

/**
 * Describe @p err in a few words, such as "host name not found".
 *
 * @return a constant string, never NULL, also for codes that do not exist
 */
ASYNCDL_API const char *asyncdl_strerror(int err);

/**
 * Name @p err, such as "ERESOLVE", for logs and JSON.
 *
 * @return a constant string, never NULL; "UNKNOWN" for codes that do not exist
 */
ASYNCDL_API const char *asyncdl_err_name(int err);

#ifdef __cplusplus
}
#endif

#endif
