/* SPDX-License-Identifier: MIT */
#include "cli/bar.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sys/ioctl.h>

#include "cli/plain.h"

#define DRAW_MS       200
#define RATE_S        3.0 /* that the rate looks back on */
#define DEFAULT_WIDTH 80
#define MIN_INNER     10 /* of what is between the brackets */
#define MAX_INNER     40
#define MAX_LEFT_S    (100.0 * 3600)
#define PART_MAX      48

/* In the order in which they stand. */
enum part {
    COUNT,
    PERCENT,
    SIZE,
    RATE,
    LEFT,
    ACTIVE,
    RETRYING,
    FAILED,
    N_PARTS
};

/* And in which they go where there is no room. */
static const enum part drops[] = {ACTIVE, RETRYING, SIZE,  LEFT,
                                  RATE,   PERCENT,  FAILED};

void adl_bar_note_rate(struct adl_bar_rate *rate, double bytes,
                       double elapsed_s)
{
    double time_s = elapsed_s - rate->elapsed_s;

    if (time_s <= 0) {
        return;
    }
    /* a body that begins anew has fewer */
    double gain = bytes > rate->bytes ? bytes - rate->bytes : 0;
    double before_s = rate->elapsed_s < RATE_S ? rate->elapsed_s : RATE_S;
    rate->bps = (rate->bps * before_s + gain) / (before_s + time_s);
    rate->bytes = bytes;
    rate->elapsed_s = elapsed_s;
}

void adl_bar_get_state(struct adl_bar_state *out,
                       const struct adl_progress *progress,
                       const struct adl_progress_facts *facts,
                       const struct adl_bar_rate *rate)
{
    const struct adl_tally *tally = facts->tally;
    /* these took no time */
    uint64_t n_free =
        tally->n_before + tally->n_in_way + tally->n_dups + tally->n_bad;
    uint64_t n_failed = tally->n_failed + tally->n_retryable;
    double n_tried = (double)(tally->n_done + n_failed);
    double n_all = (double)facts->n_read;
    struct adl_progress_sums sums;

    adl_progress_sum(&sums, progress);
    double n_over = n_tried + sums.n_there + (double)n_free;
    *out = (struct adl_bar_state){
        .n_done = tally->n_done + tally->n_before + tally->n_in_way,
        .n_read = facts->n_read,
        .is_read = facts->is_read,
        .share = -1,
        .bytes = (double)(tally->bytes + progress->part_bytes),
        .bps = rate->bps,
        .left_s = -1,
        .n_active = facts->n_active,
        .n_retrying = progress->n_retrying,
        .n_failed = n_failed + tally->n_bad,
    };
    if (facts->is_read && n_all > 0) {
        out->share = n_over < n_all ? n_over / n_all : 1;
    }
    if (out->share >= 0 && n_tried + sums.n_got > 0) {
        double by_count_s = facts->elapsed_s * n_all * (1 - out->share) /
                            (n_tried + sums.n_got);
        double by_bytes_s = rate->bps > 0 ? sums.bytes_left / rate->bps : 0;

        /* a few that are large take longer than the rest */
        out->left_s = by_count_s > by_bytes_s ? by_count_s : by_bytes_s;
    }
}

static void write_left(char part[PART_MAX], double left_s)
{
    if (left_s < 0 || left_s >= MAX_LEFT_S) {
        (void)snprintf(part, PART_MAX, "-:-- left");
        return;
    }
    unsigned s = (unsigned)(left_s + 0.5);
    if (s >= 3600) {
        (void)snprintf(part, PART_MAX, "%u:%02u:%02u left", s / 3600,
                       s / 60 % 60, s % 60);
    } else {
        (void)snprintf(part, PART_MAX, "%u:%02u left", s / 60, s % 60);
    }
}

static int write_size(char part[PART_MAX], double bytes, const char *end)
{
    struct adl_buf text = {0};
    int err = adl_plain_add_size(&text, bytes);

    if (err == 0) {
        (void)snprintf(part, PART_MAX, "%s%s", text.data, end);
    }
    adl_buf_finish(&text);
    return err;
}

/* What is not there is left out. */
static void write_count(char part[PART_MAX], uint64_t n, const char *what)
{
    if (n > 0) {
        (void)snprintf(part, PART_MAX, "%" PRIu64 " %s", n, what);
    }
}

static int write_parts(char parts[N_PARTS][PART_MAX],
                       const struct adl_bar_state *state)
{
    (void)snprintf(parts[COUNT], PART_MAX, "%" PRIu64 "/%" PRIu64 "%s",
                   state->n_done, state->n_read, state->is_read ? "" : "+");
    if (state->share >= 0) {
        (void)snprintf(parts[PERCENT], PART_MAX, "%u%%",
                       (unsigned)(state->share * 100));
    }
    write_left(parts[LEFT], state->left_s);
    write_count(parts[ACTIVE], state->n_active, "active");
    write_count(parts[RETRYING], state->n_retrying, "retrying");
    write_count(parts[FAILED], state->n_failed, "failed");
    int err = write_size(parts[SIZE], state->bytes, "");
    return err < 0 ? err : write_size(parts[RATE], state->bps, "/s");
}

