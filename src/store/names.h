/* SPDX-License-Identifier: MIT */
/*
 * The names that are taken in a run. The first to claim a path gets it, the
 * next "path~2", and so on in order of claims. A path that was claimed as a
 * file is never a folder of another, nor the other way about: the later one
 * gets a number at that component.
 *
 * What is kept is a hash of it, so that two different names are taken for one
 * with a chance of 2^-64 a pair, and then the later one gets a needless number.
 * The first 100,000 names and folders are kept in memory, 2 MiB at most, all
 * others on the disk.
 */
#ifndef ADL_STORE_NAMES_H
#define ADL_STORE_NAMES_H

#include <stdint.h>

#include "util/buf.h"

struct adl_names;

int adl_names_create(struct adl_names **out); /* 0 or -ENOMEM */
void adl_names_destroy(struct adl_names *names);

/*
 * Have cb told of each folder that gets a number, before the claim is over:
 * what belongs into path goes to path~number from then on. What it answers
 * below 0 fails the claim. path is borrowed for the call.
 */
void adl_names_on_folder(struct adl_names *names,
                         int (*cb)(const char *path, uint32_t number,
                                   void *data),
                         void *data);

/* Take over what was told so in another run. 0 or negative, as a claim. */
int adl_names_take_folder(struct adl_names *names, const char *path,
                          uint32_t number);

/*
 * Claim a safe path, which lies outside of buf; what it became replaces what
 * buf held. 0, -ENOMEM, or -EIO or -ENOSPC of the disk.
 */
int adl_names_claim(struct adl_names *names, const char *path,
                    struct adl_buf *buf);

#endif
