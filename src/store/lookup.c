/* SPDX-License-Identifier: MIT */
#include "store/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#include "asyncdl/error.h"
#include "store/file.h"
#include "store/name.h"
#include "store/place.h"

#define READ_BYTES 65536
#define PART_END   ".part"

void adl_half_destroy(struct adl_half *half)
{
    if (half != NULL) {
        free(half->etag);
        free(half->last_modified);
        free(half);
    }
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

static int explain(char error[ADL_LOOKUP_ERROR_MAX], int err, const char *what,
                   const char *path)
{
    (void)snprintf(error, ADL_LOOKUP_ERROR_MAX, "%s %.300s: %s", what, path,
                   asyncdl_strerror(err));
    return err;
}

static int look(struct adl_found *out, const struct adl_lookup *lookup,
                const char *path, char error[ADL_LOOKUP_ERROR_MAX])
{
    struct stat info;
    int has = adl_dir_look(lookup->dir, lookup->view, path, &info);

    if (has < 0) {
        return explain(error, has, "look for", path);
    }
    *out = (struct adl_found){.is_there = false};
    if (has) {
        describe(out, &info);
    }
    return 0;
}

/* From where it stands, which is the start of one that was just opened. */
static int hash_open(struct adl_sums *out, int fd, unsigned kinds)
{
    struct adl_digest *digest = NULL;
    char *bytes = malloc(READ_BYTES);
    ssize_t n = 1;

    int err = bytes != NULL ? 0 : -ENOMEM;
    if (err == 0) {
        err = adl_digest_create(&digest, kinds);
    }
    while (err == 0 && n > 0) {
        n = read(fd, bytes, READ_BYTES);
        err = n < 0 ? -errno : adl_digest_update(digest, bytes, (size_t)n);
    }
    if (err == 0) {
        err = adl_digest_finish(digest, out);
    }
    adl_digest_destroy(digest);
    free(bytes);
    return err;
}

static int hash(struct adl_sums *out, const struct adl_lookup *lookup,
                const char *path, unsigned kinds)
{
    int fd;
    int err = adl_dir_open_file(lookup->dir, path, &fd);

    if (err == 0) {
        err = hash_open(out, fd, kinds);
        (void)close(fd); /* was only read */
    }
    return err;
}

/* It was found to be whole, at another time: remember that. */
static int renew(const struct adl_lookup *lookup,
                 const struct adl_record *record, const struct adl_found *found)
{
    if (record->mtime_ns == found->mtime_ns || lookup->only_looks) {
        return 0;
    }
    return adl_journal_renew(lookup->journal, record->id, found->mtime_ns);
}

static int judge(enum adl_verdict *out, const struct adl_lookup *lookup,
                 const struct adl_record *record, const char *path,
                 struct adl_found *found, char error[ADL_LOOKUP_ERROR_MAX])
{
    const struct adl_demand *demand = &lookup->demand;
    struct adl_sums sums;

    if (record == NULL && (demand->overwrite || adl_dir_is_new(lookup->dir))) {
        *out = ADL_VERDICT_OPEN; /* what comes meanwhile is met at the end */
        return 0;
    }
    int err = look(found, lookup, path, error);
    if (err < 0) {
        return err;
    }
    *out = adl_standing_judge(record, found, demand);
    if (*out != ADL_VERDICT_HASH) {
        return 0;
    }
    err = hash(&sums, lookup, path, adl_standing_kinds(record, demand));
    if (err < 0) {
        return explain(error, err, "read", path);
    }
    *out = adl_standing_settle(record, found, demand, &sums);
    if (*out == ADL_VERDICT_DONE) {
        err = renew(lookup, record, found);
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
    half->synced = record->bytes < bytes ? record->bytes : bytes;
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

/* Parts have short names of our own making, without folders. Nothing else that
 * lies aside is ever written to, as the journal itself. */
static bool is_part_name(const char *name)
{
    size_t len = name != NULL ? strlen(name) : 0;

    return len > strlen(PART_END) && len < ADL_PART_NAME_MAX &&
           strchr(name, '/') == NULL && name[0] != '.' &&
           strcmp(name + len - strlen(PART_END), PART_END) == 0;
}

static int find_half(struct adl_half **out, const struct adl_lookup *lookup,
                     const struct adl_record *record)
{
    struct adl_found found = {.is_there = false};
    struct stat info;
    int root_fd;
    int aside_fd;

    if (lookup->demand.restarts || !is_part_name(record->part) ||
        adl_dir_lend(lookup->dir, &root_fd, &aside_fd) < 0) {
        return 0; /* whoever makes the file says what is wrong with it */
    }
    if (fstatat(aside_fd, record->part, &info, AT_SYMLINK_NOFOLLOW) == 0) {
        describe(&found, &info);
    }
    bool is_same_boot = record->boot != NULL && lookup->boot[0] != '\0' &&
                        strcmp(record->boot, lookup->boot) == 0;
    uint64_t bytes = adl_standing_trust(record, &found, is_same_boot);
    return bytes > 0 ? keep_half(out, record, bytes) : 0;
}

int adl_lookup_check_path(const char *path, char error[ADL_LOOKUP_ERROR_MAX])
{
    struct adl_buf safe = {0};
    int err = adl_name_make_safe(&safe, path, strlen(path));

    if (err == 0 && strcmp(adl_buf_str(&safe), path) != 0) {
        (void)snprintf(error, ADL_LOOKUP_ERROR_MAX,
                       "the journal names a file that asyncdl never would: "
                       "--restart names it anew");
        err = ASYNCDL_EJOURNAL;
    }
    adl_buf_finish(&safe);
    return err;
}

/* Its time and size may be there, and its bytes not: a power cut. */
static bool has_its_bytes(const struct adl_record *record, int fd)
{
    struct adl_sums sums;

    if (!record->has_sha256) {
        return true; /* nothing says otherwise */
    }
    return hash_open(&sums, fd, ADL_DIGEST_BIT(ADL_DIGEST_SHA256)) == 0 &&
           memcmp(sums.bytes[ADL_DIGEST_SHA256], record->sha256,
                  ADL_SHA256_BYTES) == 0;
}

/* The crash may have come before. What cannot be synced is removed: a second
 * try would be told that it lasts. */
static bool sync_part(const struct adl_lookup *lookup, struct adl_part *part)
{
    if (lookup->is_durable && fsync(part->fd) < 0) {
        adl_part_abort(part);
        return false;
    }
    return true;
}

/*
 * The journal says that it is done, and a crash kept its part from getting its
 * name: give it that. Is it there now?
 */
static bool finish_part(const struct adl_lookup *lookup,
                        const struct adl_record *record)
{
    struct adl_found found = {.is_there = false};
    struct adl_sink_error error;
    struct adl_place place;
    struct adl_part part;
    struct stat info;
    int root_fd;
    int aside_fd;

    if (record->state != ADL_RECORD_DONE || !is_part_name(record->part) ||
        adl_dir_lend(lookup->dir, &root_fd, &aside_fd) < 0 ||
        fstatat(aside_fd, record->part, &info, AT_SYMLINK_NOFOLLOW) < 0) {
        return false;
    }
    describe(&found, &info);
    if (lookup->only_looks) {
        return adl_standing_is_intact(record, &found);
    }
    if (!adl_standing_is_intact(record, &found) ||
        adl_part_adopt(&part, aside_fd, record->part) < 0) {
        return false;
    }
    if (!has_its_bytes(record, part.fd) ||
        adl_place_open(&place, lookup->dir, root_fd, record->path, &error) <
            0) {
        adl_part_leave(&part);
        return false;
    }
    bool is_named =
        sync_part(lookup, &part) &&
        adl_part_commit(&part, place.folder_fd, place.name, false) == 0;
    adl_place_close(&place);
    return is_named;
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

int adl_lookup_stand(const struct adl_lookup *lookup,
                     const struct adl_record *record, const char *path,
                     struct adl_standing *out, char error[ADL_LOOKUP_ERROR_MAX])
{
    struct adl_found found = {.is_there = false};
    enum adl_verdict verdict;
    int err = judge(&verdict, lookup, record, path, &found, error);

    if (record != NULL &&
        (err < 0 || get_state(verdict) == ADL_STANDING_OPEN)) {
        int unsafe = adl_lookup_check_path(path, error); /* to be written to */

        err = unsafe < 0 ? unsafe : err;
    }
    if (err < 0) {
        return err;
    }
    if (verdict == ADL_VERDICT_OPEN && !found.is_there && record != NULL &&
        !lookup->demand.restarts && finish_part(lookup, record)) {
        verdict = ADL_VERDICT_DONE;
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
    }
    if (record == NULL || out->state != ADL_STANDING_OPEN) {
        return 0;
    }
    out->has_part = record->state == ADL_RECORD_PARTIAL && record->part != NULL;
    return find_half(&out->half, lookup, record);
}
