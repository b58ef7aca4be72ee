/* SPDX-License-Identifier: MIT */
#include "cli/heap.h"

#include <stdlib.h> /* tells which C library it is */

#ifdef __GLIBC__

#include <malloc.h>

#define KEPT_BYTES  (8 * 1024 * 1024)
#define AHEAD_BYTES (256 * 1024)
/* From here on a block is mapped by itself. The default adapts, but no longer
 * does once one of the others is set. */
#define MAPPED_BYTES (4 * 1024 * 1024)

void adl_heap_keep(void)
{
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);   /* refused: as it was */
    (void)mallopt(M_TOP_PAD, AHEAD_BYTES);         /* likewise */
    (void)mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES); /* likewise */
}

#else

void adl_heap_keep(void)
{
}

#endif
