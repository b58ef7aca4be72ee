/* SPDX-License-Identifier: MIT */
#include "cli/show.h"

#include <unistd.h>

int adl_show_init(struct adl_show *show, uv_loop_t *loop,
                  const struct adl_options *options,
                  const struct adl_tally *tally)
{
    *show = (struct adl_show){.options = options, .tally = tally};
    adl_plain_init(&show->plain, &show->out);
    adl_plan_init(&show->plan, &show->out, options->client.dir);
    return adl_out_init(&show->out, loop, STDOUT_FILENO);
}

int adl_show_observe(struct adl_show *show, struct asyncdl_client *client)
{
    int err =
        asyncdl_client_observe(client, adl_progress_on_event, &show->progress);

    if (err < 0 || show->options->is_quiet) {
        return err;
    }
    return show->options->is_dry
               ? asyncdl_client_observe(client, adl_plan_on_event, &show->plan)
               : asyncdl_client_observe(client, adl_plain_on_event,
                                        &show->plain);
}

void adl_show_tell(const struct adl_show *show,
                   const struct adl_progress_facts *facts,
                   const struct adl_msg *msg)
{
    struct adl_buf line = {0};

    if (adl_progress_add_line(&line, &show->progress, facts) == 0) {
        adl_msg_note(msg, "%s", line.data);
    }
    adl_buf_finish(&line);
}

void adl_show_add_summary(struct adl_show *show, double elapsed_s)
{
    struct adl_buf *text = &show->out.text;

    if (show->options->is_quiet || show->out.err != 0) {
        return;
    }
    /* without memory there is no summary */
    if (show->options->is_dry) {
        (void)adl_plan_add_summary(text, &show->plan, show->tally);
    } else {
        (void)adl_plain_add_summary(text, show->tally, elapsed_s);
    }
}

void adl_show_stop(struct adl_show *show)
{
    adl_out_stop(&show->out);
}

void adl_show_finish(struct adl_show *show)
{
    adl_plain_finish(&show->plain);
    adl_plan_finish(&show->plan);
    adl_progress_finish(&show->progress);
    adl_out_finish(&show->out);
}
