/* SPDX-License-Identifier: MIT */
/*
 * A journal that anybody wrote is read or refused. The input is a recipe: 'R'
 * and the bytes of a whole journal.db, or how a good one is changed: 'E' and
 * any number of places (three bytes) with a new byte each, or 'U', a column, a
 * type and a value for the second of three rows.
 */
#define _GNU_SOURCE /* nftw() */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "asyncdl/error.h"
#include "asyncdl/journal.h"
#include "fuzz/fuzz.h"
#include "store/journal.h"

#define N_GOOD     3
#define CANARY     "somebody's"
#define MAX_ROWS   100000
#define WHY_MAX    200
#define PATH_LONG  512
#define DIR_SUFFIX "/dir"

/* Where it is tried: BASE/dir/.asyncdl/journal.db, with a file beside dir. */
struct place {
    char base[PATH_LONG / 2];
    char dir[PATH_LONG];
    char file[PATH_LONG];
    int aside_fd;
};

static void must(bool holds)
{
    if (!holds) {
        perror("fuzz_journal"); /* the machine's fault: no promise broken */
        abort();
    }
}

static void write_file(const char *path, const char *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");

    must(file != NULL && fwrite(bytes, 1, len, file) == len);
    must(fclose(file) == 0);
}

static void open_place(struct place *place)
{
    const char *tmp = getenv("TMPDIR");
    char path[PATH_LONG + 32];

    (void)snprintf(place->base, sizeof(place->base), "%.200s/asyncdl-XXXXXX",
                   tmp != NULL ? tmp : "/tmp");
    must(mkdtemp(place->base) != NULL);
    (void)snprintf(place->dir, sizeof(place->dir), "%s" DIR_SUFFIX,
                   place->base);
    must(mkdir(place->dir, 0777) == 0);
    (void)snprintf(path, sizeof(path), "%s/.asyncdl", place->dir);
    must(mkdir(path, 0777) == 0);
    place->aside_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(place->aside_fd >= 0);
    (void)snprintf(place->file, sizeof(place->file), "%.400s/.asyncdl/%s",
                   place->dir, "journal.db");
    (void)snprintf(path, sizeof(path), "%s/canary", place->base);
    write_file(path, CANARY, strlen(CANARY));
}

static int remove_entry(const char *path, const struct stat *info, int type,
                        struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    return remove(path);
}

static void close_place(struct place *place)
{
    (void)close(place->aside_fd);
    must(nftw(place->base, remove_entry, 8, FTW_DEPTH | FTW_PHYS) == 0);
}

static struct adl_record make_record(uint64_t id)
{
    struct adl_record record = {
        .id = id,
        .state = (enum adl_record_state)id,
        .url = "http://h.example/a",
        .path = "a/b",
        .bytes = 5,
        .total = 9,
        .mtime_ns = INT64_C(1700000000000000001),
        .etag = "\"v1\"",
        .has_sha256 = true,
        .part = "0123456789abcdef.part",
        .boot = "boot",
        .error = "why",
    };

    record.key[0] = (uint8_t)id;
    return record;
}

static void make_good(const struct place *place)
{
    struct adl_journal *journal = NULL;
    char why[WHY_MAX];

    must(adl_journal_open(&journal, place->aside_fd, ADL_JOURNAL_KEEP, false,
                          why, sizeof(why)) == 0);
    for (uint64_t id = 1; id <= N_GOOD; id++) {
        const struct adl_record record = make_record(id);

        must(adl_journal_put(journal, &record) == 0);
    }
    adl_journal_close(journal);
}

static void edit(const struct place *place, const char *bytes, size_t len)
{
    int fd = open(place->file, O_RDWR | O_CLOEXEC);
    struct stat info;

    must(fd >= 0 && fstat(fd, &info) == 0 && info.st_size > 0);
    for (size_t i = 0; i + 4 <= len; i += 4) {
        const unsigned char *b = (const unsigned char *)bytes + i;
        off_t at = (off_t)(b[0] | b[1] << 8 | b[2] << 16) % info.st_size;

        must(pwrite(fd, b + 3, 1, at) == 1);
    }
    must(close(fd) == 0);
}

static int bind_value(sqlite3_stmt *stmt, char type, const char *bytes,
                      size_t len)
{
    switch (type) {
    case 'i':
        return sqlite3_bind_text(stmt, 1, bytes, (int)len, SQLITE_STATIC);
    case 'b':
        return sqlite3_bind_blob(stmt, 1, bytes, (int)len, SQLITE_STATIC);
    case 'n':
        return sqlite3_bind_null(stmt, 1);
    default:
        return sqlite3_bind_text(stmt, 1, bytes, (int)len, SQLITE_STATIC);
    }
}

