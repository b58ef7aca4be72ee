/* SPDX-License-Identifier: MIT */
/*
 * Power cuts, for a program that runs with libpowercut.so in LD_PRELOAD. The
 * library keeps a copy of what each file held when it was last synced, whatever
 * it is called, or whether it is called anything; at a call that was chosen it
 * kills the program. After that, powercut_apply() makes of a folder what may be
 * on the disk once the power is back.
 *
 * What counts as synced is what the file held before fsync(), fdatasync() or
 * syncfs() was called.
 */
#ifndef SUPPORT_POWERCUT_H
#define SUPPORT_POWERCUT_H

#include "support/cmd.h"

/* How the file system treats what was not synced. */
enum powercut_kind {
    /* Names are there at once, bytes only when synced: files that were not are
     * empty. As ext4 and XFS may do. */
    POWERCUT_NAMES_FIRST,
    /* Likewise, but files are as long as they were, with zeros in place of the
     * bytes that were not synced. */
    POWERCUT_ZEROS,
    /* All is as it was at the last syncfs(), but for the bytes of files and the
     * names in folders that fsync() wrote since. */
    POWERCUT_NOTHING_ELSE,
};

/* Set what the next runs need; copies go to the folder "store". They end at the
 * nth call that changes or syncs something; 0: at none. boot names the boot
 * that the program sees. */
void powercut_arm(struct cmd *cmd, unsigned nth, const char *boot);

/* How many such calls the last run made. */
unsigned powercut_count(struct cmd *cmd);

/* Make of the folder "out" what is there after the cut, and forget the rest. */
void powercut_apply(struct cmd *cmd, enum powercut_kind kind);

#endif
