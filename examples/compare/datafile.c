/* SPDX-License-Identifier: MIT */
#include "datafile.h"

#include <inttypes.h>

static void write_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\') {
            fprintf(out, "\\%c", c);
        } else if (c < 0x20) {
            fprintf(out, "\\u%04x", c);
        } else {
            fputc(c, out);
        }
    }
    fputc('"', out);
}

static void write_named(FILE *out, const char *name, const char *text)
{
    fprintf(out, ", \"%s\": ", name);
    if (text != NULL) {
        write_string(out, text);
    } else {
        fputs("null", out);
    }
}

static void write_seconds(FILE *out, const char *name, uint64_t ns)
{
    fprintf(out, ", \"%s\": %.6f", name, (double)ns / 1e9);
}

static void write_figures(FILE *out, const struct row *row)
{
    const struct outcome *o = &row->outcome;

    fprintf(out, ", \"seconds\": %.6f, \"faster\": %.3f, \"rounds\": [",
            row->median_s, row->faster);
    for (unsigned i = 0; i < row->n_rounds; i++) {
        fprintf(out, "%s%.6f", i > 0 ? ", " : "", row->seconds[i]);
    }
    fputc(']', out);
    write_seconds(out, "cpu_seconds", o->cpu_ns);
    write_seconds(out, "waited_seconds", o->waited_ns);
    write_seconds(out, "worked_seconds", o->worked_ns);
    write_seconds(out, "ready_seconds", o->ready_ns);
    write_seconds(out, "beside_seconds", o->beside_ns);
    write_seconds(out, "held_seconds", o->held_ns);
    write_named(out, "held_by", o->held_by[0] != '\0' ? o->held_by : NULL);
    fprintf(out,
            ", \"peak_bytes\": %" PRIu64 ", \"processes\": %" PRIu32
            ", \"threads\": %" PRIu32 ", \"items\": %" PRIu64
            ", \"bytes\": %" PRIu64,
            o->peak_bytes, o->n_processes, o->n_threads, o->n_items,
            o->n_bytes);
}

static void write_row(FILE *out, const struct row *row)
{
    fputs("      {\"way\": ", out);
    write_string(out, row->key);
    write_named(out, "name", row->name);
    write_named(out, "author", row->author);
    fprintf(out, ", \"python\": %s, \"workers\": %u",
            row->is_peer ? "true" : "false", row->n_workers);
    if (row->n_rounds > 0) {
        write_figures(out, row);
    }
    write_named(out, "error", row->error[0] != '\0' ? row->error : NULL);
    fputc('}', out);
}

static void write_result(FILE *out, const struct result *result)
{
    fputs("    {\"topic\": ", out);
    write_string(out, options_topic(result->topic));
    write_named(out, "title", result->title);
    write_named(out, "verdict", result->verdict);
    fputs(", \"notes\": [", out);
    for (size_t i = 0; i < result->n_notes; i++) {
        fputs(i > 0 ? ", " : "", out);
        write_string(out, result->notes[i]);
    }
    fputs("],\n     \"ways\": [\n", out);
    for (size_t i = 0; i < result->n_rows; i++) {
        write_row(out, &result->rows[i]);
        fputs(i + 1 < result->n_rows ? ",\n" : "\n", out);
    }
    fputs("    ]}", out);
}

void datafile_write_json(FILE *out, const struct results *results,
                         const struct work *work)
{
    fputs("{\"version\": ", out);
    write_string(out, asyncdl_version());
    fprintf(out,
            ", \"cpus\": %u, \"urls\": %zu, \"scale\": %u, \"online\": %s,\n"
            "  \"topics\": [\n",
            work->n_cpus, work->urls.n, work->options->scale,
            work->net.is_local ? "false" : "true");
    for (size_t i = 0; i < results->n; i++) {
        write_result(out, &results->items[i]);
        fputs(i + 1 < results->n ? ",\n" : "\n", out);
    }
    fputs("  ]}\n", out);
}

/* In quotes, since names and errors may hold commas. */
static void write_field(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        fputs(*text == '"' ? "\"" : "", out);
        fputc(*text, out);
    }
    fputc('"', out);
}

void datafile_write_csv(FILE *out, const struct results *results)
{
    fputs("topic,way,workers,rounds,seconds,faster,cpu_seconds,waited_seconds,"
          "worked_seconds,peak_bytes,processes,threads,beside_seconds,"
          "held_seconds,author,error\n",
          out);
    for (size_t i = 0; i < results->n; i++) {
        const struct result *result = &results->items[i];

        for (size_t k = 0; k < result->n_rows; k++) {
            const struct row *row = &result->rows[k];
            const struct outcome *o = &row->outcome;

            fprintf(out,
                    "%s,%s,%u,%u,%.6f,%.3f,%.6f,%.6f,%.6f,%" PRIu64 ",%" PRIu32
                    ",%" PRIu32 ",%.6f,%.6f,",
                    options_topic(result->topic), row->key, row->n_workers,
                    row->n_rounds, row->median_s, row->faster,
                    (double)o->cpu_ns / 1e9, (double)o->waited_ns / 1e9,
                    (double)o->worked_ns / 1e9, o->peak_bytes, o->n_processes,
                    o->n_threads, (double)o->beside_ns / 1e9,
                    (double)o->held_ns / 1e9);
            write_field(out, row->author != NULL ? row->author : "");
            fputc(',', out);
            write_field(out, row->error);
            fputc('\n', out);
        }
    }
}
