/* SPDX-License-Identifier: MIT */
#include "pool/wire.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "asyncdl/error.h"

/* Both ends run the same program, as a rule. The lower half changes with the
 * layout, the upper one, and that of a head, never. */
#define MAGIC       UINT32_C(0xad1f0003)
#define MAGIC_UPPER 16

#define MAX_ERRNO  4095
#define MAX_SIGNAL 64
#define MAX_ID     64 /* bytes that tell builds apart */

struct head {
    uint32_t magic;
    uint32_t kind;
    uint32_t len;
    uint32_t n;
};

struct raw_record {
    int64_t value[ADL_WIRE_N_VALUES];
    uint64_t data_len;
    uint32_t text_len;
    uint32_t flags;
    uint32_t parcel;
    uint32_t reserved;
};

_Static_assert(sizeof(struct head) == ADL_WIRE_HEAD, "the frame's layout");
_Static_assert(sizeof(struct raw_record) == ADL_WIRE_RECORD,
               "the frame's layout");

enum may {
    MAY_DATA = 1u << 0,
    MAY_TEXT = 1u << 1,
    MAY_FD = 1u << 2, /* data by a descriptor */
};

static const struct rule {
    unsigned min_n;
    unsigned max_n;
    unsigned may; /* of enum may */
} rules[ADL_WIRE_LAST + 1] = {
    [ADL_WIRE_GREET] = {0, 0, 0},
    [ADL_WIRE_SPAWN] = {1, 1, 0},
    [ADL_WIRE_SIGNAL] = {1, 1, 0},
    [ADL_WIRE_LEAVE] = {0, 0, 0},
    [ADL_WIRE_REFUSED] = {1, 1, 0},
    [ADL_WIRE_EXITED] = {1, 1, 0},
    [ADL_WIRE_MODULE] = {1, 1, MAY_DATA | MAY_TEXT},
    [ADL_WIRE_WORKER] = {3, 3, MAY_DATA | MAY_TEXT | MAY_FD},
    [ADL_WIRE_PROCESS] = {2, 2, MAY_DATA | MAY_TEXT | MAY_FD},
    [ADL_WIRE_TASKS] = {1, ADL_WIRE_MAX_N, MAY_DATA | MAY_FD},
    [ADL_WIRE_QUIT] = {0, 0, 0},
    [ADL_WIRE_STARTED] = {1, 1, 0},
    [ADL_WIRE_READY] = {1, 1, MAY_TEXT},
    [ADL_WIRE_RESULT] = {1, 1, MAY_DATA | MAY_TEXT | MAY_FD},
    [ADL_WIRE_BELL] = {0, 0, 0},
};

bool adl_wire_is_greeting(const void *bytes)
{
    struct head head;

    memcpy(&head, bytes, sizeof(head));
    return head.magic >> MAGIC_UPPER == MAGIC >> MAGIC_UPPER &&
           head.kind == ADL_WIRE_GREET && head.len == sizeof(head);
}

static size_t align(size_t len)
{
    return (len + ADL_WIRE_ALIGN - 1) / ADL_WIRE_ALIGN * ADL_WIRE_ALIGN;
}

size_t adl_wire_size(size_t data_len, size_t text_len)
{
    return ADL_WIRE_RECORD + align(data_len) + align(text_len);
}

static void set_head(struct adl_buf *buf, struct head *head)
{
    head->len = (uint32_t)buf->len;
    memcpy(buf->data, head, sizeof(*head));
}

int adl_wire_begin(struct adl_buf *buf, enum adl_wire_kind kind)
{
    struct head head = {.magic = MAGIC, .kind = (uint32_t)kind};

    adl_buf_reset(buf);
    int err = adl_buf_add(buf, &head, sizeof(head));
    if (err < 0) {
        return err;
    }
    set_head(buf, &head);
    return 0;
}

/* There is room. */
static void add_padded(struct adl_buf *buf, const void *bytes, size_t len)
{
    static const char zeros[ADL_WIRE_ALIGN];

    if (len > 0) {
        (void)adl_buf_add(buf, bytes, len);
        (void)adl_buf_add(buf, zeros, align(len) - len);
    }
}

