/* Servers that refuse, are silent, want a password, or are not what they should be. */
#include "support_fixture.h"
#include "support_stranger.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct host *open_port(int port, const char *members) {
    char options[512];
    snprintf(options, sizeof options, "{\"connection.port\":%d%s%s}", port, members ? "," : "",
             members ? members : "");
    return host_open_with(options);
}

static int no_queue(void **state) {
    (void)state;
    server_flush(server);
    host = NULL;
    return 0;
}

static bq_id add(bq_id its_queue) {
    return bq_easy_add(host->client, its_queue, "work", "{}", NULL);
}

static void starts_with(const char *text, const char *start) {
    if (strncmp(text, start, strlen(start)) != 0)
        fail_msg("\"%s\" does not begin with \"%s\"", text, start);
}

static const char *message(const struct event *event) {
    return event_text(host, event, BQ_TAG_MESSAGE);
}

/* ---- where ---- */

static void a_server_is_reached_over_tcp_by_address_and_by_name(void **state) {
    char members[64];
    (void)state;
    host = open_port(server->port, NULL);
    host_add(host, host_queue(host, "q", NULL), "{}", NULL);
    host_close(host);
    snprintf(members, sizeof members, "\"connection.host\":\"localhost\"");
    host = open_port(server->port, members);
    host_add(host, host_queue(host, "q", NULL), "{}", NULL);
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), 2);
}

static void a_database_is_chosen_by_number(void **state) {
    (void)state;
    host = host_open(server, "\"connection.db\":3");
    bq_id its_queue = host_queue(host, "q", NULL);
    host_worker(host, its_queue, NULL, 1);
    host_add(host, its_queue, "{}", NULL);
    next_job();
    assert_int_equal(server_integer(server, "EXISTS bull:q:1"), 0);
    server_do(server, "SELECT 3");
    assert_int_equal(server_integer(server, "EXISTS bull:q:1"), 1);
    server_do(server, "SELECT 0");
}

static void a_connection_bears_the_name_that_it_is_given(void **state) {
    (void)state;
    host = host_open(server, "\"connection.connectionName\":\"billing\"");
    host_queue(host, "q", NULL);
    assert_non_null(strstr(server_text(server, "CLIENT LIST"), "name=billing "));
}

static void the_first_event_says_that_the_connection_is_there(void **state) {
    (void)state;
    host = host_open(server, NULL);
    host_queue(host, "q", NULL);
    const struct event *event = host_wait(host, BQ_EV_CONNECTION, 0);
    assert_string_equal(event_text(host, event, BQ_TAG_STATE), "connected");
    assert_string_equal(message(event), server->path);
}

static void a_socket_path_that_is_too_long_is_an_error(void **state) {
    char options[512], path[200];
    (void)state;
    memset(path, 'x', sizeof path - 1);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    snprintf(options, sizeof options,
             "{\"connection.path\":\"%s\",\"connection.maxRetriesPerRequest\":0}", path);
    host = host_open_with(options);
    host_error(host, add(host_queue_begin(host, "q", NULL)), BQ_ERR_MAX_RETRIES_PER_REQUEST);
}

/* ---- not there ---- */

static void a_refused_connection_is_told_and_tried_again(void **state) {
    char expected[100];
    (void)state;
    int port = free_port();
    host = open_port(port, NULL);
    host_queue_begin(host, "q", NULL);
    const struct event *error = host_error_event(host, BQ_ERR_CONNECTION_FAILED);
    assert_int_equal(error->id, 0);
    assert_int_equal(event_integer(error, BQ_TAG_FLAGS), BQ_FLAG_RETRIABLE);
    snprintf(expected, sizeof expected,
             "connect ECONNREFUSED 127.0.0.1:%d (next attempt in 1000 ms)", port);
    assert_string_equal(message(error), expected);
    host_error_event(host, BQ_ERR_CONNECTION_FAILED);
}

static void a_call_fails_after_as_many_attempts_as_are_allowed(void **state) {
    (void)state;
    host = open_port(free_port(), "\"connection.maxRetriesPerRequest\":1");
    const struct event *error =
        host_error(host, add(host_queue_begin(host, "q", NULL)), BQ_ERR_MAX_RETRIES_PER_REQUEST);
    starts_with(message(error), "Reached the max retries per request limit (which is 1)");
    assert_non_null(strstr(message(error), "ECONNREFUSED"));
    assert_int_equal(event_integer(error, BQ_TAG_FLAGS), BQ_FLAG_RETRIABLE);
    assert_int_equal(host_count(host, BQ_EV_ERROR, 0), 3); /* the call's, and two attempts */
}

