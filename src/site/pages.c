/* SPDX-License-Identifier: MIT */
/* A page is a head, as many numbered paragraphs as fit, blanks, and a tail. */
#include "site/pages.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/buf.h"

static const char tail[] = "</body></html>\n";

static int add_blanks(struct adl_buf *page, size_t len)
{
    int err = 0;

    while (err == 0 && page->len < len) {
        err = adl_buf_add(page, " ", 1);
    }
    return err;
}

static int write_page(struct adl_buf *page, const char *title, size_t size)
{
    static const char paragraph[] = "<p>%03u The page of %s, as often as it "
                                    "is asked for.</p>\n";
    size_t room = size - (sizeof(tail) - 1);
    size_t longest = sizeof(paragraph) + strlen(title);
    int err = adl_buf_addf(page,
                           "<!DOCTYPE html>\n<html lang=\"en\"><head>"
                           "<meta charset=\"utf-8\"><title>%s</title></head>\n"
                           "<body>\n",
                           title);

    for (unsigned i = 1; err == 0 && page->len + longest < room; i++) {
        err = adl_buf_addf(page, paragraph, i, title);
    }
    if (err == 0) {
        err = add_blanks(page, room);
    }
    return err == 0 ? adl_buf_add_str(page, tail) : err;
}

static struct MHD_Response *make_response(const char *title, size_t size)
{
    struct adl_buf page = {0};
    struct MHD_Response *response = NULL;

    if (write_page(&page, title, size) == 0) {
        response = MHD_create_response_from_buffer(page.len, page.data,
                                                   MHD_RESPMEM_MUST_COPY);
    }
    adl_buf_finish(&page);
    if (response != NULL &&
        MHD_add_response_header(response, "Content-Type",
                                "text/html; charset=utf-8") == MHD_NO) {
        MHD_destroy_response(response);
        response = NULL;
    }
    return response;
}

int adl_pages_init(struct adl_pages *pages)
{
    *pages = (struct adl_pages){
        .jython = make_response("Jython", ADL_PAGES_JYTHON_BYTES),
        .dice = make_response("Dice", ADL_PAGES_DICE_BYTES),
    };
    if (pages->jython == NULL || pages->dice == NULL) {
        adl_pages_finish(pages);
        return -ENOMEM;
    }
    return 0;
}

void adl_pages_finish(struct adl_pages *pages)
{
    if (pages->jython != NULL) {
        MHD_destroy_response(pages->jython);
    }
    if (pages->dice != NULL) {
        MHD_destroy_response(pages->dice);
    }
    *pages = (struct adl_pages){0};
}

static bool is_host(const char *header, const char *name)
{
    size_t len = strlen(name);

    return strncasecmp(header, name, len) == 0 &&
           (header[len] == '\0' || header[len] == ':');
}

struct MHD_Response *adl_pages_find(const struct adl_pages *pages,
                                    const char *host, const char *path)
{
    if (is_host(host, "www.jython.org") && strcmp(path, "/") == 0) {
        return pages->jython;
    }
    if (is_host(host, "olympus.realpython.org") && strcmp(path, "/dice") == 0) {
        return pages->dice;
    }
    return NULL;
}
