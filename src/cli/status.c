/* SPDX-License-Identifier: MIT */
#include "cli/status.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "asyncdl/error.h"
#include "cli/plain.h"
#include "cli/tally.h"

void adl_status_finish(struct adl_status *status)
{
    adl_failures_finish(&status->failures);
    *status = (struct adl_status){0};
}

static void add_failure(struct adl_status *status,
                        const struct asyncdl_journal_entry *entry)
{
    struct adl_buf example = {0};
    const char *path = entry->path;
    int err =
        adl_buf_addf(&example, "%s%s%s", entry->url, path != NULL ? " -> " : "",
                     path != NULL ? path : "");
    const struct adl_failure failure = {
        .err = entry->err,
        .status = entry->status,
        .is_retryable = entry->retryable != 0,
        .asked = entry->url,
        .example = err == 0 ? adl_buf_str(&example) : entry->url,
    };

    adl_failures_add(&status->failures, &failure);
    adl_buf_finish(&example);
}

void adl_status_add(struct adl_status *status,
                    const struct asyncdl_journal_entry *entry)
{
    switch (entry->state) {
    case ASYNCDL_JOURNAL_DONE:
        status->n_done++;
        status->bytes_done += entry->bytes;
        return;
    case ASYNCDL_JOURNAL_HALF:
        status->n_half++;
        status->bytes_half += entry->bytes;
        status->total_half += entry->total;
        status->n_unsized += entry->total == 0;
        break;
    default:
        status->n_retryable += entry->retryable != 0;
        status->n_failed += entry->retryable == 0;
        break;
    }
    if (entry->err != 0) { /* a half may have failed as well */
        add_failure(status, entry);
    }
}

static bool was_killed(const struct adl_status *status)
{
    return status->has_run && status->run.ended == 0 && !status->run.under_way;
}

/* Was the list not worked off to its end? */
static bool was_cut_short(const struct adl_status *status)
{
    int last = status->run.status;

    return status->has_run &&
           (status->run.ended == 0 || last < 0 || last == ADL_EXIT_RETRYABLE ||
            last == ADL_EXIT_LOCAL || last >= ADL_EXIT_SIGNAL);
}

/* A run to its end that finished nothing: files that are in the way are not
 * noted in the journal. */
static bool is_without_any(const struct adl_status *status)
{
    return status->has_run && status->run.status == ADL_EXIT_DONE &&
           status->n_done == 0;
}

int adl_status_get_exit(const struct adl_status *status)
{
    if (status->n_retryable > 0 || status->n_half > 0 ||
        was_cut_short(status)) {
        return ADL_EXIT_RETRYABLE;
    }
    if (status->n_failed > 0 || is_without_any(status) ||
        (status->has_run && status->run.status == ADL_EXIT_FAILED)) {
        return ADL_EXIT_FAILED;
    }
    return ADL_EXIT_DONE;
}

/* "2024-05-01 03:12:44", in the time zone of who reads it. */
static int add_time(struct adl_buf *buf, int64_t seconds)
{
    time_t when = (time_t)seconds;
    char text[32];
    struct tm parts;

    if (localtime_r(&when, &parts) == NULL ||
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts) == 0) {
        return adl_buf_addf(buf, "%" PRId64, seconds);
    }
    return adl_buf_add_str(buf, text);
}

/* What an exit status means, as a run ends. */
static const char *explain(int exit_status)
{
    static const struct {
        int status;
        const char *words;
    } meanings[] = {
        {ADL_EXIT_DONE, "nothing failed"},
        {ADL_EXIT_FAILED, "some failed for good"},
        {ADL_EXIT_USAGE, "nothing was started"},
        {ADL_EXIT_RETRYABLE, "some failed, and another run can help"},
        {ADL_EXIT_LOCAL, "stopped by a fault of this machine"},
        {ADL_EXIT_SIGNAL + 1, "stopped by SIGHUP"},
        {ADL_EXIT_SIGNAL + 2, "stopped by SIGINT"},
        {ADL_EXIT_SIGNAL + 15, "stopped by SIGTERM"},
    };

    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (meanings[i].status == exit_status) {
            return meanings[i].words;
        }
    }
    return "how is not known";
}

static int add_run(struct adl_buf *buf, const struct adl_status *status)
{
    if (!status->has_run) {
        return 0;
    }
    int err =
        adl_buf_add_str(buf, status->run.under_way ? "A run is under way since "
                                                   : "The last run began ");
    err = err < 0 ? err : add_time(buf, status->run.started);
    if (err < 0 || status->run.under_way) {
        return err < 0 ? err : adl_buf_add_str(buf, ".\n");
    }
    if (was_killed(status)) {
        return adl_buf_add_str(buf, " and was killed, or the machine stopped, "
                                    "or it could not write its end.\n");
    }
    err = adl_buf_add_str(buf, " and ended ");
    err = err < 0 ? err : add_time(buf, status->run.ended);
    return err < 0 ? err
                   : adl_buf_addf(buf, ": %s.\n", explain(status->run.status));
}

