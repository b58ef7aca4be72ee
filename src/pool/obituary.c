/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* SIGSTKFLT and others that POSIX does not have */
#include "pool/obituary.h"

#include <inttypes.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "util/buf.h"

static const struct {
    int number;
    const char *name;
} names[] = {
    {SIGHUP, "SIGHUP"},       {SIGINT, "SIGINT"},   {SIGQUIT, "SIGQUIT"},
    {SIGILL, "SIGILL"},       {SIGTRAP, "SIGTRAP"}, {SIGABRT, "SIGABRT"},
    {SIGBUS, "SIGBUS"},       {SIGFPE, "SIGFPE"},   {SIGKILL, "SIGKILL"},
    {SIGUSR1, "SIGUSR1"},     {SIGSEGV, "SIGSEGV"}, {SIGUSR2, "SIGUSR2"},
    {SIGPIPE, "SIGPIPE"},     {SIGALRM, "SIGALRM"}, {SIGTERM, "SIGTERM"},
    {SIGXCPU, "SIGXCPU"},     {SIGXFSZ, "SIGXFSZ"}, {SIGSYS, "SIGSYS"},
    {SIGVTALRM, "SIGVTALRM"}, {SIGPROF, "SIGPROF"},
};

static const char *find_name(int signal)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].number == signal) {
            return names[i].name;
        }
    }
    return "no name";
}

char *adl_obituary(const char *name, int64_t pid, int status, int signal)
{
    struct adl_buf words = {0};
    int err;

    if (signal > 0) {
        err = adl_buf_addf(
            &words, "%s (process %" PRId64 ") was ended by signal %d (%s)",
            name, pid, signal, find_name(signal));
    } else {
        err = adl_buf_addf(&words,
                           "%s (process %" PRId64 ") exited with status %d",
                           name, pid, status);
    }
    if (err < 0) {
        adl_buf_finish(&words);
        return NULL;
    }
    return adl_buf_take(&words);
}
