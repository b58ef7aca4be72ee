/* SPDX-License-Identifier: MIT */
#include "cli/failed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/entrytext.h"

struct adl_failed_ticket {
    struct adl_failed *failed;
    char *text; /* lines of a list; NULL for what no list can hold */
};

/* its owner alone: URLs have their secrets in it */
static const struct adl_aside_options aside_options = {.mode = 0600};

static int refuse(struct adl_buf *error, const char *path, const char *what)
{
    return adl_buf_addf(error, "--failed: cannot write %s: %s", path, what);
}

/* Say why it cannot be written; answers err or -ENOMEM. */
static int explain(struct adl_buf *error, const char *path, int err)
{
    int full = refuse(error, path,
                      err == -EINVAL ? "not a regular file" : strerror(-err));

    return full < 0 ? full : err;
}

int adl_failed_open(struct adl_failed *failed, const char *path,
                    const struct adl_sources *sources, struct adl_buf *error)
{
    *failed = (struct adl_failed){.is_list = false};
    int err = adl_aside_open(&failed->aside, path, &aside_options);
    if (err == 0) {
        failed->is_list = adl_sources_have(sources, failed->aside.path);
        return 0;
    }
    return explain(error, path, err);
}

/* Answers err, which text explains. */
static int tell(const struct adl_msg *msg, const struct adl_buf *text, int err)
{
    if (err < 0) {
        adl_msg_error(msg, "%s",
                      err == -ENOMEM ? strerror(ENOMEM) : adl_buf_str(text));
    }
    return err;
}

int adl_failed_check(const char *path, const char *dir,
                     const struct adl_msg *msg)
{
    struct adl_buf text = {0};
    int err = adl_aside_check(path, dir, &aside_options);

    err = tell(msg, &text, err < 0 ? explain(&text, path, err) : 0);
    adl_buf_finish(&text);
    return err;
}

int adl_failed_begin(struct adl_failed *failed, const char *path,
                     const struct adl_sources *sources,
                     const struct adl_msg *msg)
{
    struct adl_buf text = {0};
    int err = tell(msg, &text, adl_failed_open(failed, path, sources, &text));

    adl_buf_finish(&text);
    return err;
}

int adl_failed_ticket(struct adl_failed_ticket **out, struct adl_failed *failed,
                      const struct adl_entry *entry)
{
    struct adl_buf text = {0};

    *out = NULL;
    if (!adl_failed_is_open(failed)) {
        return 0;
    }
    struct adl_failed_ticket *ticket = calloc(1, sizeof(*ticket));
    int err = ticket != NULL ? adl_entrytext_add(&text, entry) : -ENOMEM;
    if (err < 0) {
        adl_buf_finish(&text);
        free(ticket);
        adl_aside_note(&failed->aside, err);
        return err;
    }
    ticket->failed = failed;
    ticket->text = adl_buf_take(&text);
    *out = ticket;
    return 0;
}

void adl_failed_use(struct adl_failed_ticket *ticket)
{
    if (ticket == NULL) {
        return;
    }
    struct adl_aside *aside = &ticket->failed->aside;
    adl_aside_note(aside, adl_buf_add_str(&aside->text, ticket->text));
    adl_aside_added(aside);
    adl_failed_drop(ticket);
}

void adl_failed_drop(struct adl_failed_ticket *ticket)
{
    if (ticket != NULL) {
        free(ticket->text);
        free(ticket);
    }
}

void adl_failed_on_done(const struct asyncdl_result *result, void *data)
{
    if (result->state == ASYNCDL_FAILED && result->err != -ECANCELED) {
        adl_failed_use(data);
    } else {
        adl_failed_drop(data);
    }
}

/* Bytes that stay in their comment. */
static int add_comment(struct adl_buf *text, const char *bytes)
{
    size_t from = text->len;
    int err = adl_buf_add_str(text, bytes);

    for (size_t i = from; i < text->len; i++) {
        unsigned char c = (unsigned char)text->data[i];

        if (c < ' ' || c == 0x7f) {
            text->data[i] = '?';
        }
    }
    return err;
}

void adl_failed_add_bad(struct adl_failed *failed,
                        const struct adl_place *place, const char *why)
{
    if (!adl_failed_is_open(failed)) {
        return;
    }
    struct adl_aside *aside = &failed->aside;
    int err = adl_buf_add_str(&aside->text, "# ");
    err = err < 0 ? err : add_comment(&aside->text, place->file);
    err = err < 0 ? err
                  : adl_buf_addf(&aside->text, ":%" PRIu64 ": ", place->line);
    err = err < 0 ? err : add_comment(&aside->text, why);
    err = err < 0 ? err : adl_buf_add_str(&aside->text, "\n");
    adl_aside_note(aside, err);
    adl_aside_added(aside);
}

/* FILE is gone from aside when that is over, and may have to be named. */
static int commit(struct adl_failed *failed, const struct adl_msg *msg,
                  enum adl_aside_end end)
{
    char *path = strdup(failed->aside.path);
    int err = adl_aside_commit(&failed->aside, end);

    if (err < 0) {
        adl_msg_error(msg, "--failed: cannot write %s: %s: it stays as it was",
                      path != NULL ? path : "its list", strerror(-err));
    }
    free(path);
    return err;
}

int adl_failed_finish(struct adl_failed *failed, const struct adl_msg *msg,
                      bool is_whole, enum adl_aside_end end)
{
    if (!adl_failed_is_open(failed)) {
        return 0;
    }
    if (!failed->is_list || is_whole) {
        return commit(failed, msg, end);
    }
    adl_msg_note(msg,
                 "--failed: %s stays as it was: not all of it was "
                 "tried",
                 failed->aside.path);
    adl_failed_abort(failed);
    return 0;
}

void adl_failed_abort(struct adl_failed *failed)
{
    adl_aside_abort(&failed->aside);
}