static void a_client_with_nothing_under_way_closes_at_once_without_a_server(void **state) {
    (void)state;
    host = open_port(free_port(), NULL);
    host_worker_begin(host, host_queue_begin(host, "q", NULL), NULL);
    host_error_event(host, BQ_ERR_CONNECTION_FAILED);
    int64_t begin = clock_ms();
    host_reply(host, bq_client_close(host->client, -1));
    assert_true(clock_ms() - begin < 1000);
}

static atomic_int handshakes;

static const char *as_one_that_is_silent(int turn) {
    (void)turn;
    atomic_fetch_add(&handshakes, 1);
    return "";
}

static void a_client_with_nothing_under_way_closes_at_once_before_a_silent_server(void **state) {
    (void)state;
    struct stranger *stranger = stranger_start(as_one_that_is_silent);
    host = open_port(stranger_port(stranger), NULL);
    bq_id worker = host_worker_begin(host, host_queue_begin(host, "q", NULL), NULL);
    bq_worker_credit(host->client, worker, 5);
    UNTIL(atomic_load(&handshakes) > 0);
    int64_t begin = clock_ms();
    host_reply(host, bq_client_close(host->client, 10000));
    assert_true(clock_ms() - begin < 1000);
    stranger_stop(stranger);
}

static void a_call_under_way_is_waited_for_as_long_as_the_grace_lasts(void **state) {
    (void)state;
    host = open_port(free_port(), NULL);
    bq_id call = add(host_queue_begin(host, "q", NULL));
    int64_t begin = clock_ms();
    bq_id close = bq_client_close(host->client, 200);
    host_error(host, call, BQ_ERR_CLOSED);
    host_reply(host, close);
    assert_true(clock_ms() - begin >= 190);
    assert_true(clock_ms() - begin < 2000);
}

static void a_bulk_call_that_finds_no_server_is_answered_for_each_entry(void **state) {
    bq_buffer records = BQ_BUFFER_INIT;
    (void)state;
    host = open_port(free_port(), "\"connection.maxRetriesPerRequest\":0");
    bq_id its_queue = host_queue_begin(host, "q", NULL);
    bq_put_add(&records, "a", "1", NULL);
    bq_put_add(&records, "b", "2", NULL);
    bq_id operation = bq_easy_add_bulk(host->client, its_queue, bq_buffer_bytes(&records));
    bq_buffer_free(&records);
    const struct event *reply = host_reply(host, operation);
    bq_record rest = reply->record;
    bq_field field;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(bq_field_next(&rest, &field), 1);
        assert_int_equal(field.tag, BQ_TAG_ENTRY_ERROR);
        assert_non_null(memmem(field.bytes.ptr, field.bytes.len, "MaxRetriesPerRequest", 20));
    }
}

static void a_patient_call_waits_until_the_server_is_there(void **state) {
    (void)state;
    struct server *late = server_start(NULL);
    server_crash(late);
    host = host_open(late, "\"connection.maxRetriesPerRequest\":null");
    bq_id operation = add(host_queue_begin(host, "q", NULL));
    host_error_event(host, BQ_ERR_CONNECTION_FAILED);
    server_restart(late);
    host_reply(host, operation);
    assert_int_equal(server_integer(late, "LLEN bull:q:wait"), 1);
    host_free(host);
    host = NULL;
    server_stop(late);
}

static void without_offline_queue_a_call_fails_at_once(void **state) {
    (void)state;
    host = open_port(free_port(), "\"connection.enableOfflineQueue\":false");
    const struct event *error =
        host_error(host, add(host_queue_begin(host, "q", NULL)), BQ_ERR_NOT_CONNECTED);
    assert_string_equal(message(error), "There is no connection to Redis and enableOfflineQueue is "
                                        "false; nothing was sent.");
    host_free(host);
    host = host_open(server, "\"connection.enableOfflineQueue\":false");
    host_reply(host, add(host_queue(host, "q", NULL)));
}

