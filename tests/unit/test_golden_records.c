/* bq_record.h against bindings/golden: reads what the independent encoder wrote, writes the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <jansson.h>

#include "bq/bq_record.h"

static const char *golden(const char *name) {
    static char path[4096];
    snprintf(path, sizeof path, "%s/bindings/golden/%s", BQ_SOURCE_DIR, name);
    return path;
}

/* A block of exactly the file's size, so that a sanitizer sees every step beyond it. */
static bq_bytes load(const char *path) {
    FILE *file = fopen(path, "rb");
    bq_bytes bytes = {NULL, 0};
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    bytes.len = (size_t)ftell(file);
    rewind(file);
    char *block = malloc(bytes.len != 0 ? bytes.len : 1);
    assert_non_null(block);
    assert_int_equal(fread(block, 1, bytes.len, file), bytes.len);
    fclose(file);
    bytes.ptr = block;
    return bytes;
}

static json_t *meaning_of(const bq_field *field) {
    if (field->kind == BQ_KIND_INTEGER) {
        return json_pack("[i, I]", field->tag, (json_int_t)field->integer);
    }
    if (field->kind == BQ_KIND_FLOAT) {
        return json_pack("[i, f]", field->tag, field->number);
    }
    if (field->kind != BQ_KIND_BYTES) {
        return NULL;
    }
    char *hex = calloc(field->bytes.len * 2 + 1, 1);
    for (size_t i = 0; i < field->bytes.len; i++) {
        snprintf(hex + 2 * i, 3, "%02x", (unsigned char)field->bytes.ptr[i]);
    }
    json_t *meaning = json_pack("[i, {s:s}]", field->tag, "hex", hex);
    free(hex);
    return meaning;
}

/* What this reader makes of a run of records; NULL when it refuses them. */
static json_t *read_all(bq_bytes rest) {
    json_t *records = json_array();
    bq_record record;
    bq_field field;
    int more, more_fields = 0;
    while ((more = bq_record_next(&rest, &record)) == 1) {
        json_t *fields = json_array();
        json_t *entry = json_pack("{s:i, s:I, s:o}", "type", record.type, "id",
                                  (json_int_t)record.id, "fields", fields);
        json_array_append_new(records, entry);
        while ((more_fields = bq_field_next(&record, &field)) == 1) {
            json_t *meaning = meaning_of(&field);
            if (meaning != NULL) {
                json_array_append_new(fields, meaning);
            }
        }
        if (more_fields < 0) {
            break;
        }
    }
    if (more < 0 || more_fields < 0) {
        json_decref(records);
        return NULL;
    }
    return records;
}

static int ends_with(const char *name, const char *end) {
    size_t length = strlen(name), size = strlen(end);
    return length > size && strcmp(name + length - size, end) == 0;
}

/* Runs `check` on every file of a folder of golden files with the given ending; returns how many.
 */
static int each_file(const char *folder, const char *ending, void (*check)(const char *path)) {
    char path[4096 + 512], base[4096];
    int count = 0;
    snprintf(base, sizeof base, "%s", golden(folder));
    DIR *dir = opendir(base);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (ends_with(entry->d_name, ending)) {
            snprintf(path, sizeof path, "%s/%s", base, entry->d_name);
            check(path);
            count++;
        }
    }
    closedir(dir);
    return count;
}

static void reads_as_described(const char *json_path) {
    char path[4096 + 512];
    json_error_t error;
    json_t *expected = json_load_file(json_path, 0, &error);
    assert_non_null(expected);
    snprintf(path, sizeof path, "%.*s.bin", (int)(strlen(json_path) - strlen(".json")), json_path);
    bq_bytes bytes = load(path);
    json_t *found = read_all(bytes);
    if (found == NULL || !json_equal(found, expected)) {
        fail_msg("%s was read as %s", path, found ? json_dumps(found, JSON_COMPACT) : "malformed");
    }
    json_decref(found);
    json_decref(expected);
    free((char *)bytes.ptr);
}

static void is_refused(const char *path) {
    bq_bytes bytes = load(path);
    json_t *found = read_all(bytes);
    if (found != NULL) {
        fail_msg("%s was read as %s", path, json_dumps(found, JSON_COMPACT));
    }
    free((char *)bytes.ptr);
}

static void golden_files_are_read_as_described(void **state) {
    (void)state;
    assert_true(each_file("", ".json", reads_as_described) > 0);
}

