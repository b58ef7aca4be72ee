/* SPDX-License-Identifier: MIT */
#include "cli/account.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "asyncdl/version.h"
#include "cli/plain.h"

#define MAX_CELLS 1500 /* hosts are the most: 65 rows of 20 */

#define HELD_UP_PERCENT 20

/* Cells of a table that is being made. A failure shows when it is added. */
struct cells {
    char *texts[MAX_CELLS];
    size_t n;
    int err;
};

static void take(struct cells *cells, struct adl_buf *text, int err)
{
    char *copy = err == 0 && cells->n < MAX_CELLS ? adl_buf_take(text) : NULL;

    adl_buf_finish(text);
    if (copy == NULL) {
        cells->err = err < 0 ? err : -ENOMEM;
        return;
    }
    cells->texts[cells->n++] = copy;
}

static void add_text(struct cells *cells, const char *text)
{
    struct adl_buf buf = {0};

    take(cells, &buf, adl_buf_add_str(&buf, text));
}

static void add_count(struct cells *cells, uint64_t n)
{
    struct adl_buf buf = {0};

    take(cells, &buf, adl_buf_addf(&buf, "%" PRIu64, n));
}

static void add_size(struct cells *cells, uint64_t bytes)
{
    struct adl_buf buf = {0};

    take(cells, &buf, adl_plain_add_size(&buf, (double)bytes));
}

/* Milliseconds to three digits, and nothing where there is none. */
static void add_ms(struct cells *cells, uint64_t ns)
{
    struct adl_buf buf = {0};
    double ms = (double)ns / 1e6;

    take(cells, &buf,
         ns == 0 ? adl_buf_add_str(&buf, "-")
                 : adl_buf_addf(&buf, "%.*f",
                                ms < 10    ? 2
                                : ms < 100 ? 1
                                           : 0,
                                ms));
}

static int finish_table(struct cells *cells, struct asyncdl_report *report,
                        struct asyncdl_table *table)
{
    int err = cells->err;

    if (err == 0) {
        table->cells = (const char *const *)cells->texts;
        table->n_rows = cells->n / table->n_columns;
        err = asyncdl_report_add_table(report, table);
    }
    for (size_t i = 0; i < cells->n; i++) {
        free(cells->texts[i]);
    }
    free(cells);
    return err;
}

static int begin_table(struct cells **out)
{
    *out = calloc(1, sizeof(**out));
    return *out != NULL ? 0 : -ENOMEM;
}

static const struct {
    enum asyncdl_span_kind kind;
    const char *median;
    const char *p95;
} phases[] = {
    {ASYNCDL_SPAN_QUEUE, "queue", "95 %"},
    {ASYNCDL_SPAN_DNS, "DNS", "95 %"},
    {ASYNCDL_SPAN_CONNECT, "connect", "95 %"},
    {ASYNCDL_SPAN_TLS, "TLS", "95 %"},
    {ASYNCDL_SPAN_WAITING, "answer", "95 %"},
    {ASYNCDL_SPAN_BODY, "body", "95 %"},
    {ASYNCDL_SPAN_SAVE, "saving", "95 %"},
};

#define N_PHASES       (sizeof(phases) / sizeof(phases[0]))
#define N_HOST_COLUMNS (4 + 2 * N_PHASES)

static void add_host(struct cells *cells, const struct adl_timing_host *host)
{
    add_text(cells, host->name);
    add_count(cells, host->n_files);
    add_size(cells, host->bytes);
    add_count(cells, host->n_failed);
    for (size_t i = 0; i < N_PHASES; i++) {
        const struct adl_quantile *q = &host->phases[phases[i].kind];

        add_ms(cells, adl_quantile_get(q, 50));
        add_ms(cells, adl_quantile_get(q, 95));
    }
}

