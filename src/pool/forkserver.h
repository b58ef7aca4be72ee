/* SPDX-License-Identifier: MIT */
/*
 * The program's side of a forkserver (asyncdl/process.h). Any thread may call
 * these; shares are counted.
 */
#ifndef ADL_POOL_FORKSERVER_H
#define ADL_POOL_FORKSERVER_H

#include <stdint.h>

#include "asyncdl/process.h"

/* One more share, or a new one with its first where fs is NULL. 0, or as
 * asyncdl_forkserver_open(). */
int adl_forkserver_share(struct asyncdl_forkserver **out,
                         struct asyncdl_forkserver *fs);

/* Give a share back. The last waits for its end: about a millisecond. NULL is
 * allowed. */
void adl_forkserver_release(struct asyncdl_forkserver *fs);

/*
 * Ask for a helper. Its end of *fd speaks as wire.h says: STARTED, or REFUSED
 * and the end, or the end at once where the forkserver is gone. Shutting down
 * our side of it, or closing, kills the helper. A forkserver that was killed is
 * started anew. 0, -EAGAIN, -EMFILE, ... *id is what adl_forkserver_signal()
 * knows the helper by.
 */
int adl_forkserver_spawn(struct asyncdl_forkserver *fs, int *fd, int64_t *id);

/* Have a helper signalled, if it still runs then. 0 or -errno. */
int adl_forkserver_signal(struct asyncdl_forkserver *fs, int64_t id,
                          int signum);

#endif
