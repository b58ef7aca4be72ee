/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* syncfs */

#include "store/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>
#include <uv.h>

#include "asyncdl/error.h"
#include "store/names.h"

#define BOOT_ID     "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_MAX 64

struct adl_ledger {
    struct adl_dir *dir; /* borrowed */
    struct adl_ledger_options options;
    struct adl_journal *journal; /* NULL: none is kept */
    char boot[BOOT_ID_MAX];      /* "": not known */
    uv_mutex_t sync_lock;        /* whoever syncs holds it meanwhile */
    uv_mutex_t lock;             /* guards all below */
    struct adl_names *names;
    bool knows_old;   /* names of the journal are among names */
    bool is_learning; /* them */
    int sync_err;     /* of the first sync that failed */
};

/* Which boot of the machine this is: what was written before another may not
 * have reached the disk. */
static void read_boot(char boot[BOOT_ID_MAX])
{
    int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, boot, BOOT_ID_MAX - 1) : 0;

    boot[n > 0 ? n : 0] = '\0';
    boot[strcspn(boot, "\n")] = '\0';
    if (fd >= 0) {
        (void)close(fd); /* was only read */
    }
}

/* Before a restart: what is damaged within is to be set aside, too. */
static int check_journal(struct adl_ledger *ledger,
                         char error[ADL_LEDGER_ERROR_MAX])
{
    int err = adl_journal_check(ledger->journal);

    if (err < 0) {
        adl_journal_copy_why(ledger->journal, error, ADL_LEDGER_ERROR_MAX);
        adl_journal_close(ledger->journal);
        ledger->journal = NULL;
    }
    return err;
}

/* It cannot be read, and the user wants none of it. */
static bool is_in_the_way(const struct adl_ledger *ledger, int err)
{
    return ledger->options.restarts &&
           (err == ASYNCDL_EJOURNAL || err == ASYNCDL_EJOURNALNEW);
}

/* What the next run finds; none is as good as an empty one. */
static int look_at_journal(struct adl_ledger *ledger, int aside_fd,
                           char error[ADL_LEDGER_ERROR_MAX])
{
    int err = adl_journal_open(&ledger->journal, aside_fd, ADL_JOURNAL_READ,
                               false, error, ADL_LEDGER_ERROR_MAX);

    if (err == 0 && ledger->options.restarts) {
        err = check_journal(ledger, error);
    }
    return err == -ENOENT || is_in_the_way(ledger, err) ? 0 : err;
}

static int open_journal(struct adl_ledger *ledger,
                        char error[ADL_LEDGER_ERROR_MAX])
{
    bool sync = ledger->options.sync != ADL_SYNC_NONE;
    bool only_looks = ledger->options.only_looks;
    int root_fd;
    int aside_fd;

    int err = adl_dir_lend(ledger->dir, &root_fd, &aside_fd);
    if (err == -ENOENT && only_looks) {
        return 0;
    }
    if (err < 0) {
        (void)snprintf(error, ADL_LEDGER_ERROR_MAX,
                       "open the directory or its .asyncdl/: %s",
                       asyncdl_strerror(err));
        return err;
    }
    if (only_looks) {
        return look_at_journal(ledger, aside_fd, error);
    }
    err = adl_journal_open(&ledger->journal, aside_fd, ADL_JOURNAL_KEEP, sync,
                           error, ADL_LEDGER_ERROR_MAX);
    if (err == 0 && ledger->options.restarts) {
        err = check_journal(ledger, error);
    }
    if (is_in_the_way(ledger, err)) {
        err = adl_journal_open(&ledger->journal, aside_fd, ADL_JOURNAL_RESTART,
                               sync, error, ADL_LEDGER_ERROR_MAX);
    }
    return err;
}

static int init_locks(struct adl_ledger *ledger)
{
    int err = uv_mutex_init(&ledger->lock);

    if (err == 0) {
        err = uv_mutex_init(&ledger->sync_lock);
        if (err < 0) {
            uv_mutex_destroy(&ledger->lock);
        }
    }
    return err;
}

