/* SPDX-License-Identifier: MIT */
/*
 * The forkserver's own process: it has one thread, no loop and nothing of the
 * program but its code, forks a helper when told so, and tells on the helper's
 * own socket how it ended.
 */
#ifndef ADL_POOL_ZYGOTE_H
#define ADL_POOL_ZYGOTE_H

/*
 * Be it until the program says that it is over, or is gone. control is a
 * descriptor whose other end the program has; all others but the standard ones
 * are closed.
 */
_Noreturn void adl_zygote_run(int control);

#endif
