/* SPDX-License-Identifier: MIT */
/*
 * One table from the hash of a name to a number.
 *
 * A file "a" is kept under "a", with the next number to try for a further
 * claim, so that the millionth claim costs as much as the second. A folder "a"
 * is kept under "a/" (no safe path ends so), with the number that it got: 1 for
 * "a" itself, more where a file "a" was there before. A folder keeps its
 * number, so that what belongs together stays together. An "a" may stand beside
 * an "a/" of number 1: then it only counts, for files that wanted the folder's
 * name.
 *
 * A numbered name is one that is neither a file's nor a folder's yet.
 *
 * Many names are kept on the disk (numbers.h). What that answers wrong is kept
 * in err until the claim is over, and fails it.
 */
#include "store/names.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/name.h"
#include "util/hash.h"
#include "util/numbers.h"

#define FIRST_TAKEN 1 /* the number of a folder under its own name */
#define FIRST_RETRY 2 /* the number of the second claimant */

struct adl_names {
    struct adl_numbers numbers;
    int err; /* of those, in this claim */
    int (*on_folder)(const char *path, uint32_t number, void *data);
    void *folder_data;
    struct adl_buf trial; /* the numbered name that is looked at */
};

static uint64_t make_key(uint64_t state)
{
    return adl_hash_finish(state);
}

static uint64_t make_folder_key(uint64_t state)
{
    return make_key(adl_hash_add(state, "/", 1));
}

static uint64_t hash_buf(const struct adl_buf *buf)
{
    return adl_hash_add(ADL_HASH_INIT, buf->data, buf->len);
}

static void note(struct adl_names *names, int err)
{
    names->err = names->err < 0 ? names->err : err;
}

/* The number kept under a key; 0 where there is none. */
static uint32_t get(struct adl_names *names, uint64_t key)
{
    uint32_t value = 0;

    note(names, adl_numbers_get(&names->numbers, key, &value));
    return value;
}

/* Room must have been reserved for a key that is new. */
static void put(struct adl_names *names, uint64_t key, uint32_t value)
{
    note(names, adl_numbers_put(&names->numbers, key, value));
}

/* Take over the numbered name. */
static void swap(struct adl_buf *a, struct adl_buf *b)
{
    struct adl_buf old = *a;

    *a = *b;
    *b = old;
}

/*
 * Put the next free numbered form of name into trial. file_key is name's, and
 * has a number. 0 or -ENOMEM.
 */
static int find_free(struct adl_names *names, const struct adl_buf *name,
                     uint64_t file_key, uint32_t *out_n)
{
    for (uint32_t n = get(names, file_key);; n++) {
        int err = adl_name_number(&names->trial, name->data, n);

        if (err < 0) {
            return err;
        }
        uint64_t state = hash_buf(&names->trial);
        if (get(names, make_key(state)) == 0 &&
            get(names, make_folder_key(state)) == 0) {
            put(names, file_key, n + 1); /* what was not free never will be */
            *out_n = n;
            return 0;
        }
    }
}

/*
 * Claim buf, of hash state *state, as a folder: both become its numbered form
 * where a file has that name. 0 or -ENOMEM.
 */
static int claim_folder(struct adl_names *names, struct adl_buf *buf,
                        uint64_t *state)
{
    uint64_t file_key = make_key(*state);
    uint64_t folder_key = make_folder_key(*state);
    int err = adl_numbers_reserve(&names->numbers, 2);

    if (err < 0) {
        return err;
    }
    uint32_t n = get(names, folder_key);
    if (n == 0 && get(names, file_key) == 0) {
        put(names, folder_key, FIRST_TAKEN);
        return 0;
    }
    if (n == FIRST_TAKEN) {
        return 0;
    }
    bool is_known = n != 0;
    err = is_known ? adl_name_number(&names->trial, buf->data, n)
                   : find_free(names, buf, file_key, &n);
    if (err == 0 && !is_known && names->on_folder != NULL) {
        err = names->on_folder(adl_buf_str(buf), n, names->folder_data);
    }
    if (err < 0) {
        return err;
    }
    swap(buf, &names->trial);
    *state = hash_buf(buf);
    if (!is_known) {
        put(names, make_folder_key(*state), FIRST_TAKEN);
        put(names, folder_key, n);
    }
    return 0;
}

static int claim_file(struct adl_names *names, struct adl_buf *buf,
                      uint64_t state)
{
    uint64_t key = make_key(state);
    int err = adl_numbers_reserve(&names->numbers, 2);
    uint32_t n;

    if (err < 0) {
        return err;
    }
    bool is_folder = get(names, make_folder_key(state)) == FIRST_TAKEN;
    bool is_free = get(names, key) == 0;
    if (is_free) {
        put(names, key, FIRST_RETRY);
    }
    if (is_free && !is_folder) {
        return 0;
    }
    err = find_free(names, buf, key, &n);
    if (err < 0) {
        return err;
    }
    swap(buf, &names->trial);
    put(names, make_key(hash_buf(buf)), FIRST_RETRY);
    return 0;
}

int adl_names_create(struct adl_names **out)
{
    struct adl_names *names = calloc(1, sizeof(*names));

    if (names == NULL) {
        return -ENOMEM;
    }
    *out = names;
    return 0;
}

void adl_names_destroy(struct adl_names *names)
{
    if (names == NULL) {
        return;
    }
    adl_buf_finish(&names->trial);
    adl_numbers_finish(&names->numbers);
    free(names);
}

void adl_names_on_folder(struct adl_names *names,
                         int (*cb)(const char *path, uint32_t number,
                                   void *data),
                         void *data)
{
    names->on_folder = cb;
    names->folder_data = data;
}

int adl_names_take_folder(struct adl_names *names, const char *path,
                          uint32_t number)
{
    uint64_t state = adl_hash_add(ADL_HASH_INIT, path, strlen(path));
    int err = adl_numbers_reserve(&names->numbers, 2);

    if (err == 0) {
        err = adl_name_number(&names->trial, path, number);
    }
    if (err < 0) {
        return err;
    }
    names->err = 0;
    put(names, make_folder_key(state), number);
    put(names, make_folder_key(hash_buf(&names->trial)), FIRST_TAKEN);
    return names->err;
}

/* Numbered folders can make a path too long. What it is cut to lies in folders
 * that were claimed on the way. */
static int shorten(struct adl_names *names, struct adl_buf *buf,
                   uint64_t *state)
{
    int err = adl_name_make_safe(&names->trial, buf->data, buf->len);

    if (err < 0) {
        return err;
    }
    swap(buf, &names->trial);
    *state = hash_buf(buf);
    return 0;
}

int adl_names_claim(struct adl_names *names, const char *path,
                    struct adl_buf *buf)
{
    uint64_t state = ADL_HASH_INIT;

    adl_buf_reset(buf);
    names->err = 0;
    for (;;) {
        size_t len = strcspn(path, "/");
        bool is_last = path[len] == '\0';
        int err = adl_buf_add(buf, path, len);

        state = adl_hash_add(state, path, len);
        if (err == 0 && !is_last) {
            err = claim_folder(names, buf, &state);
            state = adl_hash_add(state, "/", 1);
            err = err < 0 ? err : adl_buf_add(buf, "/", 1);
        }
        if (err < 0) {
            return err;
        }
        if (is_last) {
            break;
        }
        path += len + 1;
    }
    if (buf->len > ADL_NAME_PATH_MAX) {
        int err = shorten(names, buf, &state);

        if (err < 0) {
            return err;
        }
    }
    int err = claim_file(names, buf, state);
    return err < 0 ? err : names->err;
}