static int take_folder(const char *path, uint32_t number, void *data)
{
    return adl_names_take_folder(data, path, number);
}

/* Of what the names have found out in this run. */
static int keep_folder(const char *path, uint32_t number, void *data)
{
    struct adl_ledger *ledger = data;

    return ledger->journal == NULL || ledger->options.only_looks ||
                   ledger->is_learning
               ? 0
               : adl_journal_put_folder(ledger->journal, path, number);
}

int adl_ledger_open(struct adl_ledger **out, struct adl_dir *dir,
                    const struct adl_ledger_options *options,
                    char error[ADL_LEDGER_ERROR_MAX])
{
    struct adl_ledger *ledger = calloc(1, sizeof(*ledger));

    if (ledger == NULL) {
        return -ENOMEM;
    }
    ledger->dir = dir;
    ledger->options = *options;
    if (options->only_looks) {
        adl_dir_only_look(dir);
    }
    read_boot(ledger->boot);
    int err = adl_names_create(&ledger->names);
    if (err == 0) {
        adl_names_on_folder(ledger->names, keep_folder, ledger);
    }
    if (err == 0 && options->keeps_journal) {
        err = open_journal(ledger, error);
    }
    if (err == 0) {
        err = init_locks(ledger);
    }
    if (err < 0) {
        adl_journal_close(ledger->journal);
        adl_names_destroy(ledger->names);
        free(ledger);
        return err;
    }
    *out = ledger;
    return 0;
}

void adl_ledger_close(struct adl_ledger *ledger, int status)
{
    if (ledger == NULL) {
        return;
    }
    if (ledger->journal != NULL && !ledger->options.only_looks) {
        /* a journal that is not told so is only of less use to people */
        (void)adl_journal_end_run(ledger->journal, status);
    }
    (void)adl_ledger_settle(ledger); /* each file was settled before its end */
    adl_journal_close(ledger->journal);
    adl_names_destroy(ledger->names);
    uv_mutex_destroy(&ledger->sync_lock);
    uv_mutex_destroy(&ledger->lock);
    free(ledger);
}

struct reservation {
    struct adl_names *names;
    struct adl_buf path;
};

static int reserve_path(const char *path, void *data)
{
    struct reservation *r = data;

    return adl_names_claim(r->names, path, &r->path);
}

/* The lock is held. What is new must not take the name of what is old, even
 * where that comes later in the list. */
static int learn_old(struct adl_ledger *ledger)
{
    struct reservation r = {.names = ledger->names};

    if (ledger->journal == NULL || ledger->knows_old) {
        return 0;
    }
    int err =
        adl_journal_each_folder(ledger->journal, take_folder, ledger->names);
    ledger->is_learning = true;
    if (err == 0) {
        err = adl_journal_each_path(ledger->journal, reserve_path, &r);
    }
    ledger->is_learning = false;
    adl_buf_finish(&r.path);
    ledger->knows_old = err == 0;
    return err;
}

static int explain_names(const struct adl_ledger *ledger, int err,
                         char error[ADL_LEDGER_ERROR_MAX])
{
    if (err == ASYNCDL_EJOURNAL) {
        adl_journal_copy_why(ledger->journal, error, ADL_LEDGER_ERROR_MAX);
        return err;
    }
    (void)snprintf(error, ADL_LEDGER_ERROR_MAX, "keep the names of files: %s",
                   asyncdl_strerror(err));
    return err;
}

int adl_ledger_claim(struct adl_ledger *ledger, const char *wanted,
                     struct adl_buf *path, char error[ADL_LEDGER_ERROR_MAX])
{
    uv_mutex_lock(&ledger->lock);
    int err = learn_old(ledger);
    if (err == 0) {
        err = adl_names_claim(ledger->names, wanted, path);
    }
    uv_mutex_unlock(&ledger->lock);
    return err < 0 ? explain_names(ledger, err, error) : 0;
}

