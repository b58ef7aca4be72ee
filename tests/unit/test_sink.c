/* SPDX-License-Identifier: MIT */
#include "store/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <uv.h>

#include "asyncdl/error.h"
#include "support/fault.h"
#include "support/scratch.h"
#include "support/suite.h"

#define MIB       (UINT64_C(1) << 20)
#define N_THREADS 4
#define N_FILES   100

#define SHA256_BODY \
    "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5"
#define MD5_BODY "841a2d689ad86bd1611447453c22c6fc"
#define SHA256_EMPTY \
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const char body[] = "body";
#define BODY_LEN (sizeof(body) - 1)

struct fixture {
    struct scratch *scratch;
    struct adl_dir *dir; /* <scratch>/dir */
    struct adl_sink_error error;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    void *scratch = NULL;

    if (f == NULL || scratch_setup(&scratch) < 0) {
        free(f);
        return -1;
    }
    f->scratch = scratch;
    *state = f;
    return adl_dir_create(&f->dir, scratch_path(f->scratch, "dir"));
}

/* What was not committed is gone by the end of every test. */
static int teardown(void **state)
{
    struct fixture *f = *state;
    void *scratch = f->scratch;

    fault_clear();
    adl_dir_destroy(f->dir);
    int n_left = scratch_count_entries(scratch_path(scratch, "dir/.asyncdl"));
    free(f);
    if (n_left >= 0) {
        print_error("%d entries left aside\n", n_left);
    }
    int err = scratch_teardown(&scratch);
    return n_left >= 0 ? -1 : err;
}

static struct adl_sink_target target_of(const char *path)
{
    return (struct adl_sink_target){.path = path, .mtime_s = ADL_SINK_NO_TIME};
}

static struct adl_checksum checksum_of(const char *text)
{
    struct adl_checksum sum = {0};

    assert_int_equal(adl_checksum_parse(&sum, text), 0);
    return sum;
}

static const char *path_of(const struct fixture *f, const char *name)
{
    char below[512];

    (void)snprintf(below, sizeof(below), "dir/%s", name);
    return scratch_path(f->scratch, below);
}

static bool is_body(const struct fixture *f, const char *name)
{
    return scratch_holds(path_of(f, name), body, BODY_LEN);
}

static int save_whole(struct adl_dir *dir, const struct adl_sink_target *target,
                      const void *bytes, size_t len,
                      struct adl_sink_error *error)
{
    struct adl_sink *sink;
    int err = adl_sink_make(&sink, dir, target, bytes, len, error);

    return err < 0 ? err : adl_sink_commit(sink, target, error);
}

static int finish(struct adl_sink *sink, const struct adl_sink_target *target,
                  struct adl_sink_error *error)
{
    int err = adl_sink_prepare(sink, target, error);

    if (err < 0) {
        adl_sink_abort(sink);
        return err;
    }
    return adl_sink_commit(sink, target, error);
}

static int save(struct fixture *f, const struct adl_sink_target *target)
{
    f->error.text[0] = '\0';
    return save_whole(f->dir, target, body, BODY_LEN, &f->error);
}

/* In two pieces, with a first try that is thrown away. */
static int stream(struct fixture *f, const struct adl_sink_target *target,
                  uint64_t size)
{
    struct adl_sink *sink = NULL;

    f->error.text[0] = '\0';
    int err = adl_sink_open(&sink, f->dir, target, size, &f->error);
    if (err < 0) {
        assert_null(sink);
        return err;
    }
    err = adl_sink_write(sink, "thrown away", 11, &f->error);
    if (err == 0) {
        err = adl_sink_rewind(sink, target, &f->error);
    }
    if (err == 0) {
        err = adl_sink_write(sink, body, 1, &f->error);
    }
    if (err == 0) {
        err = adl_sink_write(sink, body + 1, BODY_LEN - 1, &f->error);
    }
    if (err < 0) {
        adl_sink_abort(sink);
        return err;
    }
    return finish(sink, target, &f->error);
}

/* How a body gets to its file. */
struct way {
    const char *label;
    bool is_streamed;
    bool overwrite;
    int nameless; /* errno of O_TMPFILE, or 0; and so on */
    int link;
    int rename;
    uint64_t size;
};