static int add_done(struct adl_buf *buf, const struct adl_status *status)
{
    int err = adl_buf_addf(buf, "%10" PRIu64 "  done, ", status->n_done);

    err = err < 0 ? err : adl_plain_add_size(buf, (double)status->bytes_done);
    return err < 0 ? err : adl_buf_add_str(buf, "\n");
}

static int add_half(struct adl_buf *buf, const struct adl_status *status)
{
    if (status->n_half == 0) {
        return 0;
    }
    int err = adl_buf_addf(buf, "%10" PRIu64 "  half done, ", status->n_half);
    err = err < 0 ? err : adl_plain_add_size(buf, (double)status->bytes_half);
    if (err == 0 && status->n_unsized == 0) {
        err = adl_buf_add_str(buf, " of ");
        err =
            err < 0 ? err : adl_plain_add_size(buf, (double)status->total_half);
    }
    return err < 0 ? err : adl_buf_add_str(buf, "\n");
}

static int add_count(struct adl_buf *buf, uint64_t n, const char *what)
{
    return n == 0 ? 0 : adl_buf_addf(buf, "%10" PRIu64 "  %s\n", n, what);
}

static const char *advise(const struct adl_status *status)
{
    if (status->has_run && status->run.under_way) {
        return "";
    }
    switch (adl_status_get_exit(status)) {
    case ADL_EXIT_RETRYABLE:
        return "The same command again does what is left.\n";
    case ADL_EXIT_FAILED:
        return status->n_failed == 0 && is_without_any(status)
                   ? "Nothing is known to be done: files were in the way of "
                     "all lines, or there were none.\n"
                   : "Another run will not help.\n";
    default:
        return "Another run has nothing to do.\n";
    }
}

int adl_status_add_text(struct adl_buf *buf, const struct adl_status *status,
                        const char *dir)
{
    int err = adl_buf_addf(buf, "%s:\n", dir);

    err = err < 0 ? err : add_done(buf, status);
    err = err < 0 ? err : add_half(buf, status);
    err = err < 0 ? err
                  : add_count(buf, status->n_retryable,
                              "failed, and another run can help");
    err = err < 0 ? err : add_count(buf, status->n_failed, "failed for good");
    err = err < 0 ? err : add_run(buf, status);
    err = err < 0 ? err : adl_buf_add_str(buf, advise(status));
    if (err == 0 && status->failures.n > 0) {
        err = adl_buf_add_str(buf, "What failed, by cause and host:\n");
        err = err < 0 ? err : adl_failures_print(buf, &status->failures);
    }
    return err;
}

/* Is there one, though it may hold nothing? */
static bool has_journal_file(const char *dir)
{
    struct adl_buf path = {0};
    bool has = adl_buf_addf(&path, "%s/.asyncdl/journal.db", dir) == 0 &&
               access(adl_buf_str(&path), F_OK) == 0;

    adl_buf_finish(&path);
    return has;
}

/* 0, or negative with what is wrong told. */
static int read_all(struct adl_status *status, const char *dir,
                    const struct adl_msg *msg)
{
    struct asyncdl_journal *journal = NULL;
    struct asyncdl_journal_entry entry;
    int err = asyncdl_journal_open(&journal, dir);

    if (err == 0) {
        err = asyncdl_journal_get_last_run(&status->run, journal);
        status->has_run = err > 0;
    }
    while (err >= 0) {
        err = asyncdl_journal_next(&entry, journal);
        if (err <= 0) {
            break;
        }
        adl_status_add(status, &entry);
    }
    asyncdl_journal_close(journal);
    if (err == -ENOENT && has_journal_file(dir)) {
        adl_msg_error(msg,
                      "--status %s: %s/.asyncdl/journal.db is empty: nothing "
                      "was noted there",
                      dir, dir);
    } else if (err == -ENOENT) {
        adl_msg_error(msg,
                      "--status %s: no journal: nothing was downloaded there "
                      "(no %s/.asyncdl/journal.db)",
                      dir, dir);
    } else if (err == ASYNCDL_EJOURNAL || err == ASYNCDL_EJOURNALNEW) {
        adl_msg_error(msg,
                      "--status %s: %s/.asyncdl/journal.db: %s; it was not "
                      "touched",
                      dir, dir, asyncdl_strerror(err));
    } else if (err < 0) {
        adl_msg_error(msg,
                      "--status %s: cannot read %s/.asyncdl/journal.db: %s",
                      dir, dir, asyncdl_strerror(err));
    }
    return err;
}

int adl_status_print(const char *dir, const struct adl_msg *msg)
{
    struct adl_status status = {0};
    struct adl_buf text = {0};
    int exit_status = ADL_EXIT_USAGE;

    if (read_all(&status, dir, msg) == 0) {
        bool is_out = adl_status_add_text(&text, &status, dir) == 0 &&
                      fputs(adl_buf_str(&text), stdout) != EOF &&
                      fflush(stdout) != EOF;

        exit_status = is_out ? adl_status_get_exit(&status) : ADL_EXIT_LOCAL;
        if (!is_out) {
            adl_msg_error(msg, "cannot write to standard output: %s",
                          strerror(errno));
        }
    }
    adl_buf_finish(&text);
    adl_status_finish(&status);
    return exit_status;
}
