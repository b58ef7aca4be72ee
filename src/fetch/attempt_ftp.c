/* SPDX-License-Identifier: MIT */
/* FTP, as an answer of HTTP would tell it. */
#include "fetch/attempt.h"

#include <string.h>
#include <strings.h>

/* What a server says of a file that it has sent. */
#define SENT 226

#define REFUSED_FROM 400

bool adl_attempt_is_ftp_url(const char *url)
{
    return strncasecmp(url, "ftp:", 4) == 0 ||
           strncasecmp(url, "ftps:", 5) == 0;
}

/* The rest that was asked for. Of which version it is nobody says. */
static void write_part(struct adl_range_answer *range, uint64_t offset,
                       uint64_t len)
{
    range->status = 206;
    range->has_content_range = true;
    range->content_range_is_valid = len > 0;
    range->first = offset;
    range->last = offset + len - 1;
    range->validator.has_size = true;
    range->validator.size = offset + len;
}

void adl_attempt_read_ftp(struct adl_attempt *attempt)
{
    struct adl_answer *answer = &attempt->answer;
    curl_off_t len = -1;
    curl_off_t mtime_s = -1;

    (void)curl_easy_getinfo(attempt->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
                            &len);
    (void)curl_easy_getinfo(attempt->easy, CURLINFO_FILETIME_T, &mtime_s);
    answer->is_complete = true;
    answer->range.status = SENT;
    answer->has_mtime = mtime_s >= 0;
    answer->mtime_s = mtime_s;
    if (len >= 0) {
        answer->has_length = true;
        answer->length = (uint64_t)len;
        answer->range.validator.has_size = true;
        answer->range.validator.size = (uint64_t)len;
    }
    if (attempt->offset > 0) {
        write_part(&answer->range, attempt->offset,
                   len > 0 ? (uint64_t)len : 0);
    }
}

int adl_attempt_get_ftp_refusal(const struct adl_attempt *attempt)
{
    long status = 0;

    (void)curl_easy_getinfo(attempt->easy, CURLINFO_RESPONSE_CODE, &status);
    switch (attempt->cc) {
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_REMOTE_ACCESS_DENIED:
    case CURLE_LOGIN_DENIED:
    case CURLE_REMOTE_FILE_NOT_FOUND:
    case CURLE_FTP_COULDNT_RETR_FILE:
    case CURLE_FTP_WEIRD_PASV_REPLY:
    case CURLE_REMOTE_DISK_FULL:
        return status >= REFUSED_FROM ? (int)status : 0;
    case CURLE_OPERATION_TIMEDOUT:
        return status == 421 ? 421 : 0; /* what libcurl makes of it */
    default:
        return 0;
    }
}