static const struct way ways[] = {
    {.label = "nameless"},
    {.label = "no O_TMPFILE", .nameless = EOPNOTSUPP},
    {.label = "no /proc", .link = ENOENT},
    {.label = "no renameat2", .nameless = EISDIR, .rename = EINVAL},
    {.label = "overwrite", .overwrite = true},
    {.label = "stream", .is_streamed = true},
    {.label = "big stream", .is_streamed = true, .size = 2 * MIB},
    {.label = "stream, no renameat2", .is_streamed = true, .rename = ENOSYS},
    {.label = "stream over", .is_streamed = true, .overwrite = true},
};

#define N_WAYS (sizeof(ways) / sizeof(ways[0]))

static void arm_way(const struct way *way)
{
    if (way->nameless != 0) {
        fault_arm_all(FAULT_OPENAT_NAMELESS, way->nameless);
    }
    if (way->link != 0) {
        fault_arm_all(FAULT_LINKAT_EMPTY, way->link);
        fault_arm_all(FAULT_LINKAT_PROC, way->link);
    }
    if (way->rename != 0) {
        fault_arm_all(FAULT_RENAMEAT2, way->rename);
    }
}

static int go(struct fixture *f, const struct way *way,
              const struct adl_sink_target *target)
{
    return way->is_streamed ? stream(f, target, way->size) : save(f, target);
}

/* The same with the faults of the way, and none after. */
static int go_way(struct fixture *f, const struct way *way,
                  struct adl_sink_target target)
{
    target.overwrite = way->overwrite;
    arm_way(way);
    int err = go(f, way, &target);
    fault_clear();
    return err;
}

static void test_every_way_makes_the_whole_file(void **state)
{
    struct fixture *f = *state;
    char path[32];

    for (size_t i = 0; i < N_WAYS; i++) {
        for (int nested = 0; nested < 2; nested++) {
            (void)snprintf(path, sizeof(path), nested ? "p/q/%zu" : "%zu", i);
            struct adl_sink_target target = target_of(path);
            struct stat info;

            target.mtime_s = 784111777;
            target.checks.expected = checksum_of("sha-256=" SHA256_BODY);
            mode_t old = umask(027);
            int err = go_way(f, &ways[i], target);
            umask(old);

            assert_int_equal(err, 0);
            assert_string_equal(f->error.text, "");
            assert_true(is_body(f, path));
            assert_int_equal(stat(path_of(f, path), &info), 0);
            assert_int_equal(info.st_mode & 07777, 0640);
            assert_int_equal(info.st_nlink, 1);
            assert_int_equal(info.st_mtime, 784111777);
        }
    }
    assert_int_equal(scratch_count_entries(path_of(f, ".asyncdl")), 0);
}

static void test_an_empty_body_makes_an_empty_file(void **state)
{
    struct fixture *f = *state;
    struct adl_sink_target target = target_of("empty");

    target.checks.expected = checksum_of("sha-256=" SHA256_EMPTY);
    assert_int_equal(save_whole(f->dir, &target, NULL, 0, &f->error), 0);
    assert_true(scratch_holds(path_of(f, "empty"), "", 0));
}

static void test_what_is_there_is_left_alone_unless_asked(void **state)
{
    struct fixture *f = *state;
    struct adl_sink_target target = target_of("name");

    assert_int_equal(mkdir(scratch_path(f->scratch, "dir"), 0777), 0);
    for (size_t i = 0; i < N_WAYS; i++) {
        scratch_write(path_of(f, "name"), "mine");
        int err = go_way(f, &ways[i], target);

        if (ways[i].overwrite) {
            assert_int_equal(err, 0);
            assert_true(is_body(f, "name"));
        } else {
            assert_int_equal(err, ASYNCDL_EEXISTS);
            assert_non_null(strstr(f->error.text, "name: "));
            assert_true(scratch_holds(path_of(f, "name"), "mine", 4));
        }
    }
    assert_int_equal(scratch_count_entries(path_of(f, ".asyncdl")), 0);
}

