/* SPDX-License-Identifier: MIT */
#include "cli/foreign.h"

#include <stdbool.h>
#include <string.h>

/* Names that these tools have for one thing, parted by blanks. */
struct foreign {
    const char *letters;
    const char *names;
    const char *advice;
};

/* clang-format off: one thing a line reads best */
static const struct foreign table[] = {
    {"i", "input-file url",
     "lists and URLs are arguments, - is standard input"},
    {"O", "remote-name remote-name-all",
     "files are named after their URLs, or as --output says"},
    {"", "output-document", "--output names files below --dir"},
    {"P", "directory-prefix output-dir", "see --dir"},
    {"L", "location", "redirects are followed, see --max-redirs"},
    {"f", "fail fail-with-body fail-early", "an error page is never saved"},
    {"Z", "parallel parallel-max max-concurrent-downloads max-threads",
     "see --jobs"},
    {"", "max-connection-per-server", "see --per-host"},
    {"s", "silent no-verbose", "see --quiet"},
    {"S", "show-error", "errors are always shown"},
    {"t", "tries max-tries", "see --retry"},
    {"T", "timeout read-timeout speed-time lowest-speed-limit",
     "see --connect-timeout, --stall-timeout and --max-time"},
    {"w", "wait rate", "see --host-rate"},
    {"", "max-download-limit max-overall-download-limit", "see --limit-rate"},
    {"N", "no-clobber timestamping allow-overwrite auto-file-renaming",
     "a file that is there is left alone, see --overwrite"},
    {"", "trust-server-names remote-header-name", "see --content-disposition"},
    {"", "load-cookies", "see --cookie"},
    {"", "save-cookies", "see --cookie-jar"},
    {"", "http-user http-passwd http-password", "see --user"},
    {"", "all-proxy http-proxy https-proxy", "see --proxy"},
    {"", "ca-certificate ca-directory", "see --cacert and --capath"},
    {"", "no-check-certificate check-certificate", "see --insecure"},
};
/* clang-format on */

#define N_FOREIGN (sizeof(table) / sizeof(table[0]))

static bool has_word(const char *words, const char *word, size_t len)
{
    while (*words != '\0') {
        size_t n = strcspn(words, " ");

        if (n == len && memcmp(words, word, n) == 0) {
            return true;
        }
        words += n;
        words += *words == ' ';
    }
    return false;
}

const char *adl_foreign_get_letter(char letter)
{
    for (size_t i = 0; letter != '\0' && i < N_FOREIGN; i++) {
        if (strchr(table[i].letters, letter) != NULL) {
            return table[i].advice;
        }
    }
    return NULL;
}

const char *adl_foreign_get_name(const char *name, size_t len)
{
    for (size_t i = 0; i < N_FOREIGN; i++) {
        if (has_word(table[i].names, name, len)) {
            return table[i].advice;
        }
    }
    return NULL;
}
