/* SPDX-License-Identifier: MIT */
#include "support/kin.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WAIT_MS 30000

size_t kin_count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t n = 0;

    if (dir == NULL) {
        return 0;
    }
    for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        n += e->d_name[0] != '.' ? 1 : 0;
    }
    (void)closedir(dir); /* it was only read */
    return n - 1;        /* the one that read it */
}

/* The state and the parent of a process; false where there is none. */
static bool read_stat(pid_t pid, char *state, pid_t *parent)
{
    char path[64];
    char line[512] = "";
    long number = 0;

    (void)snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return false;
    }
    const char *got = fgets(line, sizeof(line), file);
    (void)fclose(file); /* it was only read */
    const char *rest = got != NULL ? strrchr(line, ')') : NULL;
    if (rest == NULL || sscanf(rest, ") %c %ld", state, &number) != 2) {
        return false;
    }
    *parent = (pid_t)number;
    return true;
}

size_t kin_list_children(pid_t parent, pid_t *out, size_t cap)
{
    DIR *dir = opendir("/proc");
    size_t n = 0;

    if (dir == NULL) {
        return 0;
    }
    for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);
        pid_t its_parent;
        char state;

        if (!isdigit((unsigned char)e->d_name[0]) ||
            !read_stat(pid, &state, &its_parent) || its_parent != parent) {
            continue;
        }
        if (out != NULL && n < cap) {
            out[n] = pid;
        }
        n++;
    }
    (void)closedir(dir); /* it was only read */
    return n;
}

bool kin_is_alive(pid_t pid)
{
    pid_t parent;
    char state;

    return read_stat(pid, &state, &parent) && state != 'Z' && state != 'X';
}

bool kin_wait_until_gone(pid_t pid)
{
    const struct timespec pause = {.tv_nsec = 2000000};

    for (int i = 0; i < WAIT_MS / 2; i++) {
        if (!kin_is_alive(pid)) {
            return true;
        }
        (void)nanosleep(&pause, NULL); /* /proc has nothing to wait on */
    }
    return false;
}