static void test_a_dangling_symlink_counts_and_is_not_followed(void **state)
{
    struct fixture *f = *state;
    struct adl_sink_target target = target_of("name");
    struct stat info;

    assert_int_equal(mkdir(scratch_path(f->scratch, "dir"), 0777), 0);
    for (size_t i = 0; i < N_WAYS; i++) {
        assert_int_equal(symlink("../outside", path_of(f, "name")), 0);
        assert_int_equal(go_way(f, &ways[i], target),
                         ways[i].overwrite ? 0 : ASYNCDL_EEXISTS);

        assert_int_equal(lstat(path_of(f, "name"), &info), 0);
        assert_int_equal(S_ISLNK(info.st_mode), !ways[i].overwrite);
        assert_int_equal(unlink(path_of(f, "name")), 0);
    }
    assert_int_equal(scratch_count_entries(f->scratch->path), 1);
}

static void test_a_folder_of_that_name_is_never_replaced(void **state)
{
    struct fixture *f = *state;
    struct adl_sink_target target = target_of("name");

    assert_int_equal(mkdir(scratch_path(f->scratch, "dir"), 0777), 0);
    assert_int_equal(mkdir(path_of(f, "name"), 0777), 0);
    for (size_t i = 0; i < N_WAYS; i++) {
        assert_int_equal(go_way(f, &ways[i], target),
                         ways[i].overwrite ? ASYNCDL_EINWAY : ASYNCDL_EEXISTS);
        if (ways[i].overwrite) {
            assert_string_equal(
                f->error.text,
                "rename part file to name: a folder has that name");
        }
    }
    assert_int_equal(scratch_count_entries(path_of(f, "name")), 0);
}

static void test_a_wrong_checksum_leaves_no_file(void **state)
{
    struct fixture *f = *state;
    struct adl_sink_target target = target_of("a/b.iso");

    target.checks.expected = checksum_of("sha-256=" SHA256_EMPTY);
    for (size_t i = 0; i < N_WAYS; i++) {
        assert_int_equal(go_way(f, &ways[i], target), ASYNCDL_ECHECKSUM);
        assert_string_equal(f->error.text,
                            "check a/b.iso: sha-256 is " SHA256_BODY
                            ", expected " SHA256_EMPTY);
        assert_int_equal(access(path_of(f, "a/b.iso"), F_OK), -1);
    }
}

static void test_every_way_tells_the_hash_of_what_it_wrote(void **state)
{
    static const char *const checksums[] = {NULL, "sha-256=" SHA256_BODY,
                                            "md5=" MD5_BODY};
    struct fixture *f = *state;

    for (size_t i = 0; i < N_WAYS * 3; i++) {
        struct adl_sink_target target = target_of("hashed");
        uint8_t sha256[ADL_SHA256_BYTES] = {0};
        char hex[2 * ADL_SHA256_BYTES + 1];

        if (checksums[i % 3] != NULL) {
            target.checks.expected = checksum_of(checksums[i % 3]);
        }
        target.checks.sha256 = sha256;
        (void)unlink(path_of(f, "hashed")); /* of the round before */
        assert_int_equal(go_way(f, &ways[i / 3], target), 0);
        adl_digest_format(hex, sha256, sizeof(sha256));
        assert_string_equal(hex, SHA256_BODY);
    }
}

static void test_a_body_its_server_disowns_is_damaged(void **state)
{
    struct fixture *f = *state;
    struct adl_sink_target target = target_of("damaged");

    target.checks.claimed = checksum_of("sha-256=" SHA256_EMPTY);
    target.checks.claimer = "Digest";
    for (size_t i = 0; i < N_WAYS; i++) {
        f->error.is_damaged = false;
        assert_int_equal(go_way(f, &ways[i], target), ASYNCDL_ECHECKSUM);
        assert_true(f->error.is_damaged);
        assert_string_equal(f->error.text,
                            "check damaged: sha-256 is " SHA256_BODY
                            ", the server's Digest says " SHA256_EMPTY);
        assert_int_equal(access(path_of(f, "damaged"), F_OK), -1);
    }
}

static void test_a_rewound_sink_takes_other_checks(void **state)
{
    struct fixture *f = *state;
    struct adl_sink_target target = target_of("again");
    struct adl_sink *sink;

    assert_int_equal(adl_sink_open(&sink, f->dir, &target, 0, &f->error), 0);
    assert_int_equal(adl_sink_write(sink, "torn", 4, &f->error), 0);
    target.checks.expected = checksum_of("md5=" MD5_BODY);
    assert_int_equal(adl_sink_rewind(sink, &target, &f->error), 0);
    assert_int_equal(adl_sink_write(sink, body, BODY_LEN, &f->error), 0);
    assert_int_equal(finish(sink, &target, &f->error), 0);
    assert_true(is_body(f, "again"));
}