static void a_name_that_does_not_resolve_is_told(void **state) {
    (void)state;
    host = host_open_with("{\"connection.host\":\"no-such-host.invalid\","
                          "\"connection.maxRetriesPerRequest\":0}");
    bq_id operation = add(host_queue_begin(host, "q", NULL));
    host_error(host, operation, BQ_ERR_MAX_RETRIES_PER_REQUEST);
    starts_with(message(host_error_event(host, BQ_ERR_CONNECTION_FAILED)), "getaddrinfo ");
}

static void a_server_that_accepts_and_is_silent_times_out(void **state) {
    (void)state;
    host = host_open(server, "\"connection.connectTimeout\":150,"
                             "\"connection.maxRetriesPerRequest\":0");
    server_freeze(server);
    bq_id operation = add(host_queue_begin(host, "q", NULL));
    const struct event *error = host_error(host, operation, BQ_ERR_MAX_RETRIES_PER_REQUEST);
    assert_non_null(strstr(message(error), "ETIMEDOUT"));
    server_thaw(server);
}

/* ---- slow ---- */

static void a_call_that_is_not_answered_in_time_fails(void **state) {
    (void)state;
    host = host_open(server, "\"connection.commandTimeout\":100");
    bq_id its_queue = host_queue(host, "q", NULL);
    host_reply(host, add(its_queue));
    server_freeze(server);
    bq_id late = add(its_queue), later = add(its_queue);
    const struct event *error = host_error(host, late, BQ_ERR_COMMAND_TIMEOUT);
    assert_int_equal(event_integer(error, BQ_TAG_FLAGS), BQ_FLAG_RETRIABLE);
    host_error(host, later, BQ_ERR_COMMAND_TIMEOUT);
    server_thaw(server);
    /* The late answers are nobody's: the next call gets its own. */
    assert_string_equal(host_add(host, its_queue, "{}", "{\"jobId\":\"mine\"}"), "mine");
    assert_int_equal(server_integer(server, "LLEN bull:q:wait"), 4);
}

static void the_time_of_a_call_includes_waiting_for_the_connection(void **state) {
    (void)state;
    host = open_port(free_port(), "\"connection.commandTimeout\":100");
    int64_t begin = clock_ms();
    host_error(host, add(host_queue_begin(host, "q", NULL)), BQ_ERR_COMMAND_TIMEOUT);
    assert_true(clock_ms() - begin < 900);
}

static void workers_have_no_time_limit(void **state) {
    (void)state;
    host = host_open(server, "\"connection.commandTimeout\":50");
    bq_id its_queue = host_queue(host, "q", NULL);
    host_worker(host, its_queue, NULL, 1);
    host_reply(host, add(its_queue));
    const struct event *job = next_job();
    server_freeze(server);
    bq_id done = bq_easy_done(host->client, job->id, "1");
    bq_id call = add(its_queue);
    host_error(host, call, BQ_ERR_COMMAND_TIMEOUT);
    server_thaw(server);
    host_reply(host, done);
}

static void calls_beyond_the_limit_are_refused_until_others_are_answered(void **state) {
    (void)state;
    host = host_open(server, "\"maxPendingCommands\":3");
    bq_id its_queue = host_queue(host, "q", NULL);
    server_freeze(server);
    bq_id last = 0;
    for (int i = 0; i < 3; i++)
        last = add(its_queue);
    assert_true(last > 0);
    assert_int_equal(add(its_queue), BQ_EFULL);
    server_thaw(server);
    host_reply(host, last);
    assert_true(add(its_queue) > 0);
}

/* ---- passwords and users ---- */

static void requires_password(const char *password) {
    server_do(server, "CONFIG SET requirepass %s", password);
}

static int forget_passwords(void **state) {
    server_do(server, "CONFIG SET requirepass %s", "");
    return close_queue(state);
}

static void fails_to_log_in(const char *members, const char *why) {
    host = host_open(server, members);
    const struct event *error =
        host_error(host, add(host_queue_begin(host, "q", NULL)), BQ_ERR_AUTHENTICATION_FAILED);
    assert_int_equal(event_integer(error, BQ_TAG_FLAGS), BQ_FLAG_FATAL);
    assert_non_null(strstr(message(error), why));
    assert_null(strstr(message(error), "s3cret"));
    const struct event *event = host_error_event(host, BQ_ERR_AUTHENTICATION_FAILED);
    assert_null(strstr(message(event), "s3cret"));
    host_free(host);
    host = NULL;
}