/* What SQLite does not let us change stays. */
static void update(const struct place *place, const char *bytes, size_t len)
{
    static const char *const columns[] = {
        "id",       "key",    "state",     "url",   "path",
        "bytes",    "mtime",  "sha256",    "etag",  "last_modified",
        "attempts", "total",  "checksum",  "part",  "boot",
        "err",      "status", "retryable", "error", "mtime_ns"};
    sqlite3_stmt *stmt = NULL;
    sqlite3 *db = NULL;
    char sql[128];

    if (len < 2) {
        return;
    }
    (void)snprintf(sql, sizeof(sql), "UPDATE entries SET %s = %s WHERE id = 2",
                   columns[(unsigned char)(bytes[0] - 'a') %
                           (sizeof(columns) / sizeof(columns[0]))],
                   bytes[1] == 'i' ? "CAST(?1 AS INTEGER)" : "?1");
    must(sqlite3_open(place->file, &db) == SQLITE_OK);
    must(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK);
    must(bind_value(stmt, bytes[1], bytes + 2, len - 2) == SQLITE_OK);
    (void)sqlite3_step(stmt);
    (void)sqlite3_finalize(stmt);
    must(sqlite3_close(db) == SQLITE_OK);
}

static void make(const struct place *place, const char *bytes, size_t len)
{
    char kind = len > 0 ? bytes[0] : 'R';

    if (kind != 'E' && kind != 'U') {
        write_file(place->file, len > 0 ? bytes + 1 : "",
                   len > 0 ? len - 1 : 0);
        return;
    }
    make_good(place);
    (kind == 'E' ? edit : update)(place, bytes + 1, len - 1);
}

/* What is wrong with a file, and not with the machine. */
static bool is_refusal(int err)
{
    return (err == ASYNCDL_EJOURNAL && !fuzz_is_planted(1)) ||
           err == ASYNCDL_EJOURNALNEW || err == -EIO || err == -ENOMEM ||
           err == -EBUSY;
}

static const char *check_entry(const struct asyncdl_journal_entry *entry,
                               uint64_t last_id)
{
    if (entry->id <= last_id || fuzz_is_planted(2)) {
        return "entries come in order";
    }
    if (entry->url == NULL || entry->state < ASYNCDL_JOURNAL_DONE ||
        entry->state > ASYNCDL_JOURNAL_FAILED || fuzz_is_planted(3)) {
        return "an entry has a URL and a state";
    }
    return NULL;
}

static const char *check_entries(struct asyncdl_journal *reader)
{
    struct asyncdl_journal_entry entry = {0};
    uint64_t last_id = 0;
    int answer = 1;

    for (int n = 0; n < MAX_ROWS; n++) {
        answer = asyncdl_journal_next(&entry, reader);
        if (answer <= 0) {
            break;
        }
        const char *broken = check_entry(&entry, last_id);
        if (broken != NULL) {
            return broken;
        }
        last_id = entry.id;
    }
    return answer == 1 || (answer < 0 && !is_refusal(answer))
               ? "reading ends, or says what is wrong"
               : NULL;
}

static const char *check_reader(const struct place *place)
{
    struct asyncdl_journal *reader = NULL;
    struct asyncdl_journal_run run;
    int err = asyncdl_journal_open(&reader, place->dir);

    if (err < 0) {
        return is_refusal(err) || err == -ENOENT
                   ? NULL
                   : "a journal is read, or refused for what it is";
    }
    const char *broken = check_entries(reader);
    int answer = asyncdl_journal_get_last_run(&run, reader);
    asyncdl_journal_close(reader);
    if (broken == NULL && answer < 0 && !is_refusal(answer)) {
        return "how the last run went is told, or what is wrong";
    }
    return broken;
}

static int stop_at_many(const char *path, void *data)
{
    int *n = data;

    (void)path;
    return ++*n < MAX_ROWS ? 0 : -E2BIG;
}

static const char *check_matches(struct adl_journal *journal)
{
    struct adl_record record = {0};

    for (int i = N_GOOD; i >= 0; i--) { /* out of order, and one too many */
        const struct adl_record asked = make_record((uint64_t)i);
        int answer = adl_journal_match_unfinished(journal, asked.key,
                                                  asked.checksum, &record);

        if (answer == 0) {
            answer = adl_journal_match(journal, asked.key, &record);
        }
        if (answer < 0 && !is_refusal(answer)) {
            return "a line is matched, or what is wrong is told";
        }
        if (answer == 1 &&
            (memcmp(record.key, asked.key, sizeof(asked.key)) != 0 ||
             fuzz_is_planted(4))) {
            return "a line is matched with its own row";
        }
    }
    return NULL;
}

static const char *check_writer(const struct place *place)
{
    struct adl_journal *journal = NULL;
    char why[WHY_MAX] = "";
    int n_paths = 0;
    int err = adl_journal_open(&journal, place->aside_fd, ADL_JOURNAL_KEEP,
                               false, why, sizeof(why));

    if (err < 0) {
        return is_refusal(err) && why[0] != '\0' && !fuzz_is_planted(5)
                   ? NULL
                   : "a journal is opened, or refused with a reason";
    }
    const char *broken = check_matches(journal);
    int listed = adl_journal_each_path(journal, stop_at_many, &n_paths);
    struct adl_record record = make_record(adl_journal_take_id(journal));
    record.state = ADL_RECORD_DONE;
    int put = adl_journal_put(journal, &record);
    int checked = adl_journal_check(journal);
    adl_journal_close(journal);
    if (broken == NULL &&
        ((listed < 0 && !is_refusal(listed)) || (put < 0 && !is_refusal(put)) ||
         (checked < 0 && !is_refusal(checked)))) {
        return "a journal is worked with, or what is wrong is told";
    }
    return broken;
}

