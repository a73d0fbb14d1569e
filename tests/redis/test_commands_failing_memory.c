/* The commands that take several steps or put replies together: each allocation of theirs fails in
 * turn. Whatever the answer, the client goes on. */
#include "support_commands.h"

#include <jansson.h>

#include "alloc.h"

enum { PROBE = 1000000, STEP_MS = 40 };

static const char *const calls[][2] = {
    {"clean", "{\"grace\":0,\"limit\":0}"},
    {"exportPrometheusMetrics", "{\"globalVariables\":{\"a\":\"b\"}}"},
    {"getCountsPerPriority", "{\"priorities\":[0,1,2]}"},
    {"getDependencies", "{\"parentId\":\"p\",\"type\":\"processed\"}"},
    {"getJobChildrenValues", "{\"id\":\"p\"}"},
    {"getJobDependencies", "{\"id\":\"p\"}"},
    {"getJobDependencies", "{\"id\":\"p\",\"processed\":{}}"},
    {"getJobs", "{}"},
    {"getMeta", "{}"},
    {"getMetrics", "{\"type\":\"completed\"}"},
    {"getRanges", "{\"end\":5}"},
    {"getWorkers", "{}"},
    {"removeOrphanedJobs", "{}"},
    {"retryJob", "{\"id\":\"p\"}"},
    {"removeJobDeduplicationKey", "{\"id\":\"p\"}"},
};

enum { CALLS = sizeof calls / sizeof *calls };

static void fill(void) {
    server_do(server, "HSET bull:q:p name n opts {} deid d");
    server_do(server, "HSET bull:q:p:processed bull:q:p 1 x 2");
    server_do(server, "ZADD bull:q:completed 1 c");
    server_do(server, "HSET bull:q:c name n");
    server_do(server, "LPUSH bull:q:wait w");
    server_do(server, "HSET bull:q:w name n opts {\"kl\":1}");
}

/* Make the call; until it is answered, or nothing has come for a while. */
static void run(size_t call) {
    bq_id operation = command(calls[call][0], calls[call][1]);
    if (operation <= 0 || host_try(host, BQ_EV_REPLY, operation, STEP_MS))
        return;
    host_try(host, BQ_EV_ERROR, operation, 1);
}

static long allocations_of(size_t call) {
    long left = 0;
    bqi_alloc_fail_at(PROBE, 0);
    run(call);
    for (void *block; (block = bqi_malloc(1)) != NULL; left++)
        bqi_free(block);
    bqi_alloc_fail_at(0, 0);
    return PROBE - left;
}

static void a_client_goes_on_after_any_failing_allocation_of_a_command(void **state) {
    (void)state;
    load_scripts();
    for (size_t call = 0; call < CALLS; call++) {
        fill();
        long count = allocations_of(call);
        for (long n = 1; n <= count; n++) {
            fill();
            bqi_alloc_fail_at(n, 0);
            run(call);
            bqi_alloc_fail_at(0, 0);
            counts("removeDeprecatedPriorityKey", NULL, 0);
        }
    }
}

static int count_json_too(void **state) {
    json_set_alloc_funcs(bqi_malloc, bqi_free);
    return start_server(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_QUEUE(a_client_goes_on_after_any_failing_allocation_of_a_command),
    };
    return cmocka_run_group_tests(tests, count_json_too, stop_server);
}