static int add_hosts(struct asyncdl_report *report,
                     const struct adl_timing *timing)
{
    static const char *const notes[] = {
        "Milliseconds: the median, and what 95 % of the files did not take "
        "longer than; exact to 4 %. Connections that are kept need no DNS, "
        "connecting and TLS. Saving is hashing, syncing and naming, by other "
        "threads.",
        NULL,
    };
    struct asyncdl_column columns[N_HOST_COLUMNS] = {
        {"host", ASYNCDL_COLUMN_TEXT, 0},
        {"files", ASYNCDL_COLUMN_NUMBER, 0},
        {"size", ASYNCDL_COLUMN_NUMBER, 0},
        {"failed", ASYNCDL_COLUMN_NUMBER, 0},
    };
    struct asyncdl_table table = ASYNCDL_TABLE_INIT;
    struct cells *cells = NULL;

    if (timing->n_hosts == 0) {
        return 0;
    }
    int err = begin_table(&cells);
    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < N_PHASES; i++) {
        columns[4 + 2 * i] =
            (struct asyncdl_column){phases[i].median, ASYNCDL_COLUMN_NUMBER, 0};
        columns[5 + 2 * i] =
            (struct asyncdl_column){phases[i].p95, ASYNCDL_COLUMN_NUMBER, 0};
    }
    for (size_t i = 0; i < timing->n_hosts; i++) {
        add_host(cells, &timing->hosts[i]);
    }
    table.caption = "Files and waiting times by host";
    table.columns = columns;
    table.n_columns = N_HOST_COLUMNS;
    table.notes = notes;
    (void)asyncdl_report_add_heading(report, "By host"); /* keeps its error */
    return finish_table(cells, report, &table);
}

static int add_causes(struct asyncdl_report *report,
                      const struct adl_timing *timing)
{
    static const struct asyncdl_column columns[] = {
        {"cause", ASYNCDL_COLUMN_TEXT, 0},
        {"files", ASYNCDL_COLUMN_BAR, 0},
        {"another run can help", ASYNCDL_COLUMN_NUMBER, 0},
        {"such as", ASYNCDL_COLUMN_TEXT, 0},
    };
    struct asyncdl_table table = ASYNCDL_TABLE_INIT;
    struct cells *cells = NULL;

    if (timing->n_causes == 0) {
        return 0;
    }
    int err = begin_table(&cells);
    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < timing->n_causes; i++) {
        add_text(cells, timing->causes[i].words);
        add_count(cells, timing->causes[i].n);
        add_count(cells, timing->causes[i].n_retryable);
        add_text(cells, timing->causes[i].example);
    }
    table.caption = "Failures by cause";
    table.columns = columns;
    table.n_columns = 4;
    (void)asyncdl_report_add_heading(report, "What failed");
    return finish_table(cells, report, &table);
}

static int add_slowest(struct asyncdl_report *report,
                       const struct adl_timing *timing)
{
    static const struct asyncdl_column columns[] = {
        {"URL", ASYNCDL_COLUMN_TEXT, 0},
        {"ms", ASYNCDL_COLUMN_BAR, 0},
        {"before it, in the queue", ASYNCDL_COLUMN_NUMBER, 0},
        {"size", ASYNCDL_COLUMN_NUMBER, 0},
        {"attempts", ASYNCDL_COLUMN_NUMBER, 0},
    };
    static const char *const notes[] = {
        "From the first attempt to the end, retries included.",
        NULL,
    };
    struct asyncdl_table table = ASYNCDL_TABLE_INIT;
    struct cells *cells = NULL;

    if (timing->n_slowest == 0) {
        return 0;
    }
    int err = begin_table(&cells);
    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < timing->n_slowest; i++) {
        const struct adl_timing_slow *slow = &timing->slowest[i];

        add_text(cells, slow->url);
        add_ms(cells, slow->ns);
        add_ms(cells, slow->queue_ns);
        add_size(cells, slow->bytes);
        add_count(cells, slow->attempts);
    }
    table.caption = "The slowest";
    table.columns = columns;
    table.n_columns = 5;
    table.notes = notes;
    (void)asyncdl_report_add_heading(report, "Slowest transfers");
    return finish_table(cells, report, &table);
}

