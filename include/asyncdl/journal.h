/* SPDX-License-Identifier: MIT */
/**
 * @file Reading what a folder remembers of its downloads.
 *
 *     asyncdl_journal_open(&journal, "pages");
 *     while (asyncdl_journal_next(&entry, journal) == 1) { ... }
 *     asyncdl_journal_close(journal);
 *
 * A run keeps its journal in DIR/.asyncdl/journal.db. Reading it disturbs no
 * run that is under way: what is read then is what was committed, and what is
 * committed meanwhile may or may not be seen. Nothing in it is changed, and
 * the right to read is enough, on a read-only disk too. The
 * functions block, on the disk and for up to 5 s on another program that holds
 * the database; a journal is used by one thread at a time, any thread.
 */
#ifndef ASYNCDL_JOURNAL_H
#define ASYNCDL_JOURNAL_H

#include <stdint.h>

#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A journal that is being read. */
struct asyncdl_journal;

/** What became of an entry of the list. */
enum asyncdl_journal_state {
    ASYNCDL_JOURNAL_DONE = 1, /**< its file is complete */
    ASYNCDL_JOURNAL_HALF,     /**< a part is there, for the next run */
    ASYNCDL_JOURNAL_FAILED,   /**< the last attempt failed */
};

/** An entry of the list, as asyncdl_journal_next() reads it. */
struct asyncdl_journal_entry {
    uint64_t id;      /**< from 1, in the order in which they were first met */
    int state;        /**< enum asyncdl_journal_state */
    const char *url;  /**< without passwords and tokens */
    const char *path; /**< below the folder; NULL before it has one */
    /**
     * Of the file; or of the part, as far as it would survive a power cut: the
     * part may hold more, and a next run on the same boot goes on behind that.
     */
    uint64_t bytes;
    uint64_t total;    /**< of the whole file; 0: unknown */
    uint32_t attempts; /**< made so far */
    int err;           /**< why it failed, half or not: see error.h; or 0 */
    int status;        /**< HTTP status of the last answer, or 0 */
    int retryable;     /**< 1: it failed, and another run can help */
    const char *error; /**< why it failed, in words, or NULL */
};

/** A run of downloads, as asyncdl_journal_get_last_run() reads it. */
struct asyncdl_journal_run {
    int64_t started;   /**< seconds since 1970 */
    int64_t ended;     /**< likewise; 0: under way, or killed */
    int status;        /**< exit status; -1: not known */
    int under_way;     /**< 1: it goes on just now */
    uint64_t n_done;   /**< entries that it finished; 0 until it ended */
    uint64_t n_failed; /**< entries that failed; 0 until it ended */
};

/**
 * Open the journal of the folder @p dir.
 *
 * @param out  set on success only; release with asyncdl_journal_close()
 * @param dir  borrowed until it returns
 * @return 0; -ENOENT where there is no such folder, or no journal in it yet;
 *     ASYNCDL_EJOURNAL for one that is damaged, ASYNCDL_EJOURNALNEW for one of
 *     a newer asyncdl, ASYNCDL_EINWAY where a link or folder has its name;
 *     -EBUSY where a run holds it alone, on file systems without shared memory;
 *     -EACCES where one of its files may not be read; -EROFS where a run under
 *     way shares no memory with a folder that cannot be written to; -ENOMEM or
 *     another -errno
 */
ASYNCDL_API int asyncdl_journal_open(struct asyncdl_journal **out,
                                     const char *dir);

/**
 * Read the next entry.
 *
 * @param out  its strings are borrowed until the next call with @p journal
 * @return 1; 0 at the end, then again what came since; ASYNCDL_EJOURNAL,
 *     -EBUSY, -ENOMEM or another -errno
 */
ASYNCDL_API int asyncdl_journal_next(struct asyncdl_journal_entry *out,
                                     struct asyncdl_journal *journal);

/**
 * Read how the last run went.
 *
 * @return 1; 0 where there was none; negative as asyncdl_journal_next()
 */
ASYNCDL_API int asyncdl_journal_get_last_run(struct asyncdl_journal_run *out,
                                             struct asyncdl_journal *journal);

/** Close @p journal, and free it. NULL is allowed. */
ASYNCDL_API void asyncdl_journal_close(struct asyncdl_journal *journal);

#ifdef __cplusplus
}
#endif

#endif
