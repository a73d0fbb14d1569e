"""Queue events: loops, listeners, their place, backpressure, waiting for the end of jobs."""

import asyncio
import threading

import pytest

from libbullmq import (
    AuthenticationError,
    BullMQError,
    ClosedError,
    JobFailedError,
    JobWaitTimeoutError,
    OptionError,
    Queue,
    QueueEvents,
    QueueEventsProducer,
    Worker,
    _queue_events,
    sync,
)

TIMEOUT = 15.0


@pytest.fixture
async def events(queue, redis):
    async with QueueEvents(queue.name, connection=redis.connection) as events:
        yield events


async def take(events, count):
    """So many events of a loop."""
    taken = []
    async with asyncio.timeout(TIMEOUT):
        async for event in events:
            taken.append(event)
            if len(taken) == count:
                break
    return taken


def names(events):
    return [event.name for event in events]


async def test_a_loop_gets_what_happens_after_the_block_was_entered(queue, events):
    job = await queue.add("x")
    await queue.pause()
    added, waiting, paused = await take(events, 3)
    assert (added.name, added.job_id, added.fields["name"]) == ("added", job.id, "x")
    assert (waiting.name, paused.name, paused.job_id) == ("waiting", "paused", None)
    assert events.last_event_id == paused.id


async def test_a_second_loop_goes_on_where_the_first_ended(queue, events):
    for _ in range(3):
        await queue.add("x")
    first = await take(events, 2)
    rest = await take(events, 4)
    assert names(first + rest) == ["added", "waiting"] * 3
    assert len({event.id for event in first + rest}) == 6


async def test_listeners_hear_of_their_event_and_of_their_job(queue, events):
    heard = []
    done = asyncio.Event()
    events.on("added", lambda event: heard.append(event.name))
    events.on("paused", lambda event: done.set())
    await queue.add("x", job_id="other")
    events.on("added:mine", lambda event: heard.append(event.job_id))
    await queue.add("x", job_id="mine")
    await queue.pause()
    await asyncio.wait_for(done.wait(), TIMEOUT)
    assert heard == ["added", "added", "mine"]


async def test_what_came_before_the_first_listener_waits_for_it(queue, events, redis):
    await queue.add("x")
    async with QueueEvents(queue.name, connection=redis.connection, last_event_id="0-0") as other:
        await take(other, 2)  # it has come to all readers
    heard = asyncio.Queue()
    events.on("added", heard.put_nowait)
    assert (await asyncio.wait_for(heard.get(), TIMEOUT)).name == "added"


async def test_a_stored_place_is_gone_on_from(queue, redis):
    options = {"connection": redis.connection}
    await queue.add("x", job_id="a")
    async with QueueEvents(queue.name, options, last_event_id="0-0") as events:
        await take(events, 2)
        place = events.last_event_id
    await queue.add("x", job_id="b")
    async with QueueEvents(queue.name, options, last_event_id=place) as events:
        assert [event.job_id for event in await take(events, 2)] == ["b", "b"]


async def test_a_loop_that_is_slow_makes_reading_wait(queue, redis, monkeypatch):
    monkeypatch.setattr(_queue_events, "MOST_WAITING", 10)
    async with QueueEvents(queue.name, connection=redis.connection, last_event_id="0-0") as events:
        for _ in range(40):
            await queue.add_bulk([{"name": "x"}] * 25)
        most = 0
        count = 0
        async with asyncio.timeout(TIMEOUT):
            async for _ in events:
                count += 1
                most = max(most, len(events._waiting))
                if count % 50 == 0:
                    await asyncio.sleep(0)
                if count == 2000:
                    break
        assert most < 2000
        # The end of a job is heard of although nobody takes what came before it.
        job = await queue.add("last")
        async with Worker(queue.name, echo, connection=redis.connection):
            assert await job.wait_until_finished(events, ttl=10_000) == {}


async def echo(job):
    return job.data


