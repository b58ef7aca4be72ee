/* SPDX-License-Identifier: MIT */
#include "support/powercut.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/server.h"

#define STORE "store"

void powercut_arm(struct cmd *cmd, unsigned nth, const char *boot)
{
    const char *store = tmpdir_get_path(&cmd->dir, STORE);

    assert_true(mkdir(store, 0755) == 0 || errno == EEXIST);
    cmd_set_env(cmd, cmd_text(cmd, "POWERCUT_STORE=%s", store));
    cmd_set_env(cmd, cmd_text(cmd, "POWERCUT_DIR=%s/out", cmd->dir.path));
    cmd_set_env(cmd, cmd_text(cmd, "POWERCUT_AT=%u", nth));
    cmd_set_env(cmd, cmd_text(cmd, "POWERCUT_BOOT=%s", boot));
    cmd_set_env(
        cmd, cmd_text(cmd, "LD_PRELOAD=%s", server_get_program("LIBPOWERCUT")));
    /* it comes before the sanitizers' own library, and replaces none of it */
    cmd_set_env(cmd, "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0");
}

unsigned powercut_count(struct cmd *cmd)
{
    return (unsigned)strtoul(cmd_read(cmd, STORE "/count"), NULL, 10);
}

/* What a name below "after" gets. */
struct entry {
    const char *name;
    ino_t ino;
    off_t size; /* 0: that of the copy */
    struct timespec mtime;
};

/* Make a file of what was copied of its inode, or an empty one. */
static void put_back(struct cmd *cmd, const struct entry *entry)
{
    struct adl_buf bytes = {0};
    char copy[64];
    char name[512];
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, entry->mtime};
    struct stat st;

    (void)snprintf(copy, sizeof(copy), STORE "/%ju", (uintmax_t)entry->ino);
    (void)snprintf(name, sizeof(name), "after/%s", entry->name);
    const char *to = tmpdir_get_path(&cmd->dir, "%s", name);
    if (tmpdir_read(&bytes, &cmd->dir, copy) == 0) {
        assert_int_equal(stat(tmpdir_get_path(&cmd->dir, "%s", copy), &st), 0);
        times[1] = st.st_mtim;
    }
    assert_int_equal(
        tmpdir_write(&cmd->dir, name, adl_buf_str(&bytes), bytes.len), 0);
    if (entry->size > (off_t)bytes.len) {
        assert_int_equal(truncate(to, entry->size), 0);
    }
    assert_int_equal(utimensat(AT_FDCWD, to, times, 0), 0);
    adl_buf_finish(&bytes);
}

/* The names that are there now. */
static void take_names_of_now(struct cmd *cmd, bool keeps_size)
{
    static const char *const folders[] = {"", ".asyncdl/"};

    for (size_t i = 0; i < 2; i++) {
        const char *path = tmpdir_get_path(&cmd->dir, "out/%s", folders[i]);
        DIR *folder = opendir(path);
        struct dirent *entry;

        while (folder != NULL && (entry = readdir(folder)) != NULL) {
            char name[512];
            struct stat st;

            (void)snprintf(name, sizeof(name), "%s%s", folders[i],
                           entry->d_name);
            assert_int_equal(
                lstat(tmpdir_get_path(&cmd->dir, "out/%s", name), &st), 0);
            if (S_ISREG(st.st_mode)) {
                put_back(cmd, &(struct entry){
                                  .name = name,
                                  .ino = st.st_ino,
                                  .size = keeps_size ? st.st_size : 0,
                                  .mtime = st.st_mtim,
                              });
            }
        }
        if (folder != NULL) {
            (void)closedir(folder);
        }
    }
}

/* The names of the last syncfs(); none where there was none. */
static void take_names_that_were_synced(struct cmd *cmd)
{
    struct adl_buf names = {0};
    char *rest = NULL;

    if (tmpdir_read(&names, &cmd->dir, STORE "/names") < 0) {
        return;
    }
    char *text = adl_buf_take(&names);
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        char *name = NULL;
        ino_t ino = (ino_t)strtoumax(line, &name, 10);

        assert_true(name[0] == ' ');
        put_back(cmd, &(struct entry){.name = name + 1, .ino = ino});
    }
    free(text);
}

static void need_rename(struct cmd *cmd, const char *from, const char *to)
{
    assert_int_equal(rename(tmpdir_get_path(&cmd->dir, "%s", from),
                            tmpdir_get_path(&cmd->dir, "%s", to)),
                     0);
}

void powercut_apply(struct cmd *cmd, enum powercut_kind kind)
{
    static unsigned n_cuts;
    char gone[64];

    assert_int_equal(mkdir(tmpdir_get_path(&cmd->dir, "after"), 0755), 0);
    assert_int_equal(mkdir(tmpdir_get_path(&cmd->dir, "after/.asyncdl"), 0755),
                     0);
    if (kind == POWERCUT_NOTHING_ELSE) {
        take_names_that_were_synced(cmd);
    } else {
        take_names_of_now(cmd, kind == POWERCUT_ZEROS);
    }
    (void)snprintf(gone, sizeof(gone), "gone%u", n_cuts);
    if (cmd_has(cmd, "out")) {
        need_rename(cmd, "out", gone);
    }
    need_rename(cmd, "after", "out");
    (void)snprintf(gone, sizeof(gone), "store%u", n_cuts++);
    need_rename(cmd, STORE, gone); /* inodes are others now */
}
