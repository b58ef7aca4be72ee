/* SPDX-License-Identifier: MIT */
#include "store/ledger.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <uv.h>

#include "asyncdl/error.h"
#include "store/names.h"

struct adl_ledger {
    struct adl_dir *dir; /* borrowed */
    uv_mutex_t lock;     /* guards names */
    struct adl_names *names;
};

int adl_ledger_create(struct adl_ledger **out, struct adl_dir *dir)
{
    struct adl_ledger *ledger = calloc(1, sizeof(*ledger));

    if (ledger == NULL) {
        return -ENOMEM;
    }
    ledger->dir = dir;
    int err = adl_names_create(&ledger->names);
    if (err == 0) {
        err = uv_mutex_init(&ledger->lock);
    }
    if (err < 0) {
        adl_names_destroy(ledger->names);
        free(ledger);
        return err;
    }
    *out = ledger;
    return 0;
}

void adl_ledger_destroy(struct adl_ledger *ledger)
{
    if (ledger == NULL) {
        return;
    }
    adl_names_destroy(ledger->names);
    uv_mutex_destroy(&ledger->lock);
    free(ledger);
}

int adl_ledger_claim(struct adl_ledger *ledger, const char *wanted,
                     struct adl_buf *path, char error[ADL_LEDGER_ERROR_MAX])
{
    uv_mutex_lock(&ledger->lock);
    int err = adl_names_claim(ledger->names, wanted, path);
    uv_mutex_unlock(&ledger->lock);
    if (err < 0) {
        (void)snprintf(error, ADL_LEDGER_ERROR_MAX,
                       "keep the names of files: %s", asyncdl_strerror(err));
    }
    return err;
}

static int look(struct adl_ledger *ledger, const char *path,
                struct adl_standing *out, char error[ADL_LEDGER_ERROR_MAX])
{
    int has = adl_dir_has(ledger->dir, path);

    if (has < 0) {
        (void)snprintf(error, ADL_LEDGER_ERROR_MAX, "look for %.300s: %s", path,
                       asyncdl_strerror(has));
        return has;
    }
    *out = (struct adl_standing){.state = has ? ADL_STANDING_TAKEN
                                              : ADL_STANDING_OPEN};
    return 0;
}

int adl_ledger_admit(struct adl_ledger *ledger,
                     const struct adl_ledger_ask *ask, struct adl_buf *path,
                     struct adl_standing *out, char error[ADL_LEDGER_ERROR_MAX])
{
    if (ask->is_name_open) {
        *out = (struct adl_standing){.state = ADL_STANDING_OPEN};
        adl_buf_reset(path);
        return adl_buf_add_str(path, ask->path);
    }
    int err = adl_ledger_claim(ledger, ask->path, path, error);
    if (err < 0) {
        return err;
    }
    if (ask->overwrite) {
        *out = (struct adl_standing){.state = ADL_STANDING_OPEN};
        return 0;
    }
    return look(ledger, adl_buf_str(path), out, error);
}
