/* SPDX-License-Identifier: MIT */
#include "site/pages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/suite.h"

static void test_pages_are_found_by_host_and_path(void **state)
{
    struct adl_pages pages;

    (void)state;
    assert_int_equal(adl_pages_init(&pages), 0);
    assert_ptr_equal(adl_pages_find(&pages, "www.jython.org", "/"),
                     pages.jython);
    assert_ptr_equal(adl_pages_find(&pages, "WWW.jython.org:443", "/"),
                     pages.jython);
    assert_ptr_equal(adl_pages_find(&pages, "olympus.realpython.org", "/dice"),
                     pages.dice);
    assert_null(adl_pages_find(&pages, "olympus.realpython.org", "/"));
    assert_null(adl_pages_find(&pages, "www.jython.org.example", "/"));
    assert_null(adl_pages_find(&pages, "", "/"));
    adl_pages_finish(&pages);
}

TEST_SUITE(site_pages)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_are_found_by_host_and_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
