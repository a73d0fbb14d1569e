"""When cron patterns run; tests/vectors hold the core to Node's parser."""

from datetime import UTC, datetime

import pytest

from libbullmq import OptionError, cron_next

START = datetime(2026, 3, 28, 12, tzinfo=UTC)


def test_runs_are_datetimes_in_utc():
    runs = cron_next("0 9 * * *", "Europe/Berlin", START, count=3)
    assert runs == [  # summer time begins on the 29th
        datetime(2026, 3, 29, 7, tzinfo=UTC),
        datetime(2026, 3, 30, 7, tzinfo=UTC),
        datetime(2026, 3, 31, 7, tzinfo=UTC),
    ]


def test_times_are_milliseconds_too():
    start = round(START.timestamp() * 1000)
    assert cron_next("@hourly", "UTC", start) == [datetime(2026, 3, 28, 13, tzinfo=UTC)]


def test_fewer_runs_where_the_end_comes_first():
    end = datetime(2026, 3, 28, 14, tzinfo=UTC)
    assert len(cron_next("@hourly", "UTC", START, end, count=10)) == 2


def test_without_a_start_runs_come_after_now():
    [run] = cron_next("* * * * * *")
    assert abs((run - datetime.now(UTC)).total_seconds()) < 60


def test_a_seed_decides_for_h():
    assert cron_next("H H * * *", "UTC", START, hash_seed="a") == cron_next(
        "H H * * *", "UTC", START, hash_seed="a"
    )


@pytest.mark.parametrize(
    ("pattern", "keywords", "text"),
    [
        ("61 * * * *", {}, "61"),
        ("* * * * *", {"tz": "Atlantis"}, "Atlantis"),
        ("* * * * *", {"count": 0}, "count"),
        ("* * * * *", {"start": "now"}, "start"),
    ],
)
def test_what_is_wrong_is_named(pattern, keywords, text):
    with pytest.raises(OptionError, match=text):
        cron_next(pattern, **keywords)
