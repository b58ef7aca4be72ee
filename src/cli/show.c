/* SPDX-License-Identifier: MIT */
#include "cli/show.h"

#include <string.h>
#include <unistd.h>

static bool is_terminal(const char *term)
{
    return isatty(STDOUT_FILENO) && term != NULL && strcmp(term, "dumb") != 0;
}

static enum adl_shown choose(const struct adl_options *options,
                             const char *term)
{
    if (options->is_dry) {
        return ADL_SHOWN_PLAN;
    }
    if (options->wants_json) {
        return ADL_SHOWN_OBJECTS;
    }
    if (options->is_quiet || options->progress == ADL_PROGRESS_NONE) {
        return ADL_SHOWN_NOTHING;
    }
    bool is_bar = options->progress == ADL_PROGRESS_BAR ||
                  (options->progress == ADL_PROGRESS_AUTO && is_terminal(term));
    return is_bar ? ADL_SHOWN_BAR : ADL_SHOWN_LINES;
}

int adl_show_init(struct adl_show *show, uv_loop_t *loop,
                  const struct adl_options *options,
                  const struct adl_tally *tally, const char *term)
{
    *show = (struct adl_show){
        .options = options,
        .tally = tally,
        .shown = choose(options, term),
    };
    adl_plain_init(&show->plain, &show->out);
    adl_json_init(&show->json, &show->out);
    adl_plan_init(&show->plan, &show->out, options->client.dir);
    return adl_out_init(&show->out, loop, STDOUT_FILENO);
}

static void clear(void *data)
{
    adl_bar_hide(data);
}

int adl_show_draw(struct adl_show *show, uv_loop_t *loop,
                  void (*get_facts)(struct adl_progress_facts *out, void *data),
                  void *data, const struct adl_msg *msg)
{
    if (show->shown != ADL_SHOWN_BAR) {
        return 0;
    }
    show->bar.get_facts = get_facts;
    show->bar.data = data;
    int err = adl_bar_start(&show->bar, loop, &show->out, &show->progress);
    if (err == 0 && msg->drawer != NULL) {
        show->drawer = msg->drawer;
        *show->drawer =
            (struct adl_msg_drawer){.clear = clear, .data = &show->bar};
    }
    return err;
}

int adl_show_observe(struct adl_show *show, struct asyncdl_client *client)
{
    int err =
        asyncdl_client_observe(client, adl_progress_on_event, &show->progress);

    if (err < 0) {
        return err;
    }
    switch (show->shown) {
    case ADL_SHOWN_PLAN:
        return asyncdl_client_observe(client, adl_plan_on_event, &show->plan);
    case ADL_SHOWN_OBJECTS:
        return asyncdl_client_observe(client, adl_json_on_event, &show->json);
    case ADL_SHOWN_LINES:
        return asyncdl_client_observe(client, adl_plain_on_event, &show->plain);
    default:
        return 0;
    }
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

static bool wants_summary(const struct adl_show *show)
{
    return !show->options->is_quiet && show->out.err == 0;
}

void adl_show_add_summary(struct adl_show *show, double elapsed_s)
{
    struct adl_buf *text = &show->out.text;

    adl_bar_hide(&show->bar);
    if (!wants_summary(show) || show->shown == ADL_SHOWN_OBJECTS) {
        return;
    }
    /* without memory there is no summary */
    if (show->shown == ADL_SHOWN_PLAN) {
        (void)adl_plan_add_summary(text, &show->plan, show->tally);
    } else {
        (void)adl_plain_add_summary(text, show->tally, elapsed_s);
    }
}

void adl_show_tell_summary(const struct adl_show *show, double elapsed_s,
                           const struct adl_msg *msg)
{
    struct adl_buf text = {0};

    if (wants_summary(show) && show->shown == ADL_SHOWN_OBJECTS &&
        adl_plain_add_summary(&text, show->tally, elapsed_s) == 0) {
        adl_msg_text(msg, text.data);
    }
    adl_buf_finish(&text);
}

void adl_show_stop(struct adl_show *show)
{
    adl_bar_stop(&show->bar);
    if (show->drawer != NULL) {
        *show->drawer = (struct adl_msg_drawer){.clear = NULL};
    }
    adl_out_stop(&show->out);
}

void adl_show_finish(struct adl_show *show)
{
    adl_plain_finish(&show->plain);
    adl_json_finish(&show->json);
    adl_plan_finish(&show->plan);
    adl_bar_finish(&show->bar);
    adl_progress_finish(&show->progress);
    adl_out_finish(&show->out);
}
