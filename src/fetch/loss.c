/* SPDX-License-Identifier: MIT */
#include "fetch/loss.h"

#include <errno.h>
#include <stddef.h>

#include <utlist.h>

#include "fetch/finish.h"
#include "fetch/start.h"

void adl_loss_of_host(struct asyncdl_transfer *t, int err, const char *text)
{
    struct adl_sched *sched = t->client->sched;
    struct adl_sched_item *item;

    while ((item = adl_sched_take_same_host(sched, &t->item)) != NULL) {
        struct asyncdl_transfer *other = (struct asyncdl_transfer *)item;

        adl_transfer_explain(other, "%s", text);
        if (!adl_start_mirror(other, err)) {
            adl_finish_fail(other, err, true, other->error);
        }
    }
}

/* Nothing can be reached, and nothing need wait any longer. What the last that
 * tried met with is no failure of the others. */
static void fail_all(struct asyncdl_client *client, const char *text)
{
    struct asyncdl_transfer *t, *next;

    DL_FOREACH_SAFE (client->transfers, t, next) {
        if (t->stage == ADL_STAGE_WAITING) {
            adl_sched_remove(client->sched, &t->item);
            adl_transfer_explain(t, "%s", text);
            adl_finish_fail(t, -ENETDOWN, true, t->error);
        }
    }
}

void adl_loss_spread(struct asyncdl_transfer *t, int err,
                     const struct adl_downtime_news *news)
{
    const char *why = adl_transfer_get_error(t, err);
    struct adl_buf text = {0};

    (void)adl_buf_addf(&text, "%s is down: %s",
                       news->is_net_lost ? "network" : "host",
                       why); /* without memory it is not explained */
    if (news->is_net_lost) {
        fail_all(t->client, adl_buf_str(&text));
    } else {
        adl_loss_of_host(t, err, adl_buf_str(&text));
    }
    adl_buf_finish(&text);
}
