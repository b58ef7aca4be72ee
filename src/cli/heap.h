/* SPDX-License-Identifier: MIT */
#ifndef ADL_CLI_HEAP_H
#define ADL_CLI_HEAP_H

/*
 * Let the program keep memory that it has freed, up to a few MiB: bodies and
 * rows come and go all the time, and giving their pages back to the system only
 * to ask for them again costs as much as a tenth of a run. Does nothing where
 * the C library has no such setting.
 */
void adl_heap_keep(void);

#endif
