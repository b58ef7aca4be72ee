/* SPDX-License-Identifier: MIT */
/* How transfers end, and how the world learns of what happens to them. */
#ifndef ADL_FETCH_FINISH_H
#define ADL_FETCH_FINISH_H

#include <stdbool.h>

#include "fetch/state.h"

/* Tell the observers. event may be incomplete: what the transfer knows is
 * filled in. */
void adl_finish_emit(struct asyncdl_transfer *t, struct asyncdl_event event);

/* All of the body is there. The transfer is in no list of its stage. */
void adl_finish_save(struct asyncdl_transfer *t);

/*
 * It has failed: drops what there is of its body, or leaves it to a later run
 * that may go on with it, then ends it. text is
 * copied; NULL means what err says. The transfer is in no list of its stage.
 */
void adl_finish_fail(struct asyncdl_transfer *t, int err, bool is_retryable,
                     const char *text);

/* Nothing of it is under way any more: its failure is noted, where a journal is
 * kept, and its callback is due. */
void adl_finish_end(struct asyncdl_transfer *t);

/* Call back for all that have ended, and free them. */
void adl_finish_deliver(struct asyncdl_client *client);

#endif