static void test_a_path_through_a_symlink_or_a_file_is_refused(void **state)
{
    struct fixture *f = *state;
    struct adl_sink_target out = target_of("out/x");
    struct adl_sink_target file = target_of("file/x");

    assert_int_equal(mkdir(scratch_path(f->scratch, "dir"), 0777), 0);
    assert_int_equal(mkdir(scratch_path(f->scratch, "outside"), 0777), 0);
    assert_int_equal(symlink("../outside", path_of(f, "out")), 0);
    scratch_write(path_of(f, "file"), "mine");
    for (size_t i = 0; i < N_WAYS; i++) {
        assert_int_equal(go_way(f, &ways[i], out), ASYNCDL_EINWAY);
        assert_int_equal(go_way(f, &ways[i], file), ASYNCDL_EINWAY);
        assert_non_null(strstr(f->error.text, "file/x"));
    }
    assert_int_equal(scratch_count_entries(scratch_path(f->scratch, "outside")),
                     0);
    assert_true(scratch_holds(path_of(f, "file"), "mine", 4));
}

static void test_commit_may_choose_another_path(void **state)
{
    struct fixture *f = *state;
    struct adl_sink_target opened = target_of("by-url");
    struct adl_sink_target committed = target_of("p/by-server");
    struct adl_sink *sink;

    assert_int_equal(adl_sink_open(&sink, f->dir, &opened, 0, &f->error), 0);
    assert_int_equal(adl_sink_write(sink, body, BODY_LEN, &f->error), 0);
    assert_int_equal(access(path_of(f, "by-url"), F_OK), -1);
    assert_int_equal(finish(sink, &committed, &f->error), 0);

    assert_true(is_body(f, "p/by-server"));
    assert_int_equal(access(path_of(f, "by-url"), F_OK), -1);
}

static void test_abort_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct adl_sink_target target = target_of("name");
    struct adl_sink *sink;

    assert_int_equal(adl_sink_open(&sink, f->dir, &target, 0, &f->error), 0);
    assert_int_equal(adl_sink_write(sink, body, BODY_LEN, &f->error), 0);
    assert_int_equal(scratch_count_entries(path_of(f, ".asyncdl")), 1);
    adl_sink_abort(sink);
    adl_sink_abort(NULL);

    assert_int_equal(scratch_count_entries(path_of(f, ".asyncdl")), 0);
    assert_int_equal(scratch_count_entries(path_of(f, "")), 1);
}

static void test_two_sinks_of_one_path_do_not_mix(void **state)
{
    struct fixture *f = *state;
    struct adl_sink_target target = target_of("name");
    struct adl_sink *first;
    struct adl_sink *second;

    assert_int_equal(adl_sink_open(&first, f->dir, &target, 0, &f->error), 0);
    assert_int_equal(adl_sink_open(&second, f->dir, &target, 0, &f->error), 0);
    assert_int_equal(adl_sink_write(first, body, 2, &f->error), 0);
    assert_int_equal(adl_sink_write(second, "other", 5, &f->error), 0);
    assert_int_equal(adl_sink_write(first, body + 2, BODY_LEN - 2, &f->error),
                     0);

    assert_int_equal(finish(first, &target, &f->error), 0);
    assert_int_equal(finish(second, &target, &f->error), ASYNCDL_EEXISTS);
    assert_true(is_body(f, "name"));
}