/* With a space before each but the first. */
static size_t measure(char parts[N_PARTS][PART_MAX])
{
    size_t len = strlen(parts[COUNT]);

    for (size_t i = COUNT + 1; i < N_PARTS; i++) {
        len += parts[i][0] != '\0' ? strlen(parts[i]) + 1 : 0;
    }
    return len;
}

/* "[===>    ]" in front of the percent that it shows, where there is room. */
static int add_brackets(struct adl_buf *buf, double share, size_t room)
{
    size_t inner = room < MAX_INNER + 3 ? room - 3 : MAX_INNER;
    size_t n_full = share > 0 ? (size_t)(share * (double)inner) : 0;
    int err = adl_buf_add_str(buf, " [");

    for (size_t i = 0; i < inner && err == 0; i++) {
        err = adl_buf_add(buf, i < n_full ? "=" : i == n_full ? ">" : " ", 1);
    }
    return err < 0 ? err : adl_buf_add_str(buf, "]");
}

int adl_bar_add_line(struct adl_buf *buf, const struct adl_bar_state *state,
                     size_t width)
{
    char parts[N_PARTS][PART_MAX] = {{0}};
    int err = write_parts(parts, state);
    size_t len = measure(parts);

    for (size_t i = 0; len > width && i < sizeof(drops) / sizeof(*drops); i++) {
        parts[drops[i]][0] = '\0';
        len = measure(parts);
    }
    for (size_t i = 0; i < N_PARTS && err == 0; i++) {
        if (i == PERCENT && state->share >= 0 && width >= len + MIN_INNER + 3) {
            err = add_brackets(buf, state->share, width - len);
        }
        if (err == 0 && parts[i][0] != '\0') {
            err = adl_buf_addf(buf, "%s%.*s", i > COUNT ? " " : "", (int)width,
                               parts[i]);
        }
    }
    return err;
}

/* Behind it a terminal shows "^C", and in the last column some go on. */
static size_t get_room(int fd)
{
    struct winsize size;
    size_t width = ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0
                       ? size.ws_col
                       : DEFAULT_WIDTH;

    return width > 3 ? width - 3 : 0;
}

/* A terminal that takes nothing for now is left as it is. */
static bool is_stuck(const struct adl_bar *bar)
{
    return bar->out->text.len > 0 || bar->out->err < 0;
}

/* What is not written now is in front of all that follows. */
static void show(struct adl_bar *bar, const char *text)
{
    if (adl_buf_add_str(&bar->out->text, text) == 0) {
        (void)adl_out_flush(bar->out, 0);
        adl_out_added(bar->out);
    }
}

static void draw(struct adl_bar *bar)
{
    struct adl_progress_facts facts;
    struct adl_bar_state state;

    bar->get_facts(&facts, bar->data);
    adl_bar_note_rate(&bar->rate,
                      (double)(facts.tally->bytes + bar->progress->part_bytes),
                      facts.elapsed_s);
    adl_bar_get_state(&state, bar->progress, &facts, &bar->rate);
    adl_buf_reset(&bar->line);
    int err = adl_buf_add_str(&bar->line, "\r");
    if (err == 0) {
        err = adl_bar_add_line(&bar->line, &state, get_room(bar->out->fd));
    }
    if (err == 0) {
        err = adl_buf_add_str(&bar->line, "\033[K");
    }
    if (err == 0) { /* else the next time */
        bar->is_shown = true;
        show(bar, bar->line.data);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct adl_bar *bar = timer->data;

    if (!is_stuck(bar)) {
        draw(bar);
    }
}

int adl_bar_start(struct adl_bar *bar, uv_loop_t *loop, struct adl_out *out,
                  const struct adl_progress *progress)
{
    bar->out = out;
    bar->progress = progress;
    int err = uv_timer_init(loop, &bar->timer);
    if (err < 0) {
        return err;
    }
    bar->is_on = true;
    bar->timer.data = bar;
    uv_unref((uv_handle_t *)&bar->timer); /* no reason to go on */
    return uv_timer_start(&bar->timer, on_timer, DRAW_MS, DRAW_MS);
}

void adl_bar_hide(struct adl_bar *bar)
{
    if (bar->is_shown) {
        bar->is_shown = false;
        show(bar, "\r\033[K");
    }
}

void adl_bar_stop(struct adl_bar *bar)
{
    if (bar->is_on) {
        bar->is_on = false;
        adl_bar_hide(bar);
        uv_close((uv_handle_t *)&bar->timer, NULL);
    }
}

void adl_bar_finish(struct adl_bar *bar)
{
    adl_buf_finish(&bar->line);
}
