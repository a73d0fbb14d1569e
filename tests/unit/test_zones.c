/* Time zones: names, offsets, the host's own zone, and files that mean no good. */
#include "support_cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "zone.h"

enum { NO_ZONE = 1000000 };

/* Offset of a zone in seconds; NO_ZONE: there is none of that name. */
static int offset_at(const char *name, int64_t seconds) {
    struct bqi_error error;
    struct bqi_zone *zone = bqi_zone_open(name, &error);
    if (!zone) {
        assert_int_equal(error.code, BQ_ERR_INVALID_ARGUMENT);
        return NO_ZONE;
    }
    struct bqi_zone_span span = bqi_zone_at(zone, seconds);
    assert_true(span.from <= seconds && seconds < span.until);
    bqi_zone_free(zone);
    return span.offset;
}

/* Midwinter and midsummer of 2026. */
static const int64_t january = 1768472430, july = 1784107230;

static void names_are_found_in_any_letter_case(void **state) {
    (void)state;
    assert_int_equal(offset_at("Europe/Paris", january), 3600);
    assert_int_equal(offset_at("europe/PARIS", july), 7200);
    assert_int_equal(offset_at("america/argentina/BUENOS_aires", january), -10800);
    assert_int_equal(offset_at("est5edt", july), -14400);
    assert_int_equal(offset_at("etc/gmt+5", july), -18000);
}

static void fixed_offsets_have_no_limit_and_one_sign(void **state) {
    (void)state;
    assert_int_equal(offset_at("utc", january), 0);
    assert_int_equal(offset_at("GMT", january), 0);
    assert_int_equal(offset_at("utc+5:30", january), 19800);
    assert_int_equal(offset_at("UTC-0:30", january), -1800);
    assert_int_equal(offset_at("UTC+25", january), 90000);
    assert_int_equal(offset_at("UTC+99:99", january), 99 * 3600 + 99 * 60);
}

static void the_letters_of_old_java_are_zones_to_node_as_well(void **state) {
    (void)state;
    assert_int_equal(offset_at("PST", july), -25200);
    assert_int_equal(offset_at("ist", january), 19800);
    assert_int_equal(offset_at("EST", july), -18000); /* a zone of its own, without summer time */
}

static void other_names_are_no_zones(void **state) {
    static const char *const names[] = {"",
                                        " UTC",
                                        "UTC ",
                                        "Europe",
                                        "Europe/",
                                        "/Europe/Paris",
                                        "Europe//Paris",
                                        "posix/UTC",
                                        "RIGHT/UTC",
                                        "Factory",
                                        "localtime",
                                        "posixrules",
                                        "Etc/Unknown",
                                        "tzdata.zi",
                                        "leapseconds",
                                        "GMT+5",
                                        "UTC+0330",
                                        "UTC+3:3",
                                        "UTC+",
                                        "UTC+123",
                                        "Z",
                                        "+03:00",
                                        "EDT",
                                        "EST5EDT4",
                                        "Europe/Paris\n",
                                        "Europe/Pari",
                                        "Europe/Pariss"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (offset_at(names[i], january) != NO_ZONE)
            fail_msg("\"%s\" is a zone", names[i]);
}

static void a_name_never_leads_out_of_the_folder(void **state) {
    static const char *const names[] = {"../zoneinfo/UTC", "Europe/../UTC",  "..",         ".",
                                        "./UTC",           "/etc/localtime", "/etc/passwd"};
    char longest[5000];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(offset_at(names[i], january), NO_ZONE);
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(offset_at(longest, january), NO_ZONE);
}

static int local_offset(const char *setting) {
    if (setting)
        setenv("TZ", setting, 1);
    else
        unsetenv("TZ");
    int offset = offset_at(NULL, july);
    assert_int_equal(offset_at("LOCAL", july), offset);
    assert_int_equal(offset_at("system", july), offset);
    assert_int_equal(offset_at("default", july), offset);
    return offset;
}

static void the_local_zone_is_what_tz_says(void **state) {
    (void)state;
    assert_int_equal(local_offset("America/New_York"), -14400);
    assert_int_equal(local_offset(":Asia/Kolkata"), 19800);
    assert_int_equal(local_offset("/usr/share/zoneinfo/Asia/Tokyo"), 32400);
    assert_int_equal(local_offset("XST3XDT,M3.2.0,M11.1.0"), -7200);
    assert_int_equal(local_offset("<-04>4"), -14400);
    assert_int_equal(local_offset(""), 0);
    assert_int_equal(local_offset("nonsense"), 0);
}

static void without_tz_the_local_zone_is_the_systems(void **state) {
    struct bqi_error error;
    (void)state;
    struct bqi_zone *file = bqi_zone_read("/etc/localtime", &error);
    int expected = file ? bqi_zone_at(file, july).offset : 0;
    bqi_zone_free(file);
    assert_int_equal(local_offset(NULL), expected);
}

static void rules_of_posix_are_read(void **state) {
    static const struct {
        const char *text;
        int winter, summer;
    } rules[] = {
        {"CET-1CEST,M3.5.0,M10.5.0/3", 3600, 7200},    {"<+0330>-3:30:15", 12615, 12615},
        {"XST3XDT2,J60/0,J300/0", -10800, -7200},      {"XST3XDT,59/-1,299/167", -10800, -7200},
        {"NZST-12NZDT,M9.5.0,M4.1.0/3", 46800, 43200}, {"XST0XDT-1,0/0,J365/25", 3600, 3600}};
    struct bqi_zone_rule rule;
    int64_t from, until;
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        assert_int_equal(bqi_zone_rule_parse(&rule, rules[i].text, strlen(rules[i].text)), 0);
        assert_int_equal(bqi_zone_rule_at(&rule, january, &from, &until), rules[i].winter);
        assert_int_equal(bqi_zone_rule_at(&rule, july, &from, &until), rules[i].summer);
    }
}