int adl_wire_add(struct adl_buf *buf, const struct adl_wire_record *record)
{
    bool is_aside = (record->flags & ADL_WIRE_ASIDE) != 0;
    size_t inline_len = is_aside ? 0 : (size_t)record->data_len;
    struct head head;
    struct raw_record raw = {
        .data_len = record->data_len,
        .text_len = record->text_len,
        .flags = record->flags,
        .parcel = record->parcel,
    };

    assert(buf->len >= sizeof(head));
    memcpy(&head, buf->data, sizeof(head));
    if (inline_len > ADL_WIRE_MAX || record->text_len > ADL_WIRE_MAX_TEXT ||
        head.n == ADL_WIRE_MAX_N ||
        adl_wire_size(inline_len, record->text_len) > ADL_WIRE_MAX - buf->len) {
        return -EMSGSIZE;
    }
    int err = adl_buf_reserve(
        buf, buf->len + adl_wire_size(inline_len, record->text_len));
    if (err < 0) {
        return err;
    }
    memcpy(raw.value, record->value, sizeof(raw.value));
    (void)adl_buf_add(buf, &raw, sizeof(raw)); /* there is room */
    add_padded(buf, record->data, inline_len);
    add_padded(buf, record->text, record->text_len);
    head.n++;
    set_head(buf, &head);
    return 0;
}

int adl_wire_put(struct adl_buf *buf, enum adl_wire_kind kind, int64_t first,
                 int64_t second)
{
    const struct adl_wire_record record = {.value = {first, second}};
    int err = adl_wire_begin(buf, kind);

    return err < 0 ? err : adl_wire_add(buf, &record);
}

static bool is_within(int64_t value, int64_t least, int64_t most)
{
    return value >= least && value <= most;
}

/* A function: id, module, offset. */
static bool is_function(const struct adl_wire_record *r, int64_t least_module)
{
    return is_within(r->value[1], least_module, INT_MAX) && r->value[2] >= 0;
}

/* The first record of the two kinds that make a helper something. */
static bool is_setup(const struct adl_wire_record *r)
{
    return is_within(r->value[0], 0, INT_MAX) && r->value[1] >= 0 &&
           r->value[2] >= 0 && r->value[2] >> 32 <= ADL_WIRE_MAX_FDS / 2 &&
           (r->value[2] & UINT32_MAX) <= ADL_WIRE_MAX_FDS && r->data_len == 0 &&
           r->flags == 0;
}

static bool has_sane_values(enum adl_wire_kind kind, unsigned i,
                            const struct adl_wire_record *r)
{
    switch (kind) {
    case ADL_WIRE_SPAWN:
        return r->value[0] >= 0;
    case ADL_WIRE_SIGNAL:
        return r->value[0] >= 0 && is_within(r->value[1], 1, MAX_SIGNAL);
    case ADL_WIRE_REFUSED:
        return is_within(r->value[0], -MAX_ERRNO, -1);
    case ADL_WIRE_EXITED:
        return is_within(r->value[0], 0, UINT8_MAX) &&
               is_within(r->value[1], 0, MAX_SIGNAL) &&
               (r->value[0] == 0 || r->value[1] == 0);
    case ADL_WIRE_MODULE:
        return is_within(r->value[0], 0, INT_MAX) && r->data_len <= MAX_ID;
    case ADL_WIRE_WORKER:
        return i == 0 ? is_setup(r) : is_function(r, ADL_WIRE_NO_MODULE);
    case ADL_WIRE_PROCESS:
        return i == 0 ? is_setup(r) : is_function(r, 0);
    case ADL_WIRE_TASKS:
        return is_function(r, 0);
    case ADL_WIRE_STARTED:
        return is_within(r->value[0], 1, INT_MAX);
    case ADL_WIRE_READY:
        return is_within(r->value[0], INT_MIN, 0);
    case ADL_WIRE_RESULT:
        return is_within(r->value[1], INT_MIN, 0) && r->value[2] >= 0 &&
               r->parcel <= ADL_WIRE_N_RESULT_PARCELS;
    case ADL_WIRE_GREET: /* have no records */
    case ADL_WIRE_LEAVE:
    case ADL_WIRE_QUIT:
    case ADL_WIRE_BELL:
        break;
    }
    return true;
}

/* Where the data is: in the frame, behind a descriptor, or in a parcel that is
 * kept, which has a number. */
static bool has_sane_place(unsigned may, const struct raw_record *raw)
{
    switch (raw->flags) {
    case 0:
        return raw->parcel == 0 && raw->data_len <= ADL_WIRE_MAX;
    case ADL_WIRE_BY_FD:
        return (may & MAY_FD) != 0 && raw->parcel <= ADL_WIRE_N_PARCELS &&
               raw->data_len >= 1 && raw->data_len <= INT64_MAX;
    case ADL_WIRE_KEPT:
        return (may & MAY_FD) != 0 && raw->parcel >= 1 &&
               raw->parcel <= ADL_WIRE_N_PARCELS && raw->data_len >= 1 &&
               raw->data_len <= INT64_MAX;
    default:
        return false;
    }
}

