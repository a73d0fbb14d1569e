/* The embedded Lua commands, as Redis sees them. */
#include "script_source.h"
#include "support_fixture.h"

#include <string.h>

static void redis_computes_the_sums_that_are_embedded(void **state) {
    (void)state;
    for (size_t i = 0; i < bqi_script_source_count; i++) {
        const struct bqi_script_source *script = &bqi_script_sources[i];
        redisReply *reply =
            redisCommand(server->redis, "SCRIPT LOAD %b", script->text, script->length);
        if (reply->type != REDIS_REPLY_STRING)
            fail_msg("%s: %s", script->name, reply->str);
        assert_string_equal(reply->str, script->sha1);
        freeReplyObject(reply);
    }
    assert_true(bqi_script_source_count >= 25);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(redis_computes_the_sums_that_are_embedded),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