/* So that a claim that follows, on whatever thread, need not read them. */
static int learn(struct adl_ledger *ledger, char error[ADL_LEDGER_ERROR_MAX])
{
    uv_mutex_lock(&ledger->lock);
    int err = learn_old(ledger);
    uv_mutex_unlock(&ledger->lock);
    return err < 0 ? explain_names(ledger, err, error) : 0;
}

/* 1 and the record of the entry, 0 where there is none, or negative. */
static int match(struct adl_record *out, struct adl_ledger *ledger,
                 const struct adl_ledger_ask *ask,
                 char error[ADL_LEDGER_ERROR_MAX])
{
    char checksum[ADL_CHECKSUM_TEXT_MAX];

    if (ledger->journal == NULL) {
        return 0;
    }
    adl_checksum_format(checksum, &ask->expected);
    int rc = adl_journal_match_unfinished(
        ledger->journal, ask->key, checksum[0] != '\0' ? checksum : NULL, out);
    if (rc == 0) {
        rc = adl_journal_match(ledger->journal, ask->key, out);
    }
    if (rc < 0) {
        adl_journal_copy_why(ledger->journal, error, ADL_LEDGER_ERROR_MAX);
    }
    return rc;
}

static int claim_new(struct adl_ledger *ledger,
                     const struct adl_ledger_ask *ask, struct adl_buf *path,
                     char error[ADL_LEDGER_ERROR_MAX])
{
    struct adl_buf wanted = {0};
    int err = ask->write_path(&wanted, ask->data);

    if (err == 0) {
        err = adl_ledger_claim(ledger, adl_buf_str(&wanted), path, error);
    }
    adl_buf_finish(&wanted);
    return err;
}

/* One that is new. */
static int name_new(struct adl_ledger *ledger, const struct adl_ledger_ask *ask,
                    struct adl_buf *path, char error[ADL_LEDGER_ERROR_MAX])
{
    if (!ask->is_name_open) {
        return claim_new(ledger, ask, path, error);
    }
    int err = learn(ledger, error);
    return err < 0 ? err : ask->write_path(path, ask->data);
}

/* 1 where the record has a name, 0 where it has none or, in a restart, one that
 * is not safe; or negative. */
static int has_name(const struct adl_ledger *ledger,
                    const struct adl_record *record,
                    char error[ADL_LEDGER_ERROR_MAX])
{
    if (record == NULL || record->path == NULL) {
        return 0;
    }
    if (!ledger->options.restarts) {
        return 1; /* it is checked before it is written to */
    }
    int err = adl_lookup_check_path(record->path, error);
    if (err == ASYNCDL_EJOURNAL) {
        error[0] = '\0';
        return 0;
    }
    return err < 0 ? err : 1;
}

/* record is NULL for one that is new. */
static int name(struct adl_admission *out, struct adl_ledger *ledger,
                const struct adl_record *record,
                const struct adl_ledger_ask *ask, struct adl_buf *path,
                char error[ADL_LEDGER_ERROR_MAX])
{
    int rc = has_name(ledger, record, error);

    if (rc <= 0) {
        out->must_look = !ask->is_name_open;
        return rc < 0 ? rc : name_new(ledger, ask, path, error);
    }
    out->must_look = true;
    adl_buf_reset(path);
    int err = adl_buf_add_str(path, record->path);
    return err < 0 ? err : adl_record_copy(&out->record, record);
}

int adl_ledger_admit(struct adl_ledger *ledger,
                     const struct adl_ledger_ask *ask, struct adl_buf *path,
                     struct adl_admission *out,
                     char error[ADL_LEDGER_ERROR_MAX])
{
    struct adl_admission admission = {.record = NULL};
    struct adl_record record = {0};
    int rc = match(&record, ledger, ask, error);
    const struct adl_record *known = rc == 1 ? &record : NULL;

    if (rc < 0) {
        return rc;
    }
    if (ledger->journal != NULL) {
        admission.id =
            known != NULL ? record.id : adl_journal_take_id(ledger->journal);
        admission.attempts = record.attempts;
    }
    int err = name(&admission, ledger, known, ask, path, error);
    if (err < 0) {
        return err;
    }
    *out = admission;
    return 0;
}

