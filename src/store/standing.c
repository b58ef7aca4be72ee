/* SPDX-License-Identifier: MIT */
#include "store/standing.h"

#include <stddef.h>
#include <string.h>

bool adl_standing_is_intact(const struct adl_record *record,
                            const struct adl_found *found)
{
    return found->is_file && found->size == record->bytes &&
           found->mtime_ns == record->mtime_ns;
}

/* What the journal knows of the checksum that is expected now. */
enum knowledge { UNKNOWN, AGREES, CONTRADICTS };

static enum knowledge recall(const struct adl_record *record,
                             const struct adl_checksum *expected)
{
    struct adl_checksum checked;

    if (expected->kind == ADL_DIGEST_NONE) {
        return AGREES;
    }
    if (expected->kind == ADL_DIGEST_SHA256 && record->has_sha256) {
        return memcmp(expected->bytes, record->sha256, ADL_SHA256_BYTES) == 0
                   ? AGREES
                   : CONTRADICTS;
    }
    if (record->checksum == NULL ||
        adl_checksum_parse(&checked, record->checksum) < 0 ||
        checked.kind != expected->kind) {
        return UNKNOWN;
    }
    return memcmp(checked.bytes, expected->bytes, ADL_DIGEST_MAX) == 0
               ? AGREES
               : CONTRADICTS;
}

static enum adl_verdict judge_intact(const struct adl_record *record,
                                     const struct adl_demand *demand)
{
    enum knowledge knowledge = recall(record, &demand->expected);

    if (demand->restarts || knowledge == CONTRADICTS) {
        return ADL_VERDICT_REPLACE;
    }
    if (knowledge == UNKNOWN || (demand->verifies && record->has_sha256)) {
        return ADL_VERDICT_HASH;
    }
    return ADL_VERDICT_DONE;
}

static enum adl_verdict judge_done(const struct adl_record *record,
                                   const struct adl_found *found,
                                   const struct adl_demand *demand)
{
    if (adl_standing_is_intact(record, found)) {
        return judge_intact(record, demand);
    }
    if (demand->overwrite) {
        return ADL_VERDICT_OPEN;
    }
    if (found->is_file && record->earlier_ns != 0 &&
        found->mtime_ns == record->earlier_ns) {
        return ADL_VERDICT_REPLACE; /* a crash came before it was replaced */
    }
    if (found->is_file && found->mtime_ns == record->mtime_ns) {
        return ADL_VERDICT_REPLACE; /* nobody changes a file and not its time */
    }
    if (found->is_file && found->size == record->bytes && record->has_sha256) {
        return ADL_VERDICT_HASH;
    }
    return ADL_VERDICT_CHANGED;
}

enum adl_verdict adl_standing_judge(const struct adl_record *record,
                                    const struct adl_found *found,
                                    const struct adl_demand *demand)
{
    if (!found->is_there) {
        return ADL_VERDICT_OPEN;
    }
    if (record != NULL && record->state == ADL_RECORD_DONE) {
        return judge_done(record, found, demand);
    }
    if (record != NULL && record->mtime_ns != 0 && found->is_file &&
        record->mtime_ns == found->mtime_ns) {
        return ADL_VERDICT_REPLACE;
    }
    return demand->overwrite ? ADL_VERDICT_OPEN : ADL_VERDICT_TAKEN;
}

unsigned adl_standing_kinds(const struct adl_record *record,
                            const struct adl_demand *demand)
{
    unsigned kinds = 0;

    if (record->has_sha256) {
        kinds |= ADL_DIGEST_BIT(ADL_DIGEST_SHA256);
    }
    if (demand->expected.kind != ADL_DIGEST_NONE) {
        kinds |= ADL_DIGEST_BIT(demand->expected.kind);
    }
    return kinds;
}

/* Is it what the list of this run asks for? */
static bool is_wanted(const struct adl_demand *demand,
                      const struct adl_sums *sums)
{
    const struct adl_checks checks = {.expected = demand->expected};
    char text[1];
    bool is_damaged;

    return demand->expected.kind == ADL_DIGEST_NONE ||
           adl_checks_judge(&checks, sums, text, sizeof(text), &is_damaged) ==
               0;
}

enum adl_verdict adl_standing_settle(const struct adl_record *record,
                                     const struct adl_found *found,
                                     const struct adl_demand *demand,
                                     const struct adl_sums *sums)
{
    bool is_same =
        record->has_sha256 && memcmp(sums->bytes[ADL_DIGEST_SHA256],
                                     record->sha256, ADL_SHA256_BYTES) == 0;

    if ((is_same || !record->has_sha256) && is_wanted(demand, sums)) {
        return demand->restarts ? ADL_VERDICT_REPLACE : ADL_VERDICT_DONE;
    }
    if (is_same || adl_standing_is_intact(record, found)) {
        return ADL_VERDICT_REPLACE; /* ours, and not what it should be */
    }
    return demand->overwrite ? ADL_VERDICT_OPEN : ADL_VERDICT_CHANGED;
}

uint64_t adl_standing_trust(const struct adl_record *record,
                            const struct adl_found *part, bool is_same_boot)
{
    bool has_validator = record->etag != NULL || record->last_modified != NULL;

    if (record->state != ADL_RECORD_PARTIAL || !has_validator ||
        !part->is_file) {
        return 0;
    }
    if (record->total != 0 && part->size > record->total) {
        return 0; /* not as we left it */
    }
    if (is_same_boot || part->size < record->bytes) {
        return part->size;
    }
    return record->bytes;
}