static void test_a_killed_writer_leaves_no_file_and_no_hindrance(void **state)
{
    struct fixture *f = *state;
    struct adl_sink_target target = target_of("name");
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        struct adl_sink *sink;
        bool is_open =
            adl_sink_open(&sink, f->dir, &target, 2 * MIB, &f->error) == 0 &&
            adl_sink_write(sink, "half", 4, &f->error) == 0;

        _exit(is_open ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(scratch_count_entries(path_of(f, ".asyncdl")), 1);
    assert_int_equal(access(path_of(f, "name"), F_OK), -1);

    assert_int_equal(stream(f, &target, 0), 0);
    assert_true(is_body(f, "name"));
    assert_int_equal(scratch_count_entries(path_of(f, ".asyncdl")), 0);
}

static void test_a_second_name_left_by_a_crash_endangers_nothing(void **state)
{
    struct fixture *f = *state;
    struct adl_sink_target target = target_of("name");

    fault_arm_all(FAULT_RENAMEAT2, EINVAL);
    fault_arm_all(FAULT_UNLINKAT, EIO); /* the crash between link and unlink */
    assert_int_equal(stream(f, &target, 0), 0);
    fault_clear();
    assert_int_equal(scratch_count_entries(path_of(f, ".asyncdl")), 1);

    struct adl_sink *sink;
    assert_int_equal(adl_sink_open(&sink, f->dir, &target, 0, &f->error), 0);
    assert_int_equal(adl_sink_write(sink, "x", 1, &f->error), 0);
    assert_true(is_body(f, "name"));
    adl_sink_abort(sink);
}

static void test_allocated_room_that_was_not_needed_is_given_back(void **state)
{
    struct fixture *f = *state;
    struct adl_sink_target target = target_of("name");
    struct stat info;

    assert_int_equal(stream(f, &target, 64 * MIB), 0);
    assert_int_equal(stat(path_of(f, "name"), &info), 0);
    assert_true((uint64_t)info.st_blocks * 512 < MIB);
}

static void test_small_sizes_are_not_allocated(void **state)
{
    struct fixture *f = *state;
    struct adl_sink_target target = target_of("name");

    fault_arm_all(FAULT_FALLOCATE, ENOSPC);
    assert_int_equal(stream(f, &target, MIB), -ENOSPC);
    assert_string_equal(f->error.text,
                        "allocate part file for name: no space left on device");
    assert_int_equal(stream(f, &target, MIB - 1), 0);
}

static void test_a_write_that_failed_can_be_rewound(void **state)
{
    struct fixture *f = *state;
    struct adl_sink_target target = target_of("name");
    struct adl_sink *sink;

    target.checks.expected = checksum_of("sha-256=" SHA256_BODY);
    assert_int_equal(adl_sink_open(&sink, f->dir, &target, 0, &f->error), 0);
    fault_arm(FAULT_WRITE, 1, FAULT_SHORT);
    assert_int_equal(adl_sink_write(sink, "xxxx", 4, &f->error), 0);
    fault_arm(FAULT_WRITE, 1, ENOSPC);
    assert_int_equal(adl_sink_write(sink, "x", 1, &f->error), -ENOSPC);
    assert_string_equal(f->error.text, "write part file for name: "
                                       "no space left on device");
    assert_int_equal(adl_sink_rewind(sink, &target, &f->error), 0);
    assert_int_equal(adl_sink_write(sink, body, BODY_LEN, &f->error), 0);
    assert_int_equal(finish(sink, &target, &f->error), 0);
    assert_true(is_body(f, "name"));
}

static void test_a_long_path_leaves_room_for_the_reason(void **state)
{
    struct fixture *f = *state;
    char path[601];

    /* Whatever the prefix's length, no sequence of two bytes is cut. */
    for (size_t shift = 0; shift < 2; shift++) {
        for (size_t i = 0; i < sizeof(path) - 1; i++) {
            path[i] = (i + shift) % 2 == 0 ? '\xC3' : '\xA9';
        }
        path[0] = 'x';
        path[200] = '/';
        path[201] = 'x';
        path[400] = '/';
        path[401] = 'x';
        path[sizeof(path) - 1] = '\0';
        struct adl_sink_target target = target_of(path);

        fault_arm_all(FAULT_WRITE, ENOSPC);
        assert_int_equal(save(f, &target), -ENOSPC);
        fault_clear();

        const char *end = strstr(f->error.text, "...: no space left on device");
        assert_non_null(end);
        assert_true(strlen(f->error.text) >= ADL_SINK_ERROR_MAX - 3);
        assert_true(end[-1] == '\xA9');
    }
}

/* A call that fails the nth time, for every call and every n that occurs. */
static const struct {
    enum fault_call call;
    int errnum;
    bool is_optional; /* the file can be made without it */
} failures[] = {
    {FAULT_CALLOC, ENOMEM, false},    {FAULT_STRDUP, ENOMEM, false},
    {FAULT_OPEN, EMFILE, false},      {FAULT_OPENAT, EMFILE, false},
    {FAULT_OPENAT2, EIO, false},      {FAULT_OPENAT_NAMELESS, ENOSPC, false},
    {FAULT_OPENAT2, ENOSYS, true},    {FAULT_MKDIR, ENOSPC, false},
    {FAULT_MKDIRAT, ENOSPC, false},   {FAULT_WRITE, ENOSPC, false},
    {FAULT_WRITE, EIO, false},        {FAULT_WRITE, FAULT_SHORT, true},
    {FAULT_WRITE, EINTR, true},       {FAULT_CLOSE, EIO, true},
    {FAULT_FALLOCATE, ENOSPC, false}, {FAULT_FALLOCATE, EINTR, true},
    {FAULT_FCNTL, EMFILE, false},     {FAULT_FLOCK, EIO, false},
    {FAULT_FLOCK, EINTR, true},       {FAULT_FSTAT, EIO, false},
    {FAULT_FSTATAT, EIO, false},      {FAULT_FTRUNCATE, EIO, false},
    {FAULT_FUTIMENS, EIO, false},     {FAULT_LSEEK, EIO, false},
    {FAULT_LINKAT, ENOSPC, false},    {FAULT_LINKAT_EMPTY, ENOSPC, false},
    {FAULT_RENAMEAT, ENOSPC, false},  {FAULT_RENAMEAT2, ENOSPC, false},
};

#define N_FAILURES (sizeof(failures) / sizeof(failures[0]))

/* One file in a fresh directory with one failure; true where it struck. */
static bool fail_once(struct fixture *f, const struct way *way, size_t failure,
                      int nth)
{
    struct fixture mine = {.scratch = f->scratch};
    struct adl_sink_target target = target_of("p/name");
    enum fault_call call = failures[failure].call;
    static int n_runs;
    char name[32];
    char file[64];

    (void)snprintf(name, sizeof(name), "run-%d", n_runs++);
    (void)snprintf(file, sizeof(file), "%s/p/name", name);
    target.mtime_s = 1;
    target.overwrite = way->overwrite;
    assert_int_equal(adl_dir_create(&mine.dir, scratch_path(f->scratch, name)),
                     0);

    arm_way(way);
    fault_arm(call, nth, failures[failure].errnum);
    int err = go(&mine, way, &target);
    fault_clear();
    bool has_struck = fault_n_hits(call) > 0;

    const char *path = scratch_path(f->scratch, file);
    assert_true(err == 0 || has_struck);
    assert_true(err < 0 || scratch_holds(path, body, BODY_LEN));
    assert_true(err == 0 || access(path, F_OK) < 0);
    assert_true((err == 0) == (mine.error.text[0] == '\0'));
    if (has_struck && !failures[failure].is_optional) {
        assert_int_equal(err, -failures[failure].errnum);
    }
    if (err < 0) { /* and nothing stands in the way of another try */
        assert_int_equal(go(&mine, way, &target), 0);
        assert_true(scratch_holds(path, body, BODY_LEN));
    }
    adl_dir_destroy(mine.dir);
    (void)snprintf(file, sizeof(file), "%s/.asyncdl", name);
    assert_int_equal(access(scratch_path(f->scratch, file), F_OK), -1);
    assert_int_equal(scratch_count_fds(), f->scratch->n_fds);
    return has_struck;
}

static void test_whatever_fails_the_file_is_whole_or_absent(void **state)
{
    struct fixture *f = *state;

    for (size_t failure = 0; failure < N_FAILURES; failure++) {
        int n_struck = 0;

        for (size_t i = 0; i < N_WAYS; i++) {
            enum fault_call call = failures[failure].call;

            /* These ways are taken because that call fails as it is. */
            if ((call == FAULT_OPENAT_NAMELESS && ways[i].nameless != 0) ||
                (call == FAULT_RENAMEAT2 && ways[i].rename != 0) ||
                (call == FAULT_LINKAT_EMPTY && ways[i].link != 0)) {
                continue;
            }
            for (int nth = 1; fail_once(f, &ways[i], failure, nth); nth++) {
                n_struck++;
            }
        }
        assert_true(n_struck > 0);
    }
}

static void test_bytes_that_cannot_be_synced_get_no_name(void **state)
{
    static const int errs[] = {EIO, ENOSPC, EDQUOT};
    struct fixture *f = *state;

    for (size_t i = 0; i < N_WAYS * 3; i++) {
        struct adl_sink_target target = target_of("name");

        target.is_durable = true;
        target.overwrite = ways[i / 3].overwrite;
        arm_way(&ways[i / 3]);
        fault_arm(FAULT_FSYNC, 1, errs[i % 3]);
        assert_int_equal(go(f, &ways[i / 3], &target), -errs[i % 3]);
        assert_int_equal(fault_n_hits(FAULT_FSYNC), 1);
        assert_false(f->error.is_named);
        assert_int_equal(access(path_of(f, "name"), F_OK), -1);
        fault_clear();
    }
}

static void test_a_name_that_cannot_be_synced_is_told_and_there(void **state)
{
    struct fixture *f = *state;
    struct adl_sink_target target = target_of("name");

    target.is_durable = true;
    fault_arm(FAULT_FSYNC, 2, EIO);
    assert_int_equal(save_whole(f->dir, &target, body, BODY_LEN, &f->error),
                     -EIO);
    assert_true(f->error.is_named);
    assert_string_equal(f->error.text, "sync the folder of name: i/o error");
    assert_true(is_body(f, "name"));
}

static void test_a_failed_overwrite_leaves_the_old_file(void **state)
{
    struct fixture *f = *state;
    struct adl_sink_target target = target_of("name");
    static const enum fault_call calls[] = {
        FAULT_WRITE, FAULT_FCNTL, FAULT_CLOSE, FAULT_RENAMEAT, FAULT_FUTIMENS};

    assert_int_equal(mkdir(scratch_path(f->scratch, "dir"), 0777), 0);
    scratch_write(path_of(f, "name"), "old");
    target.overwrite = true;
    target.mtime_s = 1;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        fault_arm(calls[i], 1, EIO);
        assert_int_equal(save(f, &target), -EIO);
        fault_clear();
        assert_true(scratch_holds(path_of(f, "name"), "old", 3));
        assert_int_equal(scratch_count_entries(path_of(f, ".asyncdl")), 0);
    }
}

