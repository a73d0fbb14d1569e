/* Delays between attempts, as protocol/5 section 2 has them. */
#include "support_cmocka.h"

#include <math.h>

#include "backoff.h"
#include "random.h"

static void without_backoff_there_is_no_delay(void **state) {
    (void)state;
    assert_true(bqi_backoff_delay(NULL, 1000, 0, 1, 0.5) == 0);
}

static void fixed_is_the_same_each_time(void **state) {
    (void)state;
    for (int n = 1; n < 20; n++)
        assert_true(bqi_backoff_delay("fixed", 1000, 0, n, 0.9) == 1000);
}

static void exponential_doubles_from_the_delay_itself(void **state) {
    static const double expected[] = {1000, 2000, 4000, 8000, 16000};
    (void)state;
    for (int n = 1; n <= 5; n++)
        assert_true(bqi_backoff_delay("exponential", 1000, 0, n, 0.9) == expected[n - 1]);
    assert_true(bqi_backoff_delay("exponential", 0.3, 0, 2, 0) == 1); /* 0.6, rounded */
}

static void jitter_takes_off_up_to_its_part(void **state) {
    (void)state;
    assert_true(bqi_backoff_delay("fixed", 1000, 0.5, 1, 0) == 500);
    assert_true(bqi_backoff_delay("fixed", 1000, 0.5, 1, 0.999999) == 999);
    assert_true(bqi_backoff_delay("exponential", 1000, 0.25, 3, 0) == 3000);
    assert_true(bqi_backoff_delay("exponential", 1000, 0.25, 3, 0.999999) == 3999);
    assert_true(bqi_backoff_delay("fixed", 1000, 1, 1, 0) == 0);
    for (int i = 0; i < 1000; i++) {
        double delay = bqi_backoff_delay("fixed", 1000, 0.5, 1, bqi_random_fraction());
        assert_true(delay >= 500 && delay < 1000 && floor(delay) == delay);
    }
}

static void an_unknown_type_is_minus_one(void **state) {
    (void)state;
    assert_true(bqi_backoff_delay("lunar", 1000, 0, 1, 0) == -1);
    assert_true(bqi_backoff_delay("", 1000, 0, 1, 0) == -1);
    assert_true(bqi_backoff_delay("Fixed", 1000, 0, 1, 0) == -1);
}

static void what_is_no_delay_is_a_retry_at_once(void **state) {
    (void)state;
    assert_true(bqi_backoff_delay("fixed", 0, 0, 1, 0) == 0);
    assert_true(bqi_backoff_delay("fixed", NAN, 0, 1, 0) == 0);
    assert_true(bqi_backoff_delay("fixed", -5, 0, 1, 0) == 0);
}

static void fractions_of_a_fixed_delay_are_kept(void **state) {
    (void)state;
    assert_true(bqi_backoff_delay("fixed", 12.5, 0, 1, 0) == 12.5);
}

static void random_fractions_fill_their_range(void **state) {
    double least = 1, most = 0;
    (void)state;
    for (int i = 0; i < 2000; i++) {
        double fraction = bqi_random_fraction();
        assert_true(fraction >= 0 && fraction < 1);
        least = fmin(least, fraction);
        most = fmax(most, fraction);
    }
    assert_true(least < 0.02 && most > 0.98);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_backoff_there_is_no_delay),
        cmocka_unit_test(fixed_is_the_same_each_time),
        cmocka_unit_test(exponential_doubles_from_the_delay_itself),
        cmocka_unit_test(jitter_takes_off_up_to_its_part),
        cmocka_unit_test(an_unknown_type_is_minus_one),
        cmocka_unit_test(what_is_no_delay_is_a_retry_at_once),
        cmocka_unit_test(fractions_of_a_fixed_delay_are_kept),
        cmocka_unit_test(random_fractions_fill_their_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