async def test_events_of_another_kind_are_numbers_and_values(queue, redis, events):
    async def handler(job):
        await job.update_progress({"at": 1})
        return ["é", None]

    await queue.add("x", delay=1)
    async with Worker(queue.name, handler, connection=redis.connection):
        found = {}
        async with asyncio.timeout(TIMEOUT):
            async for event in events:
                found[event.name] = event
                if event.name == "completed":
                    break
    assert found["completed"].returnvalue == ["é", None]
    assert found["completed"].prev == "active"
    assert found["progress"].data == {"at": 1}
    assert isinstance(found["delayed"].fields["delay"], int)


async def test_malformed_entries_are_reported_and_skipped(queue, redis, events):
    errors = []
    events.on("error", errors.append)
    stream = f"bull:{queue.name}:events"
    redis.call("XADD", stream, "*", "event", "completed", "jobId", "7", "returnvalue", "{no")
    redis.call("XADD", stream, "*", "event", "progress", "jobId", "7", "data", "NaN")
    redis.call("XADD", stream, "*", "event", "delayed", "jobId", "7", "delay", "soon")
    redis.call("XADD", stream, "*", "nothing", "here")
    redis.call("XADD", stream, "*", "event", "error", "jobId", "7")
    redis.call("XADD", stream, "*", "event", "mine", "jobId", "7")
    assert names(await take(events, 2)) == ["error", "mine"]
    assert [error.name for error in errors] == ["MalformedEvent"] * 4
    assert errors[0].job_id == "7"
    assert "returnvalue '{no' cannot be read" in str(errors[0])


async def test_a_wait_ends_with_the_job(queue, redis, events):
    async def handler(job):
        if job.name == "bad":
            raise RuntimeError("no luck")
        return job.data

    good, bad = await queue.add("good", {"n": 1}), await queue.add("bad")
    waits = [asyncio.ensure_future(job.wait_until_finished(events)) for job in (good, bad)]
    async with Worker(queue.name, handler, connection=redis.connection):
        assert await waits[0] == {"n": 1}
        with pytest.raises(JobFailedError, match=r"^no luck$") as error:
            await waits[1]
    assert (error.value.name, error.value.job_id) == ("JobFailed", bad.id)
    assert await good.wait_until_finished(events) == {"n": 1}  # long finished


async def test_a_wait_has_an_end_of_its_own(queue, events):
    job = await queue.add("never")
    with pytest.raises(JobWaitTimeoutError, match=f"timed out.*{job.id}") as error:
        await job.wait_until_finished(events, ttl=50)
    assert isinstance(error.value, TimeoutError)
    await job.remove()
    with pytest.raises(BullMQError, match="Missing key for job"):
        await job.wait_until_finished(events)


async def test_a_wait_wants_the_events_of_the_job_s_queue(queue, redis):
    job = await queue.add("x")
    async with QueueEvents("another", connection=redis.connection) as events:
        with pytest.raises(OptionError, match=f"are of bull:another, the job of bull:{queue.name}"):
            await job.wait_until_finished(events)


async def test_closing_ends_loops_and_waits(queue, redis):
    job = await queue.add("never")
    events = QueueEvents(queue.name, connection=redis.connection)
    await events.wait_until_ready()

    async def loop():
        async for _ in events:
            pass

    looping = asyncio.ensure_future(loop())
    waiting = asyncio.ensure_future(job.wait_until_finished(events))
    await asyncio.sleep(0)
    await events.close()
    await asyncio.wait_for(looping, TIMEOUT)
    with pytest.raises(ClosedError):
        await waiting
    with pytest.raises(ClosedError, match="make a new QueueEvents"):
        await events.wait_until_ready()
    await events.close()


async def test_nothing_is_missed_while_redis_is_away(own_redis):
    options = {"connection": own_redis.connection}
    async with Queue("q", options) as queue, QueueEvents("q", options) as events:
        events.on("error", lambda error: None)
        queue.on("error", lambda error: None)
        await queue.add("x", job_id="a")
        await take(events, 2)
        own_redis.restart()
        await queue.add("x", job_id="b")
        assert [event.job_id for event in await take(events, 2)] == ["b", "b"]


