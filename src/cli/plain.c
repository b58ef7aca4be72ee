/* SPDX-License-Identifier: MIT */
#include "cli/plain.h"

#include <inttypes.h>

#include "util/redact.h"

void adl_plain_init(struct adl_plain *plain, struct adl_out *out)
{
    *plain = (struct adl_plain){.out = out};
}

void adl_plain_finish(struct adl_plain *plain)
{
    adl_buf_finish(&plain->url);
}

void adl_plain_on_event(const struct asyncdl_event *event, void *data)
{
    struct adl_plain *plain = data;

    if (event->type != ASYNCDL_EVENT_DONE ||
        event->result->state != ASYNCDL_DONE) {
        return;
    }
    if (adl_redact_url(&plain->url, event->result->url) < 0) {
        adl_buf_reset(&plain->url); /* the line matters more than its URL */
    }
    /* without memory the line is lost, not the download */
    (void)adl_buf_addf(&plain->out->text, "Read %" PRIu64 " from %s\n",
                       event->result->bytes, adl_buf_str(&plain->url));
    adl_out_added(plain->out);
}

int adl_plain_add_size(struct adl_buf *buf, double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t i = 0;

    while (bytes >= 1024 && i + 1 < sizeof(units) / sizeof(units[0])) {
        bytes /= 1024;
        i++;
    }
    return adl_buf_addf(buf, i == 0 ? "%.0f %s" : "%.1f %s", bytes, units[i]);
}

/* What has no place in the usual line. */
static int add_extras(struct adl_buf *buf, const struct adl_tally *tally)
{
    const struct {
        uint64_t n;
        const char *what;
    } extras[] = {
        {tally->n_bad, "bad lines"},
        {tally->n_dups, "duplicates left out"},
        {tally->n_canceled, "stopped"},
    };
    int err = 0;

    for (size_t i = 0; err == 0 && i < sizeof(extras) / sizeof(extras[0]);
         i++) {
        if (extras[i].n > 0) {
            err =
                adl_buf_addf(buf, ", %s %" PRIu64, extras[i].what, extras[i].n);
        }
    }
    return err;
}

int adl_plain_add_summary(struct adl_buf *buf, const struct adl_tally *tally,
                          double elapsed_s)
{
    double least_s = elapsed_s > 0.001 ? elapsed_s : 0.001;
    int err =
        adl_buf_addf(buf, "Downloaded %" PRIu64 " sites in %.*f seconds\n",
                     tally->n_done, elapsed_s < 0.1 ? 3 : 2, elapsed_s);

    if (err == 0) {
        err = adl_buf_addf(
            buf,
            "Skipped %" PRIu64 ", failed %" PRIu64
            " (another run can help %" PRIu64 "), retried %" PRIu64,
            tally->n_skipped, tally->n_failed + tally->n_retryable,
            tally->n_retryable, tally->n_retries);
    }
    if (err == 0) {
        err = add_extras(buf, tally);
    }
    if (err == 0) {
        err = adl_buf_addf(buf, "\nReceived %" PRIu64 " bytes, ", tally->bytes);
    }
    if (err == 0) {
        err = adl_plain_add_size(buf, (double)tally->bytes / least_s);
    }
    return err < 0 ? err
                   : adl_buf_addf(buf, "/s, %.0f URLs/s\n",
                                  (double)tally->n_done / least_s);
}
