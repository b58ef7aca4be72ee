/* SPDX-License-Identifier: MIT */
#include "corpus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define N_FILES 60

static int write_file(const char *path, const char *text, int times)
{
    FILE *out = fopen(path, "w");

    if (out == NULL) {
        return -errno;
    }
    for (int i = 0; i < times; i++) {
        fputs(text, out);
    }
    return fclose(out) == 0 ? 0 : -errno;
}

static void name_file(char *out, size_t cap, const struct corpus *corpus, int i)
{
    (void)snprintf(out, cap, "%s/page-%02d.txt", corpus->dir, i);
}

int corpus_init(struct corpus *corpus)
{
    static const char *const texts[] = {
        "A program that waits needs no second CPU.\n",
        "A program that computes needs one for each of its workers.\n",
        "Most programs do both, and so they need a loop and a pool.\n",
        "A queue hands over what one has made and another one needs.\n",
        "Who holds a lock for long makes all the others wait.\n",
    };
    const char *tmp = getenv("TMPDIR");
    char path[160];
    int err = 0;

    *corpus = (struct corpus){.dir = ""};
    (void)snprintf(corpus->dir, sizeof(corpus->dir), "%.60s/%s",
                   tmp != NULL ? tmp : "/tmp", "asyncdl-compare-texts.XXXXXX");
    if (mkdtemp(corpus->dir) == NULL) {
        err = -errno;
        corpus->dir[0] = '\0';
        return err;
    }
    for (int i = 0; err == 0 && i < N_FILES; i++) {
        name_file(path, sizeof(path), corpus, i);
        err = write_file(path, texts[i % 5], 100 + i);
    }
    (void)snprintf(corpus->queries, sizeof(corpus->queries), "%.64s.queries",
                   corpus->dir);
    if (err == 0) {
        err = write_file(corpus->queries,
                         "second CPU\nloop and a pool\nnowhere\n", 1);
    }
    if (err < 0) {
        corpus_finish(corpus);
    }
    return err;
}

void corpus_finish(struct corpus *corpus)
{
    char path[160];

    if (corpus->dir[0] == '\0') {
        return;
    }
    for (int i = 0; i < N_FILES; i++) {
        name_file(path, sizeof(path), corpus, i);
        (void)unlink(path); /* is not there where it could not be made */
    }
    (void)unlink(corpus->queries);
    (void)rmdir(corpus->dir);
    corpus->dir[0] = '\0';
}
