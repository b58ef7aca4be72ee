/* SPDX-License-Identifier: MIT */
/*
 * Random runs of a list that changes between them, against a model: runs are
 * killed at random points, and somebody deletes, edits and touches files. What
 * must hold whatever happens:
 *
 *   - a file that is done and was left alone is never asked for again,
 *   - an entry that was noted never changes its name,
 *   - no two entries have one name,
 *   - a file that somebody changed is never replaced,
 *   - what is under its own name is whole.
 */
#include "unit/ledger_bed.h"

#include <fcntl.h>
#include <stdbool.h>
#include <time.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/effort.h"
#include "support/suite.h"
#include "util/rng.h"

#define N_ENTRIES 12
#define N_RUNS    100
#define N_SEEDS   effort(5, 1)
#define TEXT_MAX  32

/* An entry as the model knows it. */
struct entry {
    bool is_listed; /* in the list of the run */
    bool is_noted;  /* the journal may know it: its name is its own */
    bool is_done;   /* its file was there, whole, after a run */
    bool is_changed;
    char name[TEXT_MAX];
    char changed[32]; /* what somebody wrote to it */
};

/* A run is a process, which has a copy of it, and may be killed. */
struct model {
    struct bed bed;
    struct adl_rng rng;
    struct entry entries[N_ENTRIES];
    int order[N_ENTRIES];
};

static unsigned draw(struct model *m, unsigned n)
{
    return (unsigned)(adl_rng_next(&m->rng) % n);
}

/* Four of them would have one name. */
static void get_wanted(char out[TEXT_MAX], int n)
{
    (void)snprintf(out, TEXT_MAX, n % 6 == 5 ? "d/f%d" : "f%d", n / 4);
}

static void get_text(char out[TEXT_MAX], int n)
{
    (void)snprintf(out, TEXT_MAX, "the body of entry %d", n);
}

static void edit_list(struct model *m)
{
    for (int i = 0; i < N_ENTRIES; i++) {
        int j = (int)draw(m, N_ENTRIES);
        int n = m->order[i];

        m->entries[i].is_listed = draw(m, 4) != 0;
        m->order[i] = m->order[j];
        m->order[j] = n;
    }
}

/* What somebody does to a file that is done. */
static void meddle(struct model *m, int n)
{
    struct entry *e = &m->entries[n];
    const char *path = scratch_path(m->bed.scratch, e->name);
    const struct timespec times[2] = {{.tv_sec = 5}, {.tv_sec = 5}};

    if (!e->is_done || e->is_changed) {
        return;
    }
    switch (draw(m, 12)) {
    case 0:
        assert_int_equal(unlink(path), 0);
        e->is_done = false;
        break;
    case 1:
        (void)snprintf(e->changed, sizeof(e->changed), "changed %u",
                       draw(m, 100));
        scratch_write(path, e->changed);
        /* within a tick of the clock it would have the time it had */
        assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
        e->is_changed = true;
        break;
    default:
        break;
    }
}

/* The new name of an entry, or that which it has. */
static void check_name(struct model *m, int n)
{
    struct entry *e = &m->entries[n];
    const char *name = adl_buf_str(&m->bed.path);

    if (e->is_noted && strcmp(e->name, name) != 0) {
        fail_msg("entry %d was %s and is %s", n, e->name, name);
    }
    for (int i = 0; i < N_ENTRIES; i++) {
        if (i != n && m->entries[i].is_noted &&
            strcmp(m->entries[i].name, name) == 0) {
            fail_msg("entries %d and %d are %s", n, i, name);
        }
    }
}

static void check_standing(const struct model *m, int n)
{
    const struct entry *e = &m->entries[n];
    enum adl_standing_state state = m->bed.standing.state;

    if (e->is_changed) {
        assert_int_equal(state, ADL_STANDING_CHANGED);
    } else if (e->is_done) {
        assert_int_equal(state, ADL_STANDING_DONE);
    } else if (state != ADL_STANDING_OPEN && state != ADL_STANDING_DONE) {
        fail_msg("entry %d: %d", n, (int)state);
    }
}

/* A name that is in the journal from now on. */
struct told {
    int n;
    char name[TEXT_MAX];
};

static void learn(struct model *m, const struct told *told)
{
    struct entry *e = &m->entries[told->n];

    e->is_noted = true;
    (void)snprintf(e->name, sizeof(e->name), "%s", told->name);
}