static void malformed_files_are_refused_within_bounds(void **state) {
    (void)state;
    assert_true(each_file("malformed", ".bin", is_refused) > 0);
}

static void put_value(bq_buffer *buffer, int tag, const json_t *value) {
    char bytes[1024];
    if (json_is_integer(value)) {
        bq_put_integer(buffer, tag, json_integer_value(value));
        return;
    }
    if (json_is_real(value)) {
        bq_put_float(buffer, tag, json_real_value(value));
        return;
    }
    const char *hex = json_string_value(json_object_get(value, "hex"));
    bq_bytes raw = {bytes, strlen(hex) / 2};
    assert_true(raw.len <= sizeof bytes);
    for (size_t i = 0; i < raw.len; i++) {
        unsigned byte;
        sscanf(hex + 2 * i, "%2x", &byte);
        bytes[i] = (char)byte;
    }
    bq_put_bytes(buffer, tag, raw);
}

static void writes_as_encoded(const char *name) {
    char file[64];
    json_error_t error;
    bq_buffer buffer = BQ_BUFFER_INIT;
    size_t i, j;
    json_t *entry, *field;
    snprintf(file, sizeof file, "%s.json", name);
    json_t *records = json_load_file(golden(file), 0, &error);
    snprintf(file, sizeof file, "%s.bin", name);
    bq_bytes expected = load(golden(file));
    json_array_foreach(records, i, entry) {
        bq_put_record(&buffer, (int)json_integer_value(json_object_get(entry, "type")),
                      json_integer_value(json_object_get(entry, "id")));
        json_array_foreach(json_object_get(entry, "fields"), j, field) {
            put_value(&buffer, (int)json_integer_value(json_array_get(field, 0)),
                      json_array_get(field, 1));
        }
    }
    assert_int_equal(bq_buffer_bytes(&buffer).len, expected.len);
    assert_memory_equal(bq_buffer_bytes(&buffer).ptr, expected.ptr, expected.len);
    bq_buffer_free(&buffer);
    json_decref(records);
    free((char *)expected.ptr);
}

static void writer_makes_the_same_bytes(void **state) {
    static const char *const names[] = {"bytes",       "floats", "integers",      "job",
                                        "negative-id", "run",    "repeated-tags", "requests"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        writes_as_encoded(names[i]);
    }
}

static void find_takes_the_first_field_of_its_tag_and_kind(void **state) {
    bq_buffer buffer = BQ_BUFFER_INIT;
    bq_record record;
    (void)state;
    bq_put_record(&buffer, BQ_EV_REPLY, 7);
    bq_put_bytes(&buffer, BQ_TAG_CODE, bq_bytes_of("not a number"));
    bq_put_integer(&buffer, BQ_TAG_CODE, -6);
    bq_put_integer(&buffer, BQ_TAG_CODE, -1);
    bq_bytes rest = bq_buffer_bytes(&buffer);
    assert_int_equal(bq_record_next(&rest, &record), 1);
    assert_int_equal(bq_record_integer(&record, BQ_TAG_CODE, 0), -6);
    assert_int_equal(bq_record_bytes(&record, BQ_TAG_CODE).len, strlen("not a number"));
    assert_int_equal(bq_record_integer(&record, BQ_TAG_COUNT, 42), 42);
    assert_null(bq_record_bytes(&record, BQ_TAG_MESSAGE).ptr);
    bq_buffer_free(&buffer);
}

static void a_record_of_too_many_fields_fails_the_buffer(void **state) {
    bq_buffer buffer = BQ_BUFFER_INIT;
    (void)state;
    bq_put_record(&buffer, BQ_EV_REPLY, 1);
    for (int i = 0; i < UINT16_MAX; i++) {
        bq_put_integer(&buffer, BQ_TAG_VALUE, i);
    }
    assert_int_equal(buffer.failed, 0);
    bq_put_integer(&buffer, BQ_TAG_VALUE, 0);
    assert_int_equal(buffer.failed, BQ_EINVAL);
    assert_int_equal(bq_buffer_bytes(&buffer).len, 0);
    bq_buffer_free(&buffer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_files_are_read_as_described),
        cmocka_unit_test(malformed_files_are_refused_within_bounds),
        cmocka_unit_test(writer_makes_the_same_bytes),
        cmocka_unit_test(find_takes_the_first_field_of_its_tag_and_kind),
        cmocka_unit_test(a_record_of_too_many_fields_fails_the_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