static void what_is_no_rule_is_refused(void **state) {
    static const char *const texts[] = {"",
                                        "CE-1",
                                        "CET",
                                        "CET-1CEST",
                                        "CET-1CEST,M3.5.0",
                                        "CET-25",
                                        "CET-1:60",
                                        "<CET-1",
                                        "CET-1CEST,M13.1.0,M1.1.0",
                                        "CET-1 ",
                                        "CET-1C",
                                        "CET-1CEST,M3.6.0,M1.1.0",
                                        "CET-1CEST,J0,J1",
                                        "CET-1CEST,366,1",
                                        "CET-1CEST,M3.5.7,M1.1.0",
                                        "CET-1CEST,M3.5.0,M10.5.0/3x"};
    struct bqi_zone_rule rule;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (bqi_zone_rule_parse(&rule, texts[i], strlen(texts[i])) == 0)
            fail_msg("\"%s\" is a rule", texts[i]);
}

/* ---- files ---- */

static unsigned char paris[8192];
static size_t paris_len;

static int read_paris(void **state) {
    (void)state;
    FILE *file = fopen("/usr/share/zoneinfo/Europe/Paris", "rb");
    paris_len = file ? fread(paris, 1, sizeof paris, file) : 0;
    if (file)
        fclose(file);
    return paris_len > 0 ? 0 : -1;
}

/* Whether it is taken for a zone; if so it must answer. */
static int parses(const unsigned char *data, size_t len) {
    struct bqi_error error;
    /* A copy of its own size, so that a sanitizer sees each byte read beyond it. */
    unsigned char *copy = malloc(len ? len : 1);
    struct bqi_zone *zone = bqi_zone_new(&error);
    memcpy(copy, data, len);
    int status = bqi_zone_parse(zone, copy, len);
    free(copy);
    if (status == 0) {
        bqi_zone_at(zone, INT64_MIN / 2000);
        bqi_zone_at(zone, january);
        bqi_zone_at(zone, INT64_MAX / 2000);
    }
    bqi_zone_free(zone);
    return status == 0;
}

static void a_file_that_is_cut_off_is_refused(void **state) {
    (void)state;
    assert_true(parses(paris, paris_len));
    for (size_t len = 0; len < paris_len; len++)
        assert_false(parses(paris, len));
}

static void any_changed_byte_is_survived(void **state) {
    static const unsigned char bytes[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    (void)state;
    for (size_t i = 0; i < paris_len; i++)
        for (size_t j = 0; j < sizeof bytes; j++) {
            unsigned char old = paris[i];
            paris[i] = bytes[j];
            parses(paris, paris_len);
            paris[i] = old;
        }
}

static void counts_that_the_file_does_not_hold_are_refused(void **state) {
    unsigned char data[200] = "TZif2";
    (void)state;
    memset(data + 20, 0xff, 24);
    assert_false(parses(data, sizeof data));
    memset(data + 20, 0, 24);
    memcpy(data + 44, "TZif2", 5);
    memset(data + 64, 0xff, 24);
    assert_false(parses(data, sizeof data));
}

static void folders_and_large_files_are_no_zones(void **state) {
    char folder[] = "/tmp/bq-zones-XXXXXX", path[64];
    struct bqi_error error = {0};
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/Large", folder);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fwrite(paris, 1, paris_len, file);
    assert_int_equal(ftruncate(fileno(file), 1 << 20), 0);
    fclose(file);
    assert_null(bqi_zone_read(path, &error));
    assert_null(bqi_zone_read(folder, &error));
    setenv("TZDIR", folder, 1);
    assert_int_equal(offset_at("large", january), NO_ZONE);
    assert_int_equal(offset_at("Europe/Paris", january), 3600); /* from the system's folder */
    unlink(path);
    snprintf(path, sizeof path, "%s/Fifo", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(offset_at("Fifo", january), NO_ZONE);
    unsetenv("TZDIR");
    unlink(path);
    rmdir(folder);
}

static void memory_that_runs_out_is_said(void **state) {
    struct bqi_error error;
    (void)state;
    for (long n = 1; n < 5; n++) {
        bqi_alloc_fail_at(n, 0);
        struct bqi_zone *zone = bqi_zone_open("Europe/Paris", &error);
        bqi_alloc_fail_at(0, 0);
        if (!zone && n > 1) /* the first is the file's content: looked for elsewhere */
            assert_int_equal(error.code, BQ_ERR_OUT_OF_MEMORY);
        bqi_zone_free(zone);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_in_any_letter_case),
        cmocka_unit_test(fixed_offsets_have_no_limit_and_one_sign),
        cmocka_unit_test(the_letters_of_old_java_are_zones_to_node_as_well),
        cmocka_unit_test(other_names_are_no_zones),
        cmocka_unit_test(a_name_never_leads_out_of_the_folder),
        cmocka_unit_test(the_local_zone_is_what_tz_says),
        cmocka_unit_test(without_tz_the_local_zone_is_the_systems),
        cmocka_unit_test(rules_of_posix_are_read),
        cmocka_unit_test(what_is_no_rule_is_refused),
        cmocka_unit_test(a_file_that_is_cut_off_is_refused),
        cmocka_unit_test(any_changed_byte_is_survived),
        cmocka_unit_test(counts_that_the_file_does_not_hold_are_refused),
        cmocka_unit_test(folders_and_large_files_are_no_zones),
        cmocka_unit_test(memory_that_runs_out_is_said),
    };
    return cmocka_run_group_tests(tests, read_paris, NULL);
}
