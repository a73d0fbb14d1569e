#include "support_flows.h"

#include <string.h>

bq_buffer nodes;

void put(int depth, const char *queue_name, const char *name, const char *opts) {
    bq_put_flow_node(&nodes, depth, queue_name, NULL, name, "{\"n\":1}", opts);
}

bq_id add_put_with(const char *queues_options) {
    assert_int_equal(nodes.failed, 0);
    bq_id operation =
        bq_easy_add_flows(host->client, NULL, bq_buffer_bytes(&nodes), queues_options);
    bq_buffer_free(&nodes);
    return operation;
}

bq_id add_put(void) {
    return add_put_with(NULL);
}

json_t *results_of(bq_id operation) {
    bq_bytes value = bq_record_bytes(&host_reply(host, operation)->record, BQ_TAG_VALUE);
    json_t *list = json_loadb(value.ptr, value.len, 0, NULL);
    assert_true(json_is_array(list));
    return list;
}

void added(bq_id operation, const char *const *ids) {
    json_t *list = results_of(operation);
    size_t count = 0;
    for (; ids[count]; count++) {
        const char *id = json_string_value(json_array_get(list, count));
        assert_non_null(id);
        if (strcmp(ids[count], "*") != 0)
            assert_string_equal(id, ids[count]);
    }
    assert_int_equal(json_array_size(list), count);
    json_decref(list);
}

const char *text_at(const char *command) {
    const char *text = server_text(server, command, NULL);
    return text ? text : "";
}

int open_client(void **state) {
    (void)state;
    server_flush(server);
    host = host_open(server, NULL);
    return 0;
}