async def test_what_redis_never_accepts_ends_everything(own_redis):
    own_redis.call("CONFIG", "SET", "requirepass", "secret")
    events = QueueEvents("q", connection={**own_redis.connection, "password": "wrong"})
    errors = []
    events.on("error", errors.append)
    with pytest.raises(AuthenticationError):
        async with events:
            pass
    with pytest.raises(AuthenticationError):
        await anext(aiter(events))
    assert isinstance(errors[0], AuthenticationError)
    await events.close()


async def test_custom_events_carry_texts_and_values(queue, redis, events):
    async with QueueEventsProducer(queue.name, connection=redis.connection) as producer:
        fields = {"jobId": "7", "text": "a", "number": 5, "nothing": None, "list": [1, "é"]}
        entry = await producer.publish_event("order:shipped", fields)
        await producer.publish_event("completed", {"jobId": "7", "returnvalue": "done"})
        [shipped, completed] = await take(events, 2)
        assert shipped.id == entry
        texts = {"number": "5", "nothing": "null", "list": '[1,"é"]'}
        assert shipped.fields == {**fields, **texts}
        assert completed.returnvalue == "done"


BAD_EVENTS = {
    "no name": (("",), {}, "eventName"),
    "fields": (("x", ["a"]), {}, "fields must be a dict, not list"),
    "field event": (("x", {"event": "y"}), {}, "event"),
    "no JSON": (("x", {"a": {1}}), {}, "field 'a' has no JSON form"),
    "length": (("x",), {"max_events": -1}, "maxEvents"),
}


@pytest.mark.parametrize("name", BAD_EVENTS)
async def test_bad_custom_events_are_refused(redis, name):
    args, keywords, wording = BAD_EVENTS[name]
    async with QueueEventsProducer("q", connection=redis.connection) as producer:
        with pytest.raises(OptionError, match=wording):
            await producer.publish_event(*args, **keywords)
    assert redis.call("DBSIZE") == "0"


async def test_hearing_writes_nothing(events, redis):
    assert redis.call("DBSIZE") == "0"


@pytest.mark.parametrize("kind", [QueueEvents, QueueEventsProducer, sync.QueueEvents])
def test_bad_options_are_refused(kind):
    with pytest.raises(OptionError, match="cannot contain :"):
        kind("a:b")
    with pytest.raises(OptionError, match='did you mean "connection"'):
        kind("q", conection={})


def test_bad_places_are_refused():
    with pytest.raises(OptionError, match="lastEventId"):
        QueueEvents("q", last_event_id="yesterday")
    with pytest.raises(OptionError, match="blockingTimeout"):
        QueueEvents("q", blocking_timeout=-1)


def test_events_without_asyncio(redis):
    options = {"connection": redis.connection}
    with sync.Queue("q", options) as queue, sync.QueueEvents("q", options) as events:
        queue.add("x", job_id="a")
        queue.add("x", job_id="b")
        for event in events:
            assert (event.name, event.job_id) == ("added", "a")
            assert events.last_event_id == event.id
            break
        heard = []
        for event in events:
            heard.append((event.name, event.job_id))
            if len(heard) == 3:
                break
        assert heard == [("waiting", "a"), ("added", "b"), ("waiting", "b")]
        with sync.QueueEventsProducer("q", options) as producer:
            entry = producer.publish_event("mine", {"n": 1})
        assert next(iter(events)).id == entry


def test_a_wait_without_asyncio(redis):
    options = {"connection": redis.connection}
    with sync.Queue("q", options) as queue, sync.QueueEvents("q", options) as events:
        job = queue.add("x", {"n": 1})
        with pytest.raises(JobWaitTimeoutError):
            job.wait_until_finished(events, ttl=50)
        with sync.Worker("q", lambda job: job.data, options):
            assert job.wait_until_finished(events, ttl=10_000) == {"n": 1}


def test_closing_from_another_thread_ends_a_loop(redis):
    events = sync.QueueEvents("q", connection=redis.connection)
    events.wait_until_ready()
    ended = threading.Event()

    def loop():
        for _ in events:
            pass
        ended.set()

    thread = threading.Thread(target=loop)
    thread.start()
    events.close()
    assert ended.wait(TIMEOUT)
    thread.join()
