/* SPDX-License-Identifier: MIT */
/* Journals in a scratch folder, and records for them. */
#ifndef UNIT_JOURNAL_RECORDS_H
#define UNIT_JOURNAL_RECORDS_H

#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/journal.h"
#include "support/scratch.h"

#define ASIDE ".asyncdl"

/* The folder of the journal; the caller closes it. */
static inline int open_aside(const struct scratch *s)
{
    const char *path = scratch_path(s, ASIDE);

    (void)mkdir(path, 0777); /* may be there */
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static inline struct adl_journal *open_journal(int aside_fd)
{
    struct adl_journal *journal = NULL;
    char why[200] = "";
    int err = adl_journal_open(&journal, aside_fd, ADL_JOURNAL_KEEP, false, why,
                               sizeof(why));

    if (err < 0) {
        fail_msg("%d: %s", err, why);
    }
    return journal;
}

static inline void make_key(uint8_t key[ADL_JOURNAL_KEY], uint64_t n)
{
    uint64_t mixed = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);

    memcpy(key, &mixed, 8);
    memcpy(key + 8, &n, 8);
}

/* A finished file that stands for key n. */
static inline struct adl_record make_record(uint64_t id, uint64_t n)
{
    struct adl_record record = {
        .id = id,
        .state = ADL_RECORD_DONE,
        .url = "http://h.example/a",
        .path = "a",
        .attempts = 1,
        .bytes = n,
    };

    make_key(record.key, n);
    return record;
}

/* Finished files of keys 0 to n - 1. */
static inline void put_records(struct adl_journal *journal, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        struct adl_record record = make_record(adl_journal_take_id(journal), i);

        assert_int_equal(adl_journal_put(journal, &record), 0);
    }
    assert_int_equal(adl_journal_commit(journal), 0);
}

/* The id of the record that key n finds, 0, or negative. */
static inline int64_t match(struct adl_journal *journal, uint64_t n)
{
    struct adl_record record = {0};
    uint8_t key[ADL_JOURNAL_KEY];

    make_key(key, n);
    int answer = adl_journal_match(journal, key, &record);
    if (answer > 0) {
        assert_memory_equal(record.key, key, sizeof(key));
        return (int64_t)record.id;
    }
    return answer;
}

#endif