static const char *check_restart(const struct place *place)
{
    struct adl_journal *journal = NULL;
    char why[WHY_MAX] = "";
    struct adl_record record = make_record(1);
    int err = adl_journal_open(&journal, place->aside_fd, ADL_JOURNAL_RESTART,
                               false, why, sizeof(why));

    if (err < 0 || fuzz_is_planted(6)) {
        adl_journal_close(journal);
        return "a restart minds nothing that is in the old journal";
    }
    err = adl_journal_put(journal, &record);
    adl_journal_close(journal);
    return err < 0 ? "a restart has a good journal" : NULL;
}

/* All that is there are journals, and what was beside is as it was. */
static const char *check_folder(const struct place *place)
{
    char path[PATH_LONG];
    char found[sizeof(CANARY)] = "";
    bool is_clean = true;

    (void)snprintf(path, sizeof(path), "%.300s/canary", place->base);
    FILE *file = fopen(path, "rb");
    is_clean = file != NULL &&
               fread(found, 1, sizeof(found), file) == strlen(CANARY) &&
               memcmp(found, CANARY, strlen(CANARY)) == 0;
    if (file != NULL) {
        (void)fclose(file);
    }
    (void)snprintf(path, sizeof(path), "%.400s/.asyncdl", place->dir);
    DIR *folder = opendir(path);
    must(folder != NULL);
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        is_clean = is_clean && (e->d_name[0] == '.' ||
                                strncmp(e->d_name, "journal.", 8) == 0);
    }
    (void)closedir(folder);
    return is_clean && !fuzz_is_planted(7) ? NULL
                                           : "nothing else is ever touched";
}

static const char *check(const char *bytes, size_t len)
{
    static const char *(*const steps[])(const struct place *) = {
        check_reader, check_writer, check_reader, check_restart, check_folder,
    };
    struct place place;
    const char *broken = NULL;

    open_place(&place);
    make(&place, bytes, len);
    for (size_t i = 0; broken == NULL && i < sizeof(steps) / sizeof(steps[0]);
         i++) {
        broken = steps[i](&place);
    }
    close_place(&place);
    return broken;
}

static const struct fuzz_seed seeds[] = {
    FUZZ_SEED("E"), /* nothing is changed */
    FUZZ_SEED("R"),
    FUZZ_SEED("Rno database of any kind"),
    FUZZ_SEED("RSQLite format 3\0\x10\0\x02\x02\0\x40\x20\x20"),
    FUZZ_SEED("E\x12\0\0\x01"),               /* the version of the format */
    FUZZ_SEED("E\x10\0\0\xff"),               /* the size of pages */
    FUZZ_SEED("E\x1c\0\0\xff\x1f\0\0\xff"),   /* how many there are */
    FUZZ_SEED("E\x3f\0\0\x63"),               /* the version of ours */
    FUZZ_SEED("E\x44\0\0\0"),                 /* whose it is */
    FUZZ_SEED("E\x64\0\0\x05"),               /* the type of the first page */
    FUZZ_SEED("E\0\x10\0\x05\x03\x10\0\xff"), /* of a page of rows */
    FUZZ_SEED("E\x08\x10\0\0\x09\x10\0\x01"),
    FUZZ_SEED("EUh\xff\xff\xff\xff\x31\x01"), /* of a page of the index */
    FUZZ_SEED("Uai9223372036854775807"),      /* the id */
    FUZZ_SEED("Uai1073741825"),
    FUZZ_SEED("Uai1073741824"), /* the highest */
    FUZZ_SEED("Uai-1"),
    FUZZ_SEED("Ubbshort"), /* the key */
    FUZZ_SEED("Uctodd"),   /* the state */
    FUZZ_SEED("Udn"),      /* the URL */
    FUZZ_SEED("Uet../../canary"),
    FUZZ_SEED("Uetnul\0within"),
    FUZZ_SEED("Ufi-1"), /* the size */
    FUZZ_SEED("Ufttext"),
    FUZZ_SEED("Ugi9223372036854775807"), /* the time */
    FUZZ_SEED("Uti1000000000"),          /* nanoseconds of it */
    FUZZ_SEED("Uht0123456789abcdef0123456789abcdef0123456789abcdef0123456789abc"
              "deg"),          /* the hash */
    FUZZ_SEED("Unt../canary"), /* the part */
    FUZZ_SEED("Upi1"),         /* an error that is none */
};

const struct fuzz_target fuzz_journal = {
    .name = "journal",
    .check = check,
    .seeds = seeds,
    .n_seeds = sizeof(seeds) / sizeof(seeds[0]),
    .n_plants = 7,
};