static void test_a_full_disk_is_told_and_left_clean(void **state)
{
    struct fixture *f = *state;
    struct adl_sink_target target = target_of("p/name");
    size_t len = 256 << 10;
    char *big = calloc(1, len);
    struct adl_sink *sink;

    assert_non_null(big);
    assert_int_equal(mkdir(scratch_path(f->scratch, "dir"), 0777), 0);
    if (!scratch_mount(scratch_path(f->scratch, "dir"), 128 << 10)) {
        print_message("skipped: this user may not mount a tmpfs\n");
        free(big);
        skip();
    }
    assert_int_equal(save_whole(f->dir, &target, big, len, &f->error), -ENOSPC);
    assert_string_equal(f->error.text, "write p/name: no space left on device");
    assert_int_equal(adl_sink_open(&sink, f->dir, &target, 0, &f->error), 0);
    assert_int_equal(adl_sink_write(sink, big, len, &f->error), -ENOSPC);
    adl_sink_abort(sink);
    assert_int_equal(adl_sink_open(&sink, f->dir, &target, 2 * MIB, &f->error),
                     -ENOSPC);
    assert_int_equal(access(path_of(f, "p"), F_OK), -1);
    assert_int_equal(scratch_count_entries(path_of(f, ".asyncdl")), 0);

    assert_int_equal(save(f, &target), 0); /* all the room is there again */
    assert_true(is_body(f, "p/name"));
    scratch_unmount(scratch_path(f->scratch, "dir"));
    free(big);
}

