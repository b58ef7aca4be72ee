/* SPDX-License-Identifier: MIT */
#include "util/wayout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/netns.h"
#include "support/suite.h"

static void test_a_loopback_alone_is_no_way_out(void **state)
{
    struct netns ns;

    (void)state;
    if (!netns_enter(&ns)) {
        skip();
    }
    netns_set_up(true);
    assert_false(adl_wayout_exists());

    netns_set_up(false);
    assert_false(adl_wayout_exists());
    netns_leave(&ns);
}

TEST_SUITE(wayout)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_loopback_alone_is_no_way_out),
    };

    return cmocka_run_group_tests_name("wayout", tests, NULL, NULL);
}
