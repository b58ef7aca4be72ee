/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* syncfs */

#include "store/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "asyncdl/error.h"
#include "store/file.h"
#include "store/name.h"
#include "store/names.h"
#include "store/standing.h"

#define BOOT_ID     "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_MAX 64
#define READ_BYTES  65536

struct adl_ledger {
    struct adl_dir *dir; /* borrowed */
    struct adl_ledger_options options;
    struct adl_journal *journal; /* NULL: none is kept */
    char boot[BOOT_ID_MAX];      /* "": not known */
    uv_mutex_t lock;             /* guards all below */
    struct adl_names *names;
    bool knows_old; /* names of the journal are among names */
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

static int open_journal(struct adl_ledger *ledger,
                        char error[ADL_LEDGER_ERROR_MAX])
{
    bool sync = ledger->options.sync != ADL_SYNC_NONE;
    int root_fd;
    int aside_fd;

    int err = adl_dir_lend(ledger->dir, &root_fd, &aside_fd);
    if (err < 0) {
        (void)snprintf(error, ADL_LEDGER_ERROR_MAX,
                       "open the directory or its .asyncdl/: %s",
                       asyncdl_strerror(err));
        return err;
    }
    err = adl_journal_open(&ledger->journal, aside_fd, ADL_JOURNAL_KEEP, sync,
                           error, ADL_LEDGER_ERROR_MAX);
    if (ledger->options.restarts &&
        (err == ASYNCDL_EJOURNAL || err == ASYNCDL_EJOURNALNEW)) {
        err = adl_journal_open(&ledger->journal, aside_fd, ADL_JOURNAL_RESTART,
                               sync, error, ADL_LEDGER_ERROR_MAX);
    }
    return err;
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
    read_boot(ledger->boot);
    int err = adl_names_create(&ledger->names);
    if (err == 0 && options->keeps_journal) {
        err = open_journal(ledger, error);
    }
    if (err == 0) {
        err = uv_mutex_init(&ledger->lock);
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
    if (ledger->journal != NULL) {
        /* a journal that is not told so is only of less use to people */
        (void)adl_journal_end_run(ledger->journal, status);
    }
    (void)adl_ledger_settle(ledger); /* each file was settled before its end */
    adl_journal_close(ledger->journal);
    adl_names_destroy(ledger->names);
    uv_mutex_destroy(&ledger->lock);
    free(ledger);
}

bool adl_ledger_has_journal(const struct adl_ledger *ledger)
{
    return ledger->journal != NULL;
}

void adl_half_destroy(struct adl_half *half)
{
    if (half != NULL) {
        free(half->etag);
        free(half->last_modified);
        free(half);
    }
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
    int err = adl_journal_each_path(ledger->journal, reserve_path, &r);
    adl_buf_finish(&r.path);
    ledger->knows_old = err == 0;
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
    if (err < 0) {
        (void)snprintf(error, ADL_LEDGER_ERROR_MAX,
                       "keep the names of files: %s", asyncdl_strerror(err));
    }
    return err;
}

static void describe(struct adl_found *out, const struct stat *info)
{
    *out = (struct adl_found){
        .is_there = true,
        .is_file = S_ISREG(info->st_mode),
        .size = (uint64_t)info->st_size,
        .mtime_ns = adl_file_get_mtime_ns(info),
    };
}

static int explain(char error[ADL_LEDGER_ERROR_MAX], int err, const char *what,
                   const char *path)
{
    (void)snprintf(error, ADL_LEDGER_ERROR_MAX, "%s %.300s: %s", what, path,
                   asyncdl_strerror(err));
    return err;
}

static int look(struct adl_found *out, struct adl_ledger *ledger,
                const char *path, char error[ADL_LEDGER_ERROR_MAX])
{
    struct stat info;
    int has = adl_dir_look(ledger->dir, path, &info);

    if (has < 0) {
        return explain(error, has, "look for", path);
    }
    *out = (struct adl_found){.is_there = false};
    if (has) {
        describe(out, &info);
    }
    return 0;
}

static int hash(struct adl_sums *out, struct adl_ledger *ledger,
                const char *path, unsigned kinds)
{
    struct adl_digest *digest = NULL;
    char *bytes = malloc(READ_BYTES);
    int fd = -1;
    ssize_t n = 1;

    int err = bytes != NULL ? 0 : -ENOMEM;
    if (err == 0) {
        err = adl_digest_create(&digest, kinds);
    }
    if (err == 0) {
        err = adl_dir_open_file(ledger->dir, path, &fd);
    }
    while (err == 0 && n > 0) {
        n = read(fd, bytes, READ_BYTES);
        err = n < 0 ? -errno : adl_digest_update(digest, bytes, (size_t)n);
    }
    if (err == 0) {
        err = adl_digest_finish(digest, out);
    }
    if (fd >= 0) {
        (void)close(fd); /* was only read */
    }
    adl_digest_destroy(digest);
    free(bytes);
    return err;
}

/* It was found to be whole, at another time: remember that. */
static int renew(struct adl_ledger *ledger, const struct adl_record *record,
                 const struct adl_found *found)
{
    struct adl_record renewed = *record;

    if (record->mtime_ns == found->mtime_ns) {
        return 0;
    }
    renewed.mtime_ns = found->mtime_ns;
    return adl_journal_put(ledger->journal, &renewed);
}

static int judge(enum adl_verdict *out, struct adl_ledger *ledger,
                 const struct adl_record *record, const char *path,
                 const struct adl_ledger_ask *ask, struct adl_found *found,
                 char error[ADL_LEDGER_ERROR_MAX])
{
    if (record == NULL && (ask->overwrite || adl_dir_is_new(ledger->dir))) {
        *out = ADL_VERDICT_OPEN; /* what comes meanwhile is met at the end */
        return 0;
    }
    const struct adl_demand demand = {
        .expected = ask->expected,
        .overwrite = ask->overwrite,
        .restarts = ledger->options.restarts,
        .verifies = ledger->options.verifies,
    };
    struct adl_sums sums;

    int err = look(found, ledger, path, error);
    if (err < 0) {
        return err;
    }
    *out = adl_standing_judge(record, found, &demand);
    if (*out != ADL_VERDICT_HASH) {
        return 0;
    }
    err = hash(&sums, ledger, path, adl_standing_kinds(record, &demand));
    if (err < 0) {
        return explain(error, err, "read", path);
    }
    *out = adl_standing_settle(record, found, &demand, &sums);
    if (*out == ADL_VERDICT_DONE) {
        err = renew(ledger, record, found);
    }
    return err < 0 ? explain(error, err, "note in the journal", path) : 0;
}

static int keep_half(struct adl_half **out, const struct adl_record *record,
                     uint64_t bytes)
{
    struct adl_half *half = calloc(1, sizeof(*half));

    if (half == NULL) {
        return -ENOMEM;
    }
    half->bytes = bytes;
    half->total = record->total;
    (void)snprintf(half->part, sizeof(half->part), "%s", record->part);
    half->etag = record->etag != NULL ? strdup(record->etag) : NULL;
    half->last_modified =
        record->last_modified != NULL ? strdup(record->last_modified) : NULL;
    if ((record->etag != NULL && half->etag == NULL) ||
        (record->last_modified != NULL && half->last_modified == NULL)) {
        adl_half_destroy(half);
        return -ENOMEM;
    }
    *out = half;
    return 0;
}

/* Parts have short names of our own making, without folders. */
static bool is_part_name(const char *name)
{
    return name != NULL && strlen(name) < ADL_PART_NAME_MAX &&
           strchr(name, '/') == NULL && name[0] != '.' && name[0] != '\0';
}

static int find_half(struct adl_half **out, struct adl_ledger *ledger,
                     const struct adl_record *record)
{
    struct adl_found found = {.is_there = false};
    struct stat info;
    int root_fd;
    int aside_fd;

    if (ledger->options.restarts || !is_part_name(record->part) ||
        adl_dir_lend(ledger->dir, &root_fd, &aside_fd) < 0) {
        return 0; /* whoever makes the file says what is wrong with it */
    }
    if (fstatat(aside_fd, record->part, &info, AT_SYMLINK_NOFOLLOW) == 0) {
        describe(&found, &info);
    }
    bool is_same_boot = record->boot != NULL && ledger->boot[0] != '\0' &&
                        strcmp(record->boot, ledger->boot) == 0;
    uint64_t bytes = adl_standing_trust(record, &found, is_same_boot);
    return bytes > 0 ? keep_half(out, record, bytes) : 0;
}

/* Is it one that adl_name_make_safe() could have made? Anybody may write to a
 * journal. */
static int check_path(const char *path, char error[ADL_LEDGER_ERROR_MAX])
{
    struct adl_buf safe = {0};
    int err = adl_name_make_safe(&safe, path, strlen(path));

    if (err == 0 && strcmp(adl_buf_str(&safe), path) != 0) {
        (void)snprintf(error, ADL_LEDGER_ERROR_MAX,
                       "the journal names a file that asyncdl never would: "
                       "--restart names it anew");
        err = ASYNCDL_EJOURNAL;
    }
    adl_buf_finish(&safe);
    return err;
}

static enum adl_standing_state get_state(enum adl_verdict verdict)
{
    switch (verdict) {
    case ADL_VERDICT_DONE:
        return ADL_STANDING_DONE;
    case ADL_VERDICT_TAKEN:
        return ADL_STANDING_TAKEN;
    case ADL_VERDICT_CHANGED:
        return ADL_STANDING_CHANGED;
    default:
        return ADL_STANDING_OPEN;
    }
}

/* An entry with a name, which may be in the journal. */
static int admit_named(struct adl_ledger *ledger,
                       const struct adl_record *record,
                       const struct adl_ledger_ask *ask, const char *path,
                       struct adl_standing *out,
                       char error[ADL_LEDGER_ERROR_MAX])
{
    struct adl_found found;
    enum adl_verdict verdict;
    int err = judge(&verdict, ledger, record, path, ask, &found, error);

    if (err < 0) {
        return err;
    }
    out->is_named = true;
    out->state = get_state(verdict);
    if (verdict == ADL_VERDICT_REPLACE) {
        out->replaces = true;
        out->mtime_ns = found.mtime_ns;
    }
    if (verdict == ADL_VERDICT_DONE) {
        out->bytes = record->bytes;
        out->has_sha256 = record->has_sha256;
        memcpy(out->sha256, record->sha256, sizeof(out->sha256));
        return 0;
    }
    return record != NULL && out->state == ADL_STANDING_OPEN
               ? find_half(&out->half, ledger, record)
               : 0;
}

/* 1 and the record of the entry, 0 where there is none, or negative. */
static int match(struct adl_record *out, struct adl_ledger *ledger,
                 const struct adl_ledger_ask *ask,
                 char error[ADL_LEDGER_ERROR_MAX])
{
    if (ledger->journal == NULL) {
        return 0;
    }
    int rc = adl_journal_match(ledger->journal, ask->key, out);
    if (rc < 0) {
        adl_journal_copy_why(ledger->journal, error, ADL_LEDGER_ERROR_MAX);
    }
    return rc;
}

static int admit_known(struct adl_ledger *ledger,
                       const struct adl_record *record,
                       const struct adl_ledger_ask *ask, struct adl_buf *path,
                       struct adl_standing *out,
                       char error[ADL_LEDGER_ERROR_MAX])
{
    int err = check_path(record->path, error);

    if (err == 0) {
        adl_buf_reset(path);
        err = adl_buf_add_str(path, record->path);
    }
    return err < 0 ? err
                   : admit_named(ledger, record, ask, record->path, out, error);
}

int adl_ledger_admit(struct adl_ledger *ledger,
                     const struct adl_ledger_ask *ask, struct adl_buf *path,
                     struct adl_standing *out, char error[ADL_LEDGER_ERROR_MAX])
{
    struct adl_standing standing = {.state = ADL_STANDING_OPEN};
    struct adl_record record = {0};
    int rc = match(&record, ledger, ask, error);
    int err = 0;

    if (rc < 0) {
        return rc;
    }
    if (ledger->journal != NULL) {
        standing.id =
            rc == 1 ? record.id : adl_journal_take_id(ledger->journal);
        standing.attempts = record.attempts;
    }
    if (rc == 1 && record.path != NULL) {
        err = admit_known(ledger, &record, ask, path, &standing, error);
    } else if (ask->is_name_open) {
        adl_buf_reset(path);
        err = adl_buf_add_str(path, ask->path);
    } else {
        err = adl_ledger_claim(ledger, ask->path, path, error);
        if (err == 0) {
            err = admit_named(ledger, NULL, ask, adl_buf_str(path), &standing,
                              error);
        }
    }
    if (err == 0) {
        *out = standing;
    }
    return err;
}

int adl_ledger_note(struct adl_ledger *ledger, struct adl_record *record)
{
    if (ledger->journal == NULL) {
        return 0;
    }
    if (record->state == ADL_RECORD_PARTIAL && ledger->boot[0] != '\0') {
        record->boot = ledger->boot;
    }
    return adl_journal_put(ledger->journal, record);
}

int adl_ledger_settle(struct adl_ledger *ledger)
{
    int root_fd;
    int aside_fd;
    int err = 0;

    if (ledger->journal != NULL) {
        err = adl_journal_commit(ledger->journal);
    }
    if (err == 0 && ledger->options.sync != ADL_SYNC_NONE &&
        adl_dir_is_open(ledger->dir)) {
        err = adl_dir_lend(ledger->dir, &root_fd, &aside_fd);
        if (err == 0 && syncfs(root_fd) < 0) {
            err = -errno;
        }
    }
    return err;
}