struct saver {
    struct adl_dir *dir;
    uv_barrier_t *start;
    int id;
    int n_saved;  /* names of its own */
    int n_shared; /* names that all want, and it got */
    int n_wrong;
};

static void save_many(void *data)
{
    struct saver *s = data;
    char path[32] = "";
    struct adl_sink_target target = target_of(path);
    struct adl_sink_error error;

    adl_sink_error_init(&error);
    uv_barrier_wait(s->start);
    for (int i = 0; i < N_FILES; i++) {
        (void)snprintf(path, sizeof(path), "own/%d-%d", s->id, i);
        target.overwrite = i % 2 == 1;
        s->n_saved += save_whole(s->dir, &target, body, BODY_LEN, &error) == 0;
        (void)snprintf(path, sizeof(path), "%d", i);
        target.overwrite = false;
        struct adl_sink *sink = NULL;
        int err;
        if (i % 2 == 0) {
            err = save_whole(s->dir, &target, body, BODY_LEN, &error);
        } else {
            err = adl_sink_open(&sink, s->dir, &target, 0, &error);
        }
        if (err == 0 && sink != NULL) {
            (void)adl_sink_write(sink, body, BODY_LEN, &error);
            err = finish(sink, &target, &error);
        }
        s->n_shared += err == 0;
        s->n_wrong += err != 0 && err != ASYNCDL_EEXISTS;
    }
}

