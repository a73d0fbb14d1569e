/* The embedded Lua commands, as Redis sees them. */
#include "script_source.h"
#include "support_fixture.h"

static void redis_computes_the_sums_that_are_embedded(void **state) {
    (void)state;
    assert_true(bqi_script_source_count >= 25);
    load_scripts(); /* it compares them */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(redis_computes_the_sums_that_are_embedded),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
