/* SPDX-License-Identifier: MIT */
/**
 * @file Downloads on a loop.
 *
 *     struct asyncdl_client *client;
 *     asyncdl_client_open(&client, loop, NULL);
 *     asyncdl_fetch(NULL, client, &request, on_done, data);  (any number)
 *     uv_run(loop, UV_RUN_DEFAULT);
 *     asyncdl_client_close(client, on_closed, data);
 *     uv_run(loop, UV_RUN_DEFAULT);
 *
 * A client belongs to the thread that runs its loop: call everything here from
 * that thread. Any number of clients may share a loop, and any number of loops
 * may run in a process. Callbacks run on the loop's thread, never inside the
 * call that caused them, and may call anything, asyncdl_client_close()
 * included. A client keeps uv_run() going while it has work, and only then.
 */
#ifndef ASYNCDL_CLIENT_H
#define ASYNCDL_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "export.h"
#include "request.h"

#ifdef __cplusplus
extern "C" {
#endif

struct uv_loop_s; /* is uv_loop_t; naming it spares users uv.h */
struct asyncdl_future;

/** Downloads on one loop. */
struct asyncdl_client;

/** In a signed field whose zero means a default: none at all. */
#define ASYNCDL_NONE (-1)

/** Which HTTP to speak. */
enum asyncdl_http_version {
    ASYNCDL_HTTP_AUTO = 0, /**< what serves best with this libcurl */
    ASYNCDL_HTTP_1_1,
    /**
     * Over TLS; 1.1 where the server has no 2, and, with a libcurl before 8.0,
     * for answers that tell no length: it takes cut ones for whole.
     */
    ASYNCDL_HTTP_2,
    ASYNCDL_HTTP_3, /**< ASYNCDL_ENOTBUILT where libcurl has none */
};

/** Which addresses to connect to. */
enum asyncdl_ip_version {
    ASYNCDL_IP_ANY = 0,
    ASYNCDL_IP_V4,
    ASYNCDL_IP_V6,
};

/** Least TLS version to accept. */
enum asyncdl_tls_version {
    ASYNCDL_TLS_DEFAULT = 0, /**< libcurl's: 1.2 or better */
    ASYNCDL_TLS_1_0,
    ASYNCDL_TLS_1_1,
    ASYNCDL_TLS_1_2,
    ASYNCDL_TLS_1_3,
};

/** Whether to remember what became of requests. */
enum asyncdl_journal_mode {
    ASYNCDL_JOURNAL_NONE = 0, /**< no; every file is a stranger's */
    /**
     * In DIR/.asyncdl/journal.db, made if missing. A request that was done
     * before, by its URL and what names its file (dir, name, else the client's
     * name_template) and the how-many-th time these are requested, completes as
     * ASYNCDL_SKIPPED with err 0 where its file is as it was left; half a body
     * is gone on with; every request keeps its name. One client at a time may
     * use a directory so, and none that has ASYNCDL_CLIENT_ALONE beside it.
     * Only files are remembered: ASYNCDL_BODY_FILE. One that was changed since
     * completes as ASYNCDL_SKIPPED with ASYNCDL_ECHANGED, one of a stranger
     * with ASYNCDL_EEXISTS.
     */
    ASYNCDL_JOURNAL_KEEP,
    /**
     * Likewise, but nothing counts as done: files are downloaded again, those
     * replaced that are as they were left. A journal that cannot be read is set
     * aside as journal.db.old.
     */
    ASYNCDL_JOURNAL_RESTART,
};

/** What of a finished file is made to outlast a power cut. */
enum asyncdl_fsync {
    ASYNCDL_FSYNC_NONE = 0, /**< what the system has written by itself */
    /**
     * No file is empty or torn under its name: before many files get theirs,
     * their file system is synced. Names last from the next sync on, and when
     * the client is closed.
     */
    ASYNCDL_FSYNC_BATCH,
    /** Each file with its name, before it is told. Slow. */
    ASYNCDL_FSYNC_FILE,
};

/** Flags of a client. */
enum asyncdl_client_flags {
    /** Set a file's time from Last-Modified. */
    ASYNCDL_CLIENT_REMOTE_TIME = 1u << 0,
    /** Let the server name files with Content-Disposition. */
    ASYNCDL_CLIENT_CONTENT_DISPOSITION = 1u << 1,
    /** Do not verify the server's certificate. */
    ASYNCDL_CLIENT_INSECURE = 1u << 2,
    /**
     * Ask for compressed bodies (gzip, deflate) and decode them: files on the
     * loop's threadpool as they are written, others on the loop.
     */
    ASYNCDL_CLIENT_COMPRESSED = 1u << 3,
    /** Take user names and passwords from netrc_file where it has them. */
    ASYNCDL_CLIENT_NETRC = 1u << 4,
    /**
     * Hash every body with SHA-256: struct asyncdl_result's sha256. A file's is
     * hashed on the loop's threadpool as it is written, others on the loop.
     */
    ASYNCDL_CLIENT_SHA256 = 1u << 5,
    /**
     * With a journal: hash files that were done before, and download those
     * again that are not what they were.
     */
    ASYNCDL_CLIENT_VERIFY = 1u << 6,
    /**
     * Download nothing, only say what would be. A request completes once its
     * name and standing are known, in the order of requests: as
     * ASYNCDL_SKIPPED or ASYNCDL_FAILED where it would before its first
     * attempt, else as ASYNCDL_DONE with attempts 0, no status, and in bytes
     * how much of it is there already to go on with; what is expected of the
     * whole is the total of its event. No connection is opened; no file or
     * folder is made, changed or locked, the journal and its directory
     * included, which another client may be using meanwhile.
     */
    ASYNCDL_CLIENT_PLAN = 1u << 7,
    /**
     * Save files in the directory beside no other client, of this program or
     * another, that has this flag or a journal there; with a journal that is
     * so anyway. Clients with neither keep nobody out. Locked from the first
     * file until the client is closed, where the file system has locks;
     * nothing is made before. Another that is at work by then is told by
     * asyncdl_client_open(); one that came in between by the first file, which
     * fails with ASYNCDL_EINUSE, and so do all that follow: none was saved.
     */
    ASYNCDL_CLIENT_ALONE = 1u << 8,
};

/** How requests are sent. Strings are copied; NULL means the default. */
struct asyncdl_http_options {
    const char *user_agent; /**< default "asyncdl/VERSION"; "" sends none */
    const char *referer;    /**< default none */
    const char *const
        *headers;              /**< NULL-terminated "Name: value", as curl -H */
    const char *cookie;        /**< "NAME=VALUE; ..." sent with each request */
    const char *cookie_file;   /**< read at open, Netscape or header format */
    const char *cookie_jar;    /**< written at close; turns cookies on */
    const char *user_password; /**< "USER:PASSWORD", to the first host only */
    const char *netrc_file;    /**< for ASYNCDL_CLIENT_NETRC */
    const char *bearer;        /**< OAuth 2.0 token, to the first host only */
    const char *proxy;         /**< for http and https alike (default none) */
    const char *http_proxy;    /**< for http where proxy is not set */
    const char *https_proxy;   /**< for https where proxy is not set */
    const char *no_proxy;      /**< hosts parted by commas, "*" for all */
    const char *ca_file;       /**< PEM, read once (default: libcurl's) */
    const char *ca_path;       /**< hashed folders to trust beside ca_file,
                                    parted by ':' */
    const char *cert_file;     /**< client certificate, PEM */
    const char *key_file;      /**< its key, PEM (in cert_file) */
    const char *key_password;  /**< of the key; nobody is asked for it */
    const char *pinned_key;    /**< "sha256//BASE64;...", or a file with a
                                    public key, PEM or DER */
    const char *const *resolve; /**< NULL-terminated "HOST:PORT:ADDRESS" */
    /** NULL-terminated "HOST:PORT:TO_HOST:TO_PORT", empty parts match all. */
    const char *const *connect_to;
    /**
     * Name servers to ask for the hosts of URLs and of connect_to, instead of
     * the system's: addresses parted by commas, each with a port if it is not
     * 53: "192.0.2.1,127.0.0.1:5353,[2001:db8::1]:53", at most 16. /etc/hosts
     * still comes first, and resolve before all; search domains are not tried.
     * What a proxy is told by name is not asked for; the proxy's own name is
     * the system's to look up. An answer is kept as long as its TTL says, from
     * 1 s to 5 minutes. ASYNCDL_ENOTBUILT where the library is built without
     * c-ares, whatever libcurl has.
     */
    const char *dns_servers;
    const char *interface_name; /**< to send from: name or address */
    const char *unix_socket;    /**< path of a socket to connect to */
    const char *protocols;      /**< of http and https (default "http,https") */
    enum asyncdl_http_version version;  /**< default ASYNCDL_HTTP_AUTO */
    enum asyncdl_ip_version ip_version; /**< default ASYNCDL_IP_ANY */
    enum asyncdl_tls_version tls_min;   /**< default ASYNCDL_TLS_DEFAULT */
    uint32_t reserved;                  /**< zero */
};

/** Options for asyncdl_client_open(). Zero in a field means its default. */
struct asyncdl_client_options {
    size_t struct_size; /**< set by ASYNCDL_CLIENT_OPTIONS_INIT */
    const char *dir;    /**< copied; made when a file needs it (".") */
    /**
     * Copied; with {name} {stem} {ext} {host} {path} {index} {index:08}
     * {urlhash} ("{name}").
     */
    const char *name_template;
    unsigned flags;      /**< of enum asyncdl_client_flags (none) */
    uint32_t max_active; /**< transfers at once in all (128) */
    /**
     * At once to one host (0: found out by itself). At most 100 where HTTP/2
     * is spoken by a libcurl before 8.0, which carries more of them badly.
     */
    uint32_t max_per_host;
    uint32_t n_queue_low; /**< see asyncdl_client_on_want() (4 * max_active) */
    uint64_t rate_bps;    /**< bytes a second in all (no limit) */
    /** To one host: at most host_rate_n requests in host_rate_ms (no limit). */
    uint32_t host_rate_n;
    uint32_t host_rate_ms;
    int32_t n_retries;           /**< (4); ASYNCDL_NONE for none */
    uint32_t retry_delay_ms;     /**< first delay; doubles each time (1000) */
    uint64_t retry_max_ms;       /**< from first failure to last try (600000) */
    uint64_t connect_timeout_ms; /**< DNS, TCP, TLS (30000) */
    uint64_t stall_timeout_ms;   /**< without a byte (30000) */
    uint64_t max_time_ms;        /**< for an attempt (no limit) */
    uint64_t max_size_bytes;     /**< of a decoded body (no limit) */
    int32_t max_redirects;       /**< (20); ASYNCDL_NONE for none */
    enum asyncdl_journal_mode journal; /**< (ASYNCDL_JOURNAL_NONE) */
    enum asyncdl_fsync fsync;          /**< (ASYNCDL_FSYNC_NONE) */
    uint32_t reserved;                 /**< zero */
    struct asyncdl_http_options http;
};

#define ASYNCDL_CLIENT_OPTIONS_INIT                          \
    {                                                        \
        .struct_size = sizeof(struct asyncdl_client_options) \
    }

/** Reports that a close has finished. @p data is what the closer passed. */
typedef void (*asyncdl_close_cb)(void *data);

/**
 * Reports the end of a download, exactly once for each accepted request.
 * Everything in @p result is borrowed until the callback returns.
 */
typedef void (*asyncdl_done_cb)(const struct asyncdl_result *result,
                                void *data);

/**
 * Asks for up to @p n_wanted more requests, to be made now or later with
 * asyncdl_fetch(). Called again only after at least one was made.
 */
typedef void (*asyncdl_want_cb)(size_t n_wanted, void *data);

/**
 * Open a client on @p loop. Waits for the disk where files are read and, with a
 * journal, where that is; and, in a program that has threads, some 10 ms for
 * the kernel to make room for the descriptors that max_active may take.
 *
 * @param out   set on success only; release with asyncdl_client_close()
 * @param loop  borrowed: must outlive the client
 * @param opts  copied; NULL means every default
 * @return 0, -EINVAL for an option out of range, ASYNCDL_ENOTBUILT for one that
 * this build or its libcurl lacks, -errno for a file that cannot be read,
 * ASYNCDL_EOWNCERT for a key that is not that of cert_file or does not open, or
 * -ENOMEM; with a journal or ASYNCDL_CLIENT_ALONE, ASYNCDL_EINUSE where another
 * client works in the directory so, and ASYNCDL_EINWAY where what has the name
 * of a file to make or lock there is none; with a journal ASYNCDL_EJOURNAL
 * where it is damaged or no journal, ASYNCDL_EJOURNALNEW where it is a newer
 * asyncdl's, and -errno where the directory or the journal cannot be made or
 * written. Nothing that is there is changed then.
 */
ASYNCDL_API int asyncdl_client_open(struct asyncdl_client **out,
                                    struct uv_loop_s *loop,
                                    const struct asyncdl_client_options *opts);

/**
 * Cancel what is left, free the client, then call @p on_closed once.
 *
 * Every pending request first completes with -ECANCELED. Returns at once; the
 * loop must keep running until @p on_closed, which may be NULL. Callbacks that
 * run until then may still use the client, but not close it again;
 * asyncdl_fetch() then answers -ECANCELED. With a journal, what has come of a
 * body stays for a later client to go on with. Not NULL.
 */
ASYNCDL_API void asyncdl_client_close(struct asyncdl_client *client,
                                      asyncdl_close_cb on_closed, void *data);

/**
 * Accept a download.
 *
 * @param out      the transfer, valid until @p on_done returns; may be NULL
 * @param request  copied
 * @param on_done  called once, later, on the loop; may be NULL
 * @return 0; ASYNCDL_EURL or ASYNCDL_ESCHEME for its URL or a mirror; -EINVAL
 * for a field out of range; -ENOMEM; -ECANCELED after asyncdl_client_close().
 * On failure on_done is never called.
 */
ASYNCDL_API int asyncdl_fetch(struct asyncdl_transfer **out,
                              struct asyncdl_client *client,
                              const struct asyncdl_request *request,
                              asyncdl_done_cb on_done, void *data);

/**
 * Tell whether asyncdl_fetch() would accept a request, without a client. Any
 * thread may call it.
 *
 * @param request  borrowed until it returns
 * @param opts     of the client that it is for; NULL means every default
 * @return as asyncdl_fetch(), or -EINVAL for an option out of range
 */
ASYNCDL_API int asyncdl_request_check(
    const struct asyncdl_request *request,
    const struct asyncdl_client_options *opts);

/**
 * Accept a download and return its future.
 *
 * The future's result is a struct asyncdl_result that lives as long as the
 * future. asyncdl_future_cancel() cancels the download.
 *
 * @param out  returned: release with asyncdl_future_release()
 * @return as asyncdl_fetch(); -EINVAL for ASYNCDL_BODY_STREAM, whose pieces go
 * to a callback
 */
ASYNCDL_API int asyncdl_fetch_future(struct asyncdl_future **out,
                                     struct asyncdl_client *client,
                                     const struct asyncdl_request *request);

/**
 * Cancel a transfer: its done callback follows with -ECANCELED, later on the
 * loop. No file appears. Does nothing where its end is decided already. The
 * transfer is one of asyncdl_fetch() whose done callback has not returned yet;
 * so it is for the next two, too.
 */
ASYNCDL_API void asyncdl_transfer_cancel(struct asyncdl_transfer *transfer);

/**
 * Stop reading the transfer's body, until asyncdl_transfer_resume(). The
 * server is held back by TCP; the stall timeout does not run, max_time_ms does.
 * Pausing twice is pausing once.
 */
ASYNCDL_API void asyncdl_transfer_pause(struct asyncdl_transfer *transfer);

/** Go on after ASYNCDL_PAUSE or asyncdl_transfer_pause(). */
ASYNCDL_API void asyncdl_transfer_resume(struct asyncdl_transfer *transfer);

/**
 * Tell @p on_event of everything that happens from now on, until the client
 * is closed: the last event is the DONE of its last transfer. Not to be called
 * from an observer.
 *
 * @return 0 or -ENOMEM
 */
ASYNCDL_API int asyncdl_client_observe(struct asyncdl_client *client,
                                       asyncdl_event_cb on_event, void *data);

/**
 * Have @p on_want called, later on the loop, whenever fewer than n_queue_low
 * requests wait for their turn: now, and after each time it was answered. Where
 * it is less than 1024, up to 1024 count in its place when it helps to look
 * further: four times n_queue_low while all that waits is for hosts that are
 * busy, and more could be under way, as another host may come next; and more
 * with each that is found finished, as all threads of the pool look at files.
 * Where those hosts are so slow that what waits would take more than 10
 * seconds, 1024 more count every half second, up to 8192 of them. A source of
 * work of any length thus needs no memory of its own. NULL ends it.
 */
ASYNCDL_API void asyncdl_client_on_want(struct asyncdl_client *client,
                                        asyncdl_want_cb on_want, void *data);

/**
 * Have the journal say, once the client is closed, that its run ended with
 * @p status, an exit status from 0 to 255. To be called before
 * asyncdl_client_close(); the last call counts. Without one it says that the
 * end is not known. Does nothing without a journal.
 */
ASYNCDL_API void asyncdl_client_end_run(struct asyncdl_client *client,
                                        int status);

/** What a client is busy with. */
struct asyncdl_client_stats {
    uint64_t n_waiting; /**< accepted and not started, retries included */
    uint64_t n_active;  /**< attempts under way */
    uint64_t n_saving;  /**< bodies being written and checked */
    uint64_t n_retries; /**< attempts repeated, since open */
};

/** @param out  filled in */
ASYNCDL_API void asyncdl_client_get_stats(const struct asyncdl_client *client,
                                          struct asyncdl_client_stats *out);

#ifdef __cplusplus
}
#endif

#endif