void adl_admission_finish(struct adl_admission *admission)
{
    free(admission->record);
    admission->record = NULL;
}

int adl_ledger_look(struct adl_ledger *ledger, const struct adl_ledger_ask *ask,
                    const struct adl_admission *admission,
                    struct adl_dir_view *view, const char *path,
                    struct adl_standing *out, char error[ADL_LEDGER_ERROR_MAX])
{
    const struct adl_lookup lookup = {
        .dir = ledger->dir,
        .view = view,
        .journal = ledger->journal,
        .boot = ledger->boot,
        .only_looks = ledger->options.only_looks,
        .is_durable = ledger->options.sync != ADL_SYNC_NONE,
        .demand = {.expected = ask->expected,
                   .overwrite = ask->overwrite,
                   .restarts = ledger->options.restarts,
                   .verifies = ledger->options.verifies},
    };
    struct adl_standing standing = {
        .state = ADL_STANDING_OPEN,
        .id = admission->id,
        .attempts = admission->attempts,
    };
    int err = admission->must_look
                  ? adl_lookup_stand(&lookup, admission->record, path,
                                     &standing, error)
                  : 0;

    if (err < 0) {
        adl_half_destroy(standing.half);
        return err;
    }
    *out = standing;
    return 0;
}

static int get_sync_err(struct adl_ledger *ledger)
{
    uv_mutex_lock(&ledger->lock);
    int err = ledger->sync_err;
    uv_mutex_unlock(&ledger->lock);
    return err;
}

int adl_ledger_note(struct adl_ledger *ledger, struct adl_record *record)
{
    if (ledger->journal == NULL || ledger->options.only_looks) {
        return 0;
    }
    if (record->state == ADL_RECORD_PARTIAL && ledger->boot[0] != '\0' &&
        get_sync_err(ledger) == 0) {
        record->boot = ledger->boot;
    }
    if (record->state == ADL_RECORD_PARTIAL &&
        ledger->options.sync == ADL_SYNC_NONE) {
        record->bytes = 0; /* nobody saw to it that they last */
    }
    return adl_journal_put(ledger->journal, record);
}

/*
 * The kernel tells of what it could not write once for an open file, and counts
 * it as written from then on: of all that was written before, who asks next
 * would hear that it lasts. So nobody asks again. And what a part holds may be
 * right in memory only, also on this boot: no half counts but as far as it was
 * synced before.
 */
static void distrust(struct adl_ledger *ledger, int err)
{
    uv_mutex_lock(&ledger->lock);
    ledger->sync_err = err;
    uv_mutex_unlock(&ledger->lock);
    if (ledger->journal != NULL) {
        /* best effort: where the journal fails, too, its word is not kept */
        (void)adl_journal_distrust_halves(ledger->journal);
    }
}

/* One at a time, or who comes second could miss an error of the first. */
static int sync_all(struct adl_ledger *ledger, int root_fd)
{
    uv_mutex_lock(&ledger->sync_lock);
    int err = get_sync_err(ledger);
    if (err == 0 && syncfs(root_fd) < 0) {
        err = -errno;
        distrust(ledger, err);
    }
    uv_mutex_unlock(&ledger->sync_lock);
    return err;
}

int adl_ledger_settle(struct adl_ledger *ledger)
{
    int root_fd;
    int aside_fd;
    int err = 0;

    if (ledger->options.only_looks) {
        return 0;
    }
    if (ledger->journal != NULL) {
        err = adl_journal_commit(ledger->journal);
    }
    if (err == 0 && ledger->options.sync != ADL_SYNC_NONE &&
        adl_dir_is_open(ledger->dir)) {
        err = adl_dir_lend(ledger->dir, &root_fd, &aside_fd);
        if (err == 0) {
            err = sync_all(ledger, root_fd);
        }
    }
    return err;
}
