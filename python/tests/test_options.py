"""Options are checked when an object is made, before any socket is opened."""

import socket

import pytest

from libbullmq import OptionError, Queue, Worker


async def handle(job):
    return None


def refusal(make, *args, **options):
    with pytest.raises(OptionError) as caught:
        make(*args, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("options", "named", "nearest"),
    [
        ({"conection": {}}, "conection", "connection"),
        ({"prefx": "x"}, "prefx", "prefix"),
        ({"connection": {"hots": "x"}}, "hots", "host"),
        ({"streams": {"events": {"maxlen": 1}}}, "maxlen", "maxLen"),
    ],
)
def test_an_unknown_option_of_a_queue_is_named_with_the_nearest(options, named, nearest):
    text = refusal(Queue, "q", options)
    assert named in text
    assert nearest in text


@pytest.mark.parametrize(
    ("options", "named", "nearest"),
    [
        ({"concurency": 5}, "concurency", "concurrency"),
        ({"lockDuraton": 5}, "lockDuraton", "lockDuration"),
        ({"limiter": {"maxx": 1}}, "maxx", "max"),
    ],
)
def test_an_unknown_option_of_a_worker_is_named_with_the_nearest(options, named, nearest):
    text = refusal(Worker, "q", handle, options)
    assert named in text
    assert nearest in text


def test_an_option_of_workers_is_refused_by_a_queue_as_such():
    assert "is one of a worker" in refusal(Queue, "q", lock_duration=1000)


@pytest.mark.parametrize(
    "options",
    [
        {"connection": {"port": "many"}},
        {"connection": {"port": 70000}},
        {"connection": {"host": 5}},
        {"prefix": 7},
        {"skipMetasUpdate": "yes"},
        {"streams": {"events": {"maxLen": -1}}},
        {"connection": {"path": object()}},
        {"defaultJobOptions": {"priority": -1}},
    ],
    ids=str,
)
def test_a_value_of_the_wrong_type_or_range_is_refused(options):
    refusal(Queue, "q", options)


@pytest.mark.parametrize("value", [0, -1, 1.5, "5", True, float("inf"), None])
def test_concurrency_must_be_a_whole_number_of_at_least_one(value):
    assert "concurrency" in refusal(Worker, "q", handle, concurrency=value)


def test_lock_duration_must_be_positive():
    assert "lockDuration" in refusal(Worker, "q", handle, lock_duration=0)


def test_options_must_be_a_dict():
    assert "must be a dict, not list" in refusal(Queue, "q", ["connection"])


def test_a_queue_needs_a_name():
    assert refusal(Queue, "") == "Queue name must be provided"


@pytest.mark.parametrize("name", [None, 7, b"q"])
def test_a_queue_name_must_be_text(name):
    assert refusal(Queue, name) == f"Queue name must be text, not {name!r}"


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_queue_name_must_be_text_that_redis_can_hold(name):
    assert "must be UTF-8 text without NUL" in refusal(Queue, name)


@pytest.mark.parametrize("concurrency", [0, 2**31, True, 1.5])
def test_concurrency_has_a_range(concurrency):
    assert "concurrency" in refusal(Worker, "q", handle, concurrency=concurrency)


def test_half_a_limiter_is_refused_before_any_socket_is_opened():
    assert "limiter.duration" in refusal(Worker, "q", handle, limiter={"max": 1})


def test_a_queue_name_cannot_contain_a_colon():
    assert "cannot contain :" in refusal(Queue, "a:b")
    assert "cannot contain :" in refusal(Worker, "a:b", handle)


@pytest.mark.parametrize("handler", [b"handle", 7])
def test_a_handler_must_be_callable(handler):
    assert "must be a function" in refusal(Worker, "q", handler)


def test_a_handler_must_take_the_job():
    assert "must take the job" in refusal(Worker, "q", lambda: None)


def test_snake_case_keywords_win_over_node_names():
    refusal(Worker, "q", handle, {"lockDuration": 1000}, lock_duration=0)
    Worker("q", handle, {"lockDuration": 0}, lock_duration=1000)


def test_a_worker_may_have_a_name_of_its_own():
    Worker("q", handle, name="first")


async def test_nothing_is_connected_before_the_first_call():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        connection = {"host": "127.0.0.1", "port": listener.getsockname()[1]}
        Queue("q", connection=connection)
        Worker("q", handle, connection=connection)
        with pytest.raises(BlockingIOError):
            listener.accept()