static void test_threads_share_a_directory_and_one_gets_a_name(void **state)
{
    struct fixture *f = *state;
    struct saver savers[N_THREADS];
    uv_thread_t threads[N_THREADS];
    uv_barrier_t start;
    int n_shared = 0;
    char path[32];

    assert_int_equal(uv_barrier_init(&start, N_THREADS), 0);
    for (int i = 0; i < N_THREADS; i++) {
        savers[i] = (struct saver){.dir = f->dir, .start = &start, .id = i};
        assert_int_equal(uv_thread_create(&threads[i], save_many, &savers[i]),
                         0);
    }
    for (int i = 0; i < N_THREADS; i++) {
        assert_int_equal(uv_thread_join(&threads[i]), 0);
        assert_int_equal(savers[i].n_saved, N_FILES);
        assert_int_equal(savers[i].n_wrong, 0);
        n_shared += savers[i].n_shared;
    }
    uv_barrier_destroy(&start);

    assert_int_equal(n_shared, N_FILES);
    assert_int_equal(scratch_count_entries(path_of(f, "own")),
                     N_THREADS * N_FILES);
    assert_int_equal(scratch_count_entries(path_of(f, ".asyncdl")), 0);
    for (int i = 0; i < N_FILES; i++) {
        (void)snprintf(path, sizeof(path), "%d", i);
        assert_true(is_body(f, path));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

TEST_SUITE(sink)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_way_makes_the_whole_file),
        TEST(test_an_empty_body_makes_an_empty_file),
        TEST(test_what_is_there_is_left_alone_unless_asked),
        TEST(test_a_dangling_symlink_counts_and_is_not_followed),
        TEST(test_a_folder_of_that_name_is_never_replaced),
        TEST(test_a_wrong_checksum_leaves_no_file),
        TEST(test_every_way_tells_the_hash_of_what_it_wrote),
        TEST(test_a_body_its_server_disowns_is_damaged),
        TEST(test_a_rewound_sink_takes_other_checks),
        TEST(test_a_path_through_a_symlink_or_a_file_is_refused),
        TEST(test_commit_may_choose_another_path),
        TEST(test_abort_leaves_nothing),
        TEST(test_two_sinks_of_one_path_do_not_mix),
        TEST(test_a_killed_writer_leaves_no_file_and_no_hindrance),
        TEST(test_a_second_name_left_by_a_crash_endangers_nothing),
        TEST(test_allocated_room_that_was_not_needed_is_given_back),
        TEST(test_small_sizes_are_not_allocated),
        TEST(test_a_write_that_failed_can_be_rewound),
        TEST(test_a_long_path_leaves_room_for_the_reason),
        TEST(test_whatever_fails_the_file_is_whole_or_absent),
        TEST(test_bytes_that_cannot_be_synced_get_no_name),
        TEST(test_a_name_that_cannot_be_synced_is_told_and_there),
        TEST(test_a_failed_overwrite_leaves_the_old_file),
        TEST(test_threads_share_a_directory_and_one_gets_a_name),
        /* Last: it moves this process to a mount namespace of its own. */
        TEST(test_a_full_disk_is_told_and_left_clean),
    };

    return cmocka_run_group_tests_name("sink", tests, NULL, NULL);
}
