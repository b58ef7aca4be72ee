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

struct count {
    uint64_t n;
    const char *what;
};

/* Those that are not zero, as "WHAT N", each behind a comma but for the first
 * where that has something else in front. */
static int add_counts(struct adl_buf *buf, const char *first,
                      const struct count *counts, size_t n)
{
    const char *before = first;
    int err = 0;

    for (size_t i = 0; err == 0 && i < n; i++) {
        if (counts[i].n > 0) {
            err = adl_buf_addf(buf, "%s%s %" PRIu64, before, counts[i].what,
                               counts[i].n);
            before = ", ";
        }
    }
    return err;
}

int adl_plain_add_skipped(struct adl_buf *buf, const char *word,
                          const struct adl_tally *tally)
{
    const struct count reasons[] = {
        {tally->n_before, "done before"},
        {tally->n_in_way, "file in the way"},
    };
    uint64_t n = tally->n_before + tally->n_in_way;
    int err = adl_buf_addf(buf, "%s %" PRIu64, word, n);

    if (err < 0 || n == 0) {
        return err;
    }
    err = add_counts(buf, " (", reasons, sizeof(reasons) / sizeof(reasons[0]));
    return err < 0 ? err : adl_buf_add_str(buf, ")");
}

int adl_plain_add_extras(struct adl_buf *buf, const struct adl_tally *tally)
{
    const struct count extras[] = {
        {tally->n_bad, "bad lines"},
        {tally->n_dups, "duplicates left out"},
        {tally->n_canceled, "stopped"},
    };

    return add_counts(buf, ", ", extras, sizeof(extras) / sizeof(extras[0]));
}

int adl_plain_add_summary(struct adl_buf *buf, const struct adl_tally *tally,
                          double elapsed_s)
{
    double least_s = elapsed_s > 0.001 ? elapsed_s : 0.001;
    int err =
        adl_buf_addf(buf, "Downloaded %" PRIu64 " sites in %.*f seconds\n",
                     tally->n_done, elapsed_s < 0.1 ? 3 : 2, elapsed_s);

    err = err < 0 ? err : adl_plain_add_skipped(buf, "Skipped", tally);
    if (err == 0) {
        err = adl_buf_addf(buf,
                           ", failed %" PRIu64 " (another run can help %" PRIu64
                           "), retried %" PRIu64,
                           tally->n_failed + tally->n_retryable,
                           tally->n_retryable, tally->n_retries);
    }
    err = err < 0 ? err : adl_plain_add_extras(buf, tally);
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