static void a_wrong_or_missing_password_fails_calls_at_once(void **state) {
    (void)state;
    requires_password("right");
    fails_to_log_in("\"connection.password\":\"s3cret\"", "WRONGPASS");
    fails_to_log_in(NULL, "NOAUTH");
    fails_to_log_in("\"connection.username\":\"nobody\",\"connection.password\":\"s3cret\"",
                    "WRONGPASS");
}

static void the_right_password_opens_the_server_for_workers_too(void **state) {
    (void)state;
    requires_password("right");
    host = host_open(server, "\"connection.password\":\"right\"");
    bq_id its_queue = host_queue(host, "q", NULL);
    host_worker(host, its_queue, NULL, 1);
    host_reply(host, add(its_queue));
    host_done(host, next_job(), "1");
}

static void a_user_of_the_access_list_may_log_in(void **state) {
    (void)state;
    server_do(server, "ACL SETUSER ann on >word ~bull:* +@all");
    host = host_open(server, "\"connection.username\":\"ann\",\"connection.password\":\"word\"");
    host_reply(host, add(host_queue(host, "q", NULL)));
    bq_id foreign = host_queue(host, "q", "{\"prefix\":\"other\"}");
    const struct event *error = host_error(host, add(foreign), BQ_ERR_REDIS_ERROR);
    starts_with(message(error), "NOPERM");
}

static void a_worker_waits_until_the_password_is_right(void **state) {
    (void)state;
    requires_password("right");
    host = host_open(server, "\"connection.password\":\"later\"");
    bq_id its_queue = host_queue_begin(host, "q", NULL);
    bq_id worker = host_worker_begin(host, its_queue, NULL);
    bq_worker_credit(host->client, worker, 1);
    host_error_event(host, BQ_ERR_AUTHENTICATION_FAILED);
    requires_password("later");
    host_wait(host, BQ_EV_READY, worker);
}

/* ---- not as it should be ---- */

static const char *as_http(int turn) {
    return turn == 0 ? "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n" : NULL;
}

static const char *as_an_old_redis(int turn) {
    (void)turn;
    return "$73\r\n# Server\r\nredis_version:5.0.0\r\nredis_mode:standalone\r\nos:Linux\r\n"
           "arch_bits:64\r\n\r\n\r\n";
}

static const char *as_something_with_info(int turn) {
    (void)turn;
    return "$9\r\n# Nothing\r\n";
}

static const char *as_a_number(int turn) {
    (void)turn;
    return ":1\r\n";
}

static const char *as_one_that_hangs_up(int turn) {
    (void)turn;
    return NULL;
}

/* First without its data set, then with it. */
static const char *as_a_loading_redis(int turn) {
    static const char *const answers[] = {"-LOADING Redis is loading the dataset in memory\r\n",
                                          "$33\r\nredis_version:7.0.15\r\nloading:1\r\n\r\n",
                                          "$33\r\nredis_version:7.0.15\r\nloading:0\r\n\r\n",
                                          "+OK\r\n", ":1\r\n"};
    return turn < 5 ? answers[turn] : "+OK\r\n";
}

static void is_unsupported(stranger_answer answer, const char *why) {
    struct stranger *stranger = stranger_start(answer);
    host = open_port(stranger_port(stranger), NULL);
    const struct event *error =
        host_error(host, add(host_queue_begin(host, "q", NULL)), BQ_ERR_UNSUPPORTED_SERVER);
    assert_int_equal(event_integer(error, BQ_TAG_FLAGS), BQ_FLAG_FATAL);
    if (!strstr(message(error), why))
        fail_msg("\"%s\" does not say \"%s\"", message(error), why);
    host_free(host);
    host = NULL;
    stranger_stop(stranger);
}

static void what_does_not_answer_as_redis_is_not_used(void **state) {
    (void)state;
    is_unsupported(as_http, "does not answer as Redis does");
    is_unsupported(as_something_with_info, "does not answer as Redis does");
    is_unsupported(as_a_number, "does not answer as Redis does");
}

static void a_redis_that_is_too_old_is_not_used(void **state) {
    (void)state;
    is_unsupported(as_an_old_redis,
                   "Redis version needs to be greater or equal than 6.2.0 Current: 5.0.0");
}