int adl_account_add_verdict(struct adl_buf *buf,
                            const struct asyncdl_lag_report *loop)
{
    static const char *const advice[] = {
        [ASYNCDL_BOUND_IO] = "more transfers at once can help, a faster "
                             "processor cannot",
        [ASYNCDL_BOUND_BOTH] = "more transfers at once and a faster processor "
                               "can both help",
        [ASYNCDL_BOUND_CPU] = "a faster processor can help, more transfers at "
                              "once cannot",
    };
    double all = (double)loop->wall_ns;
    double worked = all > 0 ? (double)loop->busy_ns / all * 100 : 0;
    double computed = all > 0 ? (double)loop->cpu_ns / all * 100 : 0;
    enum asyncdl_bound bound = asyncdl_bound_judge(
        loop->idle_ns + (loop->busy_ns - loop->cpu_ns), loop->cpu_ns);
    int err = adl_buf_addf(buf,
                           "%s: of %.3f s the event loop waited %.1f %% and "
                           "worked %.1f %%, %.1f %% on the processor, so %s.",
                           asyncdl_bound_get_name(bound), all / 1e9,
                           100 - worked, worked, computed, advice[bound]);

    if (err == 0 && worked - computed > HELD_UP_PERCENT) {
        err =
            adl_buf_add_str(buf, " The rest of its work was held up, by other "
                                 "programs or by the disk.");
    }
    return err;
}

static int add_totals(struct asyncdl_report *report,
                      const struct adl_account *account)
{
    const struct adl_tally *t = account->tally;
    double least_s = account->elapsed_s > 0.001 ? account->elapsed_s : 0.001;
    struct adl_buf text = {0};
    int err = adl_account_add_verdict(&text, account->loop);

    err =
        err < 0 ? err : asyncdl_report_add_verdict(report, adl_buf_str(&text));
    adl_buf_reset(&text);
    err = err < 0 ? err : adl_plain_add_summary(&text, t, least_s);
    if (err == 0 && account->cpu_s >= 0) {
        err = adl_buf_addf(&text,
                           "Processor time of all threads %.2f seconds; the "
                           "loop's longest stretch of work %.1f ms\n",
                           account->cpu_s,
                           (double)account->loop->longest_ns / 1e6);
    }
    err =
        err < 0 ? err : asyncdl_report_add_listing(report, adl_buf_str(&text));
    adl_buf_finish(&text);
    return err;
}

static int add_diagram(struct asyncdl_report *report,
                       const struct adl_timing *timing)
{
    struct asyncdl_diagram_options options = ASYNCDL_DIAGRAM_OPTIONS_INIT;

    options.title = "What each transfer waited for";
    options.flags = ASYNCDL_DIAGRAM_BY_START;
    (void)asyncdl_report_add_heading(report, "Timing");
    return asyncdl_report_add_diagram(report, timing->trace, &options);
}

static int open_report(struct asyncdl_report **out,
                       const struct adl_account *account,
                       asyncdl_write_cb write, void *data)
{
    struct asyncdl_report_options options = ASYNCDL_REPORT_OPTIONS_INIT;
    struct adl_buf summary = {0};
    struct adl_buf footer = {0};
    int err = adl_buf_addf(
        &summary, "%" PRIu64 " files in %.*f seconds, %" PRIu64 " failed",
        account->tally->n_done, account->elapsed_s < 0.1 ? 3 : 2,
        account->elapsed_s,
        account->tally->n_failed + account->tally->n_retryable);

    err = err < 0 ? err
                  : adl_buf_addf(&footer, "asyncdl %s (%s)", asyncdl_version(),
                                 asyncdl_engine_version());
    if (err == 0) {
        options.title = "asyncdl: how the downloads went";
        options.summary = summary.data;
        options.footer = footer.data;
        err = asyncdl_report_open(out, &options, write, data);
    }
    adl_buf_finish(&summary);
    adl_buf_finish(&footer);
    return err;
}

int adl_account_write(const struct adl_account *account, asyncdl_write_cb write,
                      void *data)
{
    struct asyncdl_report *report = NULL;
    int err = open_report(&report, account, write, data);

    if (err < 0) {
        return err;
    }
    err = add_totals(report, account);
    err = err < 0 ? err : add_hosts(report, account->timing);
    err = err < 0 ? err : add_causes(report, account->timing);
    err = err < 0 ? err : add_slowest(report, account->timing);
    err = err < 0 ? err : add_diagram(report, account->timing);
    int closed = asyncdl_report_close(report);
    return err < 0 ? err : closed;
}
