"""Objects that a forked child inherits."""

import pytest


@pytest.mark.parametrize(
    "case",
    [
        "queue_opens_its_own_connection",
        "sync_queue_opens_its_own_connection",
        "worker_that_runs_is_refused",
        "worker_that_never_ran_may_run",
        "child_that_exits_disturbs_nothing",
        "signals_of_a_child_do_not_reach_the_parent",
    ],
)
def test_in_a_forked_child(start_program, redis, case):
    program = start_program("forked.py", case, str(redis.socket_path))
    status, output, errors = program.end()
    assert (status, output, errors) == (0, "ok\n", "")