/* In the process of a run. */
static void tell(int fd, struct model *m, int n)
{
    struct told told = {.n = n};

    (void)snprintf(told.name, sizeof(told.name), "%s",
                   adl_buf_str(&m->bed.path));
    learn(m, &told);
    assert_int_equal(write(fd, &told, sizeof(told)), sizeof(told));
}

/* Do with an entry that is open what may become of it. */
static void download(struct model *m, int n, int fd)
{
    struct adl_record failed =
        make_entry(&m->bed, (uint64_t)n + 1, ADL_RECORD_FAILED);
    char text[TEXT_MAX];
    char part[ADL_PART_NAME_MAX];

    get_text(text, n);
    switch (draw(m, 5)) {
    case 0:
        note(&m->bed, &failed);
        break;
    case 1:
        adl_sink_leave(get_ready(&m->bed, (uint64_t)n + 1, text));
        tell(fd, m, n);
        _exit(0); /* killed before it has its name */
    case 2:
        note_half(&m->bed, (uint64_t)n + 1, "the bo", part);
        break;
    default:
        finish_file(&m->bed, (uint64_t)n + 1, text);
    }
    tell(fd, m, n);
}

/* A run, which ends before its list does where it is killed. */
static void run_list(struct model *m, int fd)
{
    int n_left = (int)draw(m, 2 * N_ENTRIES);

    open_run(&m->bed);
    for (int i = 0; i < N_ENTRIES; i++) {
        int n = m->order[i];
        char wanted[TEXT_MAX];

        if (!m->entries[n].is_listed) {
            continue;
        }
        if (n_left-- == 0) {
            _exit(0); /* what was not settled is lost, and no lock is left */
        }
        get_wanted(wanted, n);
        admit(&m->bed, (uint64_t)n + 1, wanted);
        check_name(m, n);
        check_standing(m, n);
        if (m->bed.standing.state == ADL_STANDING_OPEN) {
            download(m, n, fd);
        }
    }
    close_run(&m->bed);
}

/* Learn what a run told before its end. */
static void hear(struct model *m, int fd)
{
    struct told told;

    while (read(fd, &told, sizeof(told)) == sizeof(told)) {
        learn(m, &told);
    }
}

static void run_in_a_process(struct model *m)
{
    int fds[2];
    int status = -1;

    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(fds[0]);
        m->rng.state ^= UINT64_C(0x9e3779b97f4a7c15); /* not what we draw */
        run_list(m, fds[1]);
        _exit(0);
    }
    close(fds[1]);
    hear(m, fds[0]);
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (status != 0) {
        fail_msg("a run ended with %d", status);
    }
}

/* What lies under the names of the entries. */
static void look_at_files(struct model *m)
{
    for (int n = 0; n < N_ENTRIES; n++) {
        struct entry *e = &m->entries[n];
        char text[TEXT_MAX];

        if (!e->is_noted ||
            access(scratch_path(m->bed.scratch, e->name), F_OK) < 0) {
            assert_false(e->is_done);
            continue;
        }
        get_text(text, n);
        if (!has_text(&m->bed, e->name, e->is_changed ? e->changed : text)) {
            fail_msg("entry %d: %s", n, e->name);
        }
        e->is_done = true;
    }
}

static void play(const struct scratch *scratch, uint64_t seed)
{
    static struct model m;

    m = (struct model){
        .bed = {.scratch = scratch, .options = {.keeps_journal = true}},
        .rng = {.state = seed},
    };
    for (int i = 0; i < N_ENTRIES; i++) {
        m.order[i] = i;
    }
    for (int run = 0; run < N_RUNS; run++) {
        edit_list(&m);
        run_in_a_process(&m);
        look_at_files(&m);
        for (int n = 0; n < N_ENTRIES; n++) {
            meddle(&m, n);
        }
    }
}

static void test_random_runs_lose_and_swap_nothing(void **state)
{
    const struct scratch *s = *state;

    for (uint64_t seed = 1; seed <= N_SEEDS; seed++) {
        struct scratch sub = {.n_fds = s->n_fds};
        char name[16];

        (void)snprintf(name, sizeof(name), "seed%d", (int)seed);
        (void)snprintf(sub.path, sizeof(sub.path), "%.1000s",
                       scratch_path(s, name));
        play(&sub, seed);
    }
}

#define TEST(f) \
    cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

TEST_SUITE(ledger_model)
{
    const struct CMUnitTest tests[] = {
        TEST(test_random_runs_lose_and_swap_nothing),
    };

    return cmocka_run_group_tests_name("ledger_model", tests, NULL, NULL);
}
