/* SPDX-License-Identifier: MIT */
#ifndef ADL_CLI_STANDARD_H
#define ADL_CLI_STANDARD_H

/*
 * Take the places of those of the descriptors 0, 1 and 2 that are closed, so
 * that no file and no socket gets their numbers and is read or written in
 * their stead. Using what is put there fails, as using a closed one would.
 * Call first. 0 or -errno.
 */
int adl_standard_occupy(void);

#endif