static bool is_allowed(unsigned may, const struct raw_record *raw)
{
    return raw->reserved == 0 && has_sane_place(may, raw) &&
           ((may & MAY_DATA) != 0 || raw->data_len == 0) &&
           ((may & MAY_TEXT) != 0 || raw->text_len == 0) &&
           raw->text_len <= ADL_WIRE_MAX_TEXT;
}

/* Bytes of a part with its padding, of what is left: NULL where they are not
 * there, or anything but zeros fills them up. */
static const char *take_padded(const char **at, size_t *left, size_t len)
{
    const char *bytes = *at;
    size_t whole = align(len);

    if (whole > *left) {
        return NULL;
    }
    for (size_t i = len; i < whole; i++) {
        if (bytes[i] != 0) {
            return NULL;
        }
    }
    *at += whole;
    *left -= whole;
    return bytes;
}

/* The record at *at, whose kind allows what may says. */
static bool read_record(struct adl_wire_record *out, unsigned may,
                        const char **at, size_t *left)
{
    struct raw_record raw;

    if (*left < sizeof(raw)) {
        return false;
    }
    memcpy(&raw, *at, sizeof(raw));
    *at += sizeof(raw);
    *left -= sizeof(raw);
    if (!is_allowed(may, &raw)) {
        return false;
    }
    *out = (struct adl_wire_record){
        .data_len = raw.data_len,
        .text_len = raw.text_len,
        .flags = raw.flags,
        .parcel = raw.parcel,
    };
    memcpy(out->value, raw.value, sizeof(out->value));
    if ((raw.flags & ADL_WIRE_ASIDE) == 0) {
        out->data = take_padded(at, left, (size_t)raw.data_len);
        if (out->data == NULL) {
            return false;
        }
    }
    out->text = take_padded(at, left, raw.text_len);
    return out->text != NULL;
}

/* How many descriptors belong to the frame besides those with data. */
static size_t count_other_fds(enum adl_wire_kind kind,
                              const struct adl_wire_record *first)
{
    if (kind == ADL_WIRE_SPAWN) {
        return 1;
    }
    if (kind == ADL_WIRE_WORKER || kind == ADL_WIRE_PROCESS) {
        return (kind == ADL_WIRE_WORKER ? 1 : 0) +
               2 * (size_t)(first->value[2] >> 32) +
               (size_t)(first->value[2] & UINT32_MAX);
    }
    return 0;
}

static bool read_head(struct head *head, const void *bytes, size_t len)
{
    if (len < sizeof(*head) || len > ADL_WIRE_MAX) {
        return false;
    }
    memcpy(head, bytes, sizeof(*head));
    return head->magic == MAGIC && head->len == len && head->kind >= 1 &&
           head->kind <= ADL_WIRE_LAST && head->n >= rules[head->kind].min_n &&
           head->n <= rules[head->kind].max_n;
}

int adl_wire_parse(struct adl_wire_frame *out, const void *bytes, size_t len,
                   size_t n_fds)
{
    struct head head;

    if (!read_head(&head, bytes, len)) {
        return ASYNCDL_EFRAME;
    }
    struct adl_wire_frame frame = {
        .kind = (enum adl_wire_kind)head.kind,
        .n = head.n,
        .bytes = bytes,
        .len = len,
    };
    const char *at = (const char *)bytes + sizeof(head);
    size_t left = len - sizeof(head);
    size_t n_other_fds = 0;

    for (unsigned i = 0; i < head.n; i++) {
        struct adl_wire_record record;

        if (!read_record(&record, rules[head.kind].may, &at, &left) ||
            !has_sane_values(frame.kind, i, &record)) {
            return ASYNCDL_EFRAME;
        }
        frame.n_by_fd += (record.flags & ADL_WIRE_BY_FD) != 0 ? 1 : 0;
        if (i == 0) {
            n_other_fds = count_other_fds(frame.kind, &record);
        }
    }
    if (left > 0 ||
        (n_fds != ADL_WIRE_LOST_FDS && n_fds != frame.n_by_fd + n_other_fds)) {
        return ASYNCDL_EFRAME;
    }
    *out = frame;
    return 0;
}

bool adl_wire_next(const struct adl_wire_frame *frame, size_t *at,
                   struct adl_wire_record *out)
{
    if (*at == 0) {
        *at = sizeof(struct head);
    }
    const char *bytes = frame->bytes + *at;
    size_t left = frame->len - *at;

    if (left == 0 || !read_record(out, rules[frame->kind].may, &bytes, &left)) {
        return false;
    }
    *at = (size_t)(bytes - frame->bytes);
    return true;
}