static void a_database_that_does_not_exist_is_told(void **state) {
    (void)state;
    host = host_open(server, "\"connection.db\":99");
    const struct event *error =
        host_error(host, add(host_queue_begin(host, "q", NULL)), BQ_ERR_UNSUPPORTED_SERVER);
    assert_non_null(strstr(message(error), "connection.db cannot be used"));
}

static void a_server_that_hangs_up_is_a_failed_attempt(void **state) {
    (void)state;
    struct stranger *stranger = stranger_start(as_one_that_hangs_up);
    host = open_port(stranger_port(stranger), "\"connection.maxRetriesPerRequest\":0");
    host_error(host, add(host_queue_begin(host, "q", NULL)), BQ_ERR_MAX_RETRIES_PER_REQUEST);
    host_free(host);
    host = NULL;
    stranger_stop(stranger);
}

static void a_loading_server_is_waited_for(void **state) {
    (void)state;
    struct stranger *stranger = stranger_start(as_a_loading_redis);
    host = open_port(stranger_port(stranger), NULL);
    host_queue(host, "q", "{\"skipMetasUpdate\":true}");
    assert_int_equal(host_count(host, BQ_EV_ERROR, 0), 0);
    host_free(host);
    host = NULL;
    stranger_stop(stranger);
}

static void an_eviction_policy_that_loses_jobs_is_warned_of(void **state) {
    (void)state;
    server_do(server, "CONFIG SET maxmemory-policy allkeys-lru");
    host = host_open(server, NULL);
    bq_id its_queue = host_queue(host, "q", NULL);
    const struct event *warning = host_wait(host, BQ_EV_WARNING, 0);
    assert_string_equal(message(warning),
                        "IMPORTANT! Eviction policy is allkeys-lru. It should be \"noeviction\"");
    host_worker(host, its_queue, NULL, 1);
    assert_int_equal(host_count(host, BQ_EV_WARNING, 0), 1);
    server_do(server, "CONFIG SET maxmemory-policy noeviction");
}

#define ALONE(test) cmocka_unit_test_setup_teardown(test, no_queue, close_queue)
#define WITH_PASSWORD(test) cmocka_unit_test_setup_teardown(test, no_queue, forget_passwords)

int main(void) {
    const struct CMUnitTest tests[] = {
        ALONE(a_server_is_reached_over_tcp_by_address_and_by_name),
        ALONE(a_database_is_chosen_by_number),
        ALONE(a_connection_bears_the_name_that_it_is_given),
        ALONE(the_first_event_says_that_the_connection_is_there),
        ALONE(a_socket_path_that_is_too_long_is_an_error),
        ALONE(a_refused_connection_is_told_and_tried_again),
        ALONE(a_call_fails_after_as_many_attempts_as_are_allowed),
        ALONE(a_client_with_nothing_under_way_closes_at_once_without_a_server),
        ALONE(a_client_with_nothing_under_way_closes_at_once_before_a_silent_server),
        ALONE(a_call_under_way_is_waited_for_as_long_as_the_grace_lasts),
        ALONE(a_bulk_call_that_finds_no_server_is_answered_for_each_entry),
        ALONE(a_patient_call_waits_until_the_server_is_there),
        ALONE(without_offline_queue_a_call_fails_at_once),
        ALONE(a_name_that_does_not_resolve_is_told),
        ALONE(a_server_that_accepts_and_is_silent_times_out),
        ALONE(a_call_that_is_not_answered_in_time_fails),
        ALONE(the_time_of_a_call_includes_waiting_for_the_connection),
        ALONE(workers_have_no_time_limit),
        ALONE(calls_beyond_the_limit_are_refused_until_others_are_answered),
        WITH_PASSWORD(a_wrong_or_missing_password_fails_calls_at_once),
        WITH_PASSWORD(the_right_password_opens_the_server_for_workers_too),
        ALONE(a_user_of_the_access_list_may_log_in),
        WITH_PASSWORD(a_worker_waits_until_the_password_is_right),
        ALONE(what_does_not_answer_as_redis_is_not_used),
        ALONE(a_redis_that_is_too_old_is_not_used),
        ALONE(a_database_that_does_not_exist_is_told),
        ALONE(a_server_that_hangs_up_is_a_failed_attempt),
        ALONE(a_loading_server_is_waited_for),
        ALONE(an_eviction_policy_that_loses_jobs_is_warned_of),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
