/* SPDX-License-Identifier: MIT */
/**
 * @file What to download, and what came of it.
 *
 * Fill a struct asyncdl_request from ASYNCDL_REQUEST_INIT and hand it to
 * asyncdl_fetch() (client.h). Everything in it is copied.
 */
#ifndef ASYNCDL_REQUEST_H
#define ASYNCDL_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A download under way, from asyncdl_fetch() until its done callback. */
struct asyncdl_transfer;

/** Where the body of a successful answer goes. */
enum asyncdl_body {
    ASYNCDL_BODY_FILE = 0, /**< a file below the client's directory */
    ASYNCDL_BODY_MEMORY,   /**< struct asyncdl_result's body */
    ASYNCDL_BODY_STREAM,   /**< on_body, piece by piece */
    ASYNCDL_BODY_DISCARD,  /**< counted and dropped */
};

/** A piece of a body. */
struct asyncdl_chunk {
    const void *bytes; /**< borrowed until the callback returns */
    size_t len;        /**< at least 1 */
    /**
     * Where in the body the piece belongs. Pieces come in order without gaps;
     * a piece with offset 0 starts the body over, because an attempt broke off
     * and the server could not go on where it stopped.
     */
    uint64_t offset;
};

/** Answer of an on_body callback: stop reading after this piece. */
#define ASYNCDL_PAUSE 1

/**
 * Takes a piece of a body.
 *
 * @return 0 to go on; ASYNCDL_PAUSE to stop the socket until
 * asyncdl_transfer_resume(), which may also be called before this returns, with
 * this piece taken; a negative code to fail the download with it, for good
 */
typedef int (*asyncdl_body_cb)(struct asyncdl_transfer *transfer,
                               const struct asyncdl_chunk *chunk, void *data);

/** Flags of a request. */
enum asyncdl_request_flags {
    ASYNCDL_REQUEST_OVERWRITE = 1u << 0, /**< replace a file of that name */
};

/** One download. Zero in a field means its default. */
struct asyncdl_request {
    size_t struct_size; /**< set by ASYNCDL_REQUEST_INIT */
    const char *url;    /**< required */
    /** NULL-terminated; tried in turn after @p url (default none). */
    const char *const *mirrors;
    enum asyncdl_body body; /**< default ASYNCDL_BODY_FILE */
    unsigned flags;         /**< of enum asyncdl_request_flags */
    /**
     * Folder below the client's directory, '/' between its parts; made safe
     * (default: the directory itself).
     */
    const char *dir;
    /**
     * File name, taken literally and made safe; '/' makes folders (default:
     * from the client's name template).
     */
    const char *name;
    /** Position in a list, from 1, for {index} (default: counted). */
    uint64_t index;
    /**
     * "sha-256=HEX", sha-512, sha-1, md5: what the decoded body must hash to
     * (default: what the server says, where it does so with Content-Digest,
     * Repr-Digest or Digest of a body that is not decoded).
     */
    const char *checksum;
    const char *const *headers; /**< NULL-terminated "Name: value" */
    const char *referer;        /**< default: the client's */
    const char *user_agent;     /**< default: the client's */
    /**
     * Most bytes of the decoded body (default: the client's; for
     * ASYNCDL_BODY_MEMORY at most 64 MiB where neither is set).
     */
    uint64_t max_size_bytes;
    asyncdl_body_cb on_body; /**< required by ASYNCDL_BODY_STREAM */
};

#define ASYNCDL_REQUEST_INIT                          \
    {                                                 \
        .struct_size = sizeof(struct asyncdl_request) \
    }

/** What became of a request. */
enum asyncdl_state {
    ASYNCDL_DONE,    /**< complete, and correct as far as could be checked */
    ASYNCDL_SKIPPED, /**< nothing was to be done, or a file was in the way */
    ASYNCDL_FAILED,  /**< err and error say why */
};

/** Seconds from the start of the last attempt, and in our own queues. */
struct asyncdl_times {
    double queue_s;      /**< waiting in the client, over all attempts */
    double dns_s;        /**< until the name was resolved */
    double connect_s;    /**< until connected */
    double tls_s;        /**< until the TLS handshake was done; 0 without */
    double first_byte_s; /**< until the first byte of the answer */
    double total_s;      /**< until the end */
};

/** How a download ended. Strings and bytes are borrowed: see the callback. */
struct asyncdl_result {
    enum asyncdl_state state;
    int err;           /**< 0, or why it failed or was skipped */
    const char *error; /**< one line, never NULL; "" when err is 0 */
    bool retryable;    /**< another run can help */
    int status;        /**< HTTP status of the last answer, 0 without one */
    unsigned attempts; /**< requests sent, redirects not counted */
    uint64_t index;    /**< as in the request */
    const char *url;   /**< as in the request, credentials included */
    const char *effective_url; /**< after mirrors and redirects */
    const char *path;          /**< below the client's directory, or NULL */
    /** Of the decoded body; of a file that failed as sent. */
    uint64_t bytes;
    const void *body;         /**< ASYNCDL_BODY_MEMORY, else NULL */
    const char *http_version; /**< "1.0", "1.1", "2", "3" or "" */
    const char *remote_ip;    /**< "" without a connection */
    struct asyncdl_times time;
    /**
     * 64 hexadecimal digits, of the decoded body; NULL where it is not known:
     * for want of ASYNCDL_CLIENT_SHA256, or of a whole body.
     */
    const char *sha256;
    uint64_t bytes_resumed; /**< of bytes, what an earlier client has left */
    /** With ASYNCDL_CLIENT_PLAN: the server may choose another name than path.
     */
    bool is_name_open;
};

#ifdef __cplusplus
}
#endif

#endif
