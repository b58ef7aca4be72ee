/* SPDX-License-Identifier: MIT */
/* Runs of asyncdl whose disk has faults (baddisk.c). */
#ifndef SUPPORT_BADDISK_H
#define SUPPORT_BADDISK_H

#include "support/cmd.h"

struct baddisk {
    const char *call;  /* "syncfs", "fsync", "fdatasync"; NULL: none fails */
    unsigned long nth; /* which of them; 0: all */
    int err;           /* an errno */
    const char *room;  /* bytes of a quota, as text; NULL: no quota */
};

/* From the next run on. */
void baddisk_arm(struct cmd *cmd, const struct baddisk *disk);

/* Runs have a good disk again. */
void baddisk_disarm(struct cmd *cmd);

/* How the program says it. */
const char *baddisk_get_text(int err);

#endif
