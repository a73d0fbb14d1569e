"""Adding and looking."""

import json
import math

import pytest

from libbullmq import BulkError, BullMQError, ClosedError, Job, OptionError, Queue, ScriptError


async def test_add_gives_a_job_that_can_be_read_again(queue):
    job = await queue.add("welcome", {"user": 7}, {"attempts": 3, "delay": 60_000})
    assert (job.name, job.data, job.opts) == (
        "welcome",
        {"user": 7},
        {"attempts": 3, "delay": 60_000},
    )
    read = await queue.get_job(job.id)
    assert (read.id, read.name, read.data) == (job.id, "welcome", {"user": 7})
    assert read.opts["attempts"] == 3
    assert (read.delay, read.priority, read.attempts_made, read.progress) == (60_000, 0, 0, 0)
    assert abs(read.timestamp - job.timestamp) < 10_000
    assert read.queue_name == queue.name
    assert await read.get_state() == "delayed"


@pytest.mark.parametrize(
    "data", [{"n": 1}, [1, 2], "text", 0, None, True, {"nested": [{"ü": "☃ 𝄞"}]}, "half \ud834"]
)
async def test_any_json_value_is_data(queue, data):
    job = await queue.get_job((await queue.add("any", data)).id)
    assert job.data == data


async def test_data_left_out_is_an_empty_object(queue):
    added = await queue.add("none")
    assert added.data == {}
    assert (await queue.get_job(added.id)).data == {}


async def test_keywords_are_job_options_too(queue):
    job = await queue.add("later", {}, {"delay": 1}, delay=60_000, remove_on_complete=True)
    read = await queue.get_job(job.id)
    assert (read.opts["delay"], read.opts["removeOnComplete"]) == (60_000, True)


async def test_default_job_options_apply_unless_the_call_has_its_own(redis):
    defaults = {"attempts": 5, "delay": 60_000}
    async with Queue("d", connection=redis.connection, default_job_options=defaults) as queue:
        job = await queue.add("x", {}, attempts=2)
        assert (job.opts["attempts"], job.opts["delay"]) == (2, 60_000)
        read = await queue.get_job(job.id)
        assert (read.opts["attempts"], read.opts["delay"]) == (2, 60_000)


async def test_a_custom_id_that_exists_means_the_job_that_is_there(queue):
    await queue.add("x", {"n": 1}, job_id="mine")
    assert (await queue.add("x", {"n": 2}, job_id="mine")).id == "mine"
    assert (await queue.get_job("mine")).data == {"n": 1}


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"jobId": "12"}, "Custom Id cannot be integers"),
        ({"jobId": "0"}, "JobId cannot be '0' or start with '0:'"),
        ({"jobId": "a:b"}, "Custom Id cannot contain :"),
        ({"priority": 2_097_152}, "Priority should be between 0 and 2097151"),
        ({"priority": -1}, "Priority should be between 0 and 2097151"),
        ({"priority": 1.5}, "Priority should not be float"),
        ({"sizeLimit": 3}, "exceeds the limit 3 bytes"),
        ({"attempts": "many"}, "attempts"),
        ({"atempts": 3}, "attempts"),
        (
            {"failParentOnFailure": True, "removeDependencyOnFailure": True},
            "cannot be used together",
        ),
        (
            {"backoff": {"type": "fixed", "delay": 1, "jitter": 2}},
            "Jitter should be between 0 and 1",
        ),
        ({"deduplication": {}}, "id"),
    ],
    ids=str,
)
async def test_bad_job_options_are_refused_and_nothing_is_added(queue, options, text):
    with pytest.raises(OptionError) as caught:
        await queue.add("x", {"n": 1}, options)
    assert text in str(caught.value)
    assert sum((await queue.get_job_counts()).values()) == 0


async def test_a_missing_parent_is_a_script_error(queue):
    with pytest.raises(ScriptError) as caught:
        await queue.add("x", {}, parent={"id": "nobody", "queue": f"bull:{queue.name}"})
    assert (caught.value.code, caught.value.name) == (-5, "ParentJobNotExist")
    assert str(caught.value) == f"Missing key for parent job bull:{queue.name}:nobody. addJob"


@pytest.mark.parametrize("data", [{1, 2}, object(), b"raw", math.nan, {"a": math.inf}], ids=repr)
async def test_data_without_json_form_is_refused(queue, data):
    with pytest.raises(OptionError, match="data of job 'x' has no JSON form"):
        await queue.add("x", data)
    with pytest.raises(OptionError, match="data of job 'x' has no JSON form"):
        await queue.add_bulk([{"name": "x", "data": data}])


async def test_bulk_keeps_order_data_and_options(queue):
    shared = {"delay": 60_000}
    jobs = await queue.add_bulk(
        [{"name": f"n{i}", "data": {"i": i}, "opts": shared} for i in range(500)]
        + [{"name": "bare"}, {"name": "custom", "opts": {"jobId": "mine"}}]
    )
    assert len({job.id for job in jobs}) == 502
    for i in (0, 250, 499):
        read = await queue.get_job(jobs[i].id)
        assert (read.name, read.data, read.delay) == (f"n{i}", {"i": i}, 60_000)
        assert (jobs[i].name, jobs[i].data, jobs[i].opts) == (f"n{i}", {"i": i}, shared)
    assert (jobs[500].data, jobs[501].id) == ({}, "mine")
    assert await queue.get_job_counts("delayed", "waiting") == {"delayed": 500, "waiting": 2}


async def test_a_bulk_of_nothing_adds_nothing(queue):
    assert await queue.add_bulk([]) == []


async def test_an_invalid_entry_refuses_the_whole_bulk(queue):
    with pytest.raises(OptionError, match="Job 1 of addBulk: Priority should be between"):
        await queue.add_bulk([{"name": "good"}, {"name": "bad", "opts": {"priority": -1}}])
    with pytest.raises(OptionError, match='job 1 of the list must be a dict with a "name"'):
        await queue.add_bulk([{"name": "good"}, {"data": {}}])
    assert await queue.get_job_counts("waiting") == {"waiting": 0}


async def test_what_redis_refuses_of_a_bulk_is_told_per_entry(queue):
    orphan = {"parent": {"id": "nobody", "queue": f"bull:{queue.name}"}}
    entries = [{"name": "a"}, {"name": "b", "opts": orphan}, {"name": "c", "data": 3}]
    with pytest.raises(BulkError) as caught:
        await queue.add_bulk(entries)
    first, second, third = caught.value.results
    assert isinstance(first, Job)
    assert isinstance(second, ScriptError)
    assert second.code == -5
    assert (await queue.get_job(third.id)).data == 3
    assert str(caught.value).startswith("1 of 3 jobs were refused, the others were added")
    assert await queue.get_job_counts("waiting") == {"waiting": 2}


async def test_a_job_that_does_not_exist_is_none(queue):
    assert await queue.get_job("nobody") is None
    assert await queue.get_job_state("nobody") == "unknown"


async def test_counts_are_keyed_as_asked(queue):
    await queue.add("now")
    await queue.add("later", {}, delay=60_000)
    await queue.add("first", {}, priority=3)
    asked = await queue.get_job_counts("waiting", "delayed", "prioritized")
    assert asked == {"waiting": 1, "delayed": 1, "prioritized": 1}
    everything = await queue.get_job_counts()
    assert set(everything) == {
        "active",
        "completed",
        "delayed",
        "failed",
        "prioritized",
        "waiting",
        "waiting-children",
    }


async def test_a_queue_is_paused_and_resumed(queue):
    assert await queue.is_paused() is False
    await queue.pause()
    assert await queue.is_paused() is True
    await queue.resume()
    assert await queue.is_paused() is False


async def test_obliterate_leaves_no_key(queue, redis):
    await queue.add("x")
    await queue.obliterate()
    assert redis.call("KEYS", "*") == ""


async def test_a_job_can_be_changed_and_logged(queue):
    job = await queue.add("x", {"n": 1}, keep_logs=2)
    heard = []
    queue.on("progress", lambda job, progress: heard.append((job.id, progress)))
    await job.update_data({"n": 2})
    await job.update_progress({"done": 0.5})
    rows = [await job.log(row) for row in ("one", "two", "three ☃")]
    read = await queue.get_job(job.id)
    assert (job.data, read.data) == ({"n": 2}, {"n": 2})
    assert (job.progress, read.progress) == ({"done": 0.5}, {"done": 0.5})
    assert heard == [(job.id, {"done": 0.5})]
    assert rows == [1, 2, 2]
    assert await queue.get_job_logs(job.id) == {"logs": ["two", "three ☃"], "count": 2}
    assert (await queue.get_job_logs(job.id, 0, 0))["logs"] == ["two"]
    assert (await queue.get_job_logs(job.id, asc=False))["logs"] == ["three ☃", "two"]


async def test_changing_a_job_that_is_gone_is_a_script_error(queue):
    job = await queue.add("x")
    await queue.obliterate()
    with pytest.raises(ScriptError) as caught:
        await job.update_progress(1)
    assert str(caught.value) == f"Missing key for job {job.id}. updateProgress"
    assert caught.value.code == -1


async def test_data_that_is_not_json_is_reported_when_it_is_read(queue, redis):
    job = await queue.add("x")
    redis.call("HSET", f"bull:{queue.name}:{job.id}", "data", "{broken")
    read = await queue.get_job(job.id)
    assert read.name == "x"
    with pytest.raises(BullMQError, match=f"data of job {job.id} is not JSON"):
        _ = read.data


async def test_a_closed_queue_says_so(queue):
    job = await queue.add("x")
    await queue.close()
    for call in (queue.add("y"), queue.get_job(job.id), job.update_progress(1)):
        with pytest.raises(ClosedError, match="is closed"):
            await call
    await queue.close()


async def test_errors_survive_pickling():
    import pickle

    error = ScriptError("gone", code=-1, job_id="7")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.code, again.name) == (
        ScriptError,
        "gone",
        -1,
        "JobNotExist",
    )
    assert again.job_id == "7"
    assert isinstance(pickle.loads(pickle.dumps(OptionError("bad"))), ValueError)


async def test_meta_is_written_by_a_queue(queue, redis):
    await queue.add("x")
    meta = redis.call("HGETALL", f"bull:{queue.name}:meta").split("\n")
    assert "opts.maxLenEvents" in meta
    assert "10000" in meta


async def test_the_record_of_a_job_is_plain_json_for_node(queue, redis):
    job = await queue.add("x", {"ü": 1})
    raw = redis.call("HGET", f"bull:{queue.name}:{job.id}", "data")
    assert json.loads(raw) == {"ü": 1}
    assert raw == '{"ü":1}'


@pytest.mark.parametrize(
    "opts",
    [
        {"jobId": "a\0b"},
        {"deduplication": {"id": "a\0b"}},
        {"parent": {"id": "a\0", "queue": "bull:q"}},
    ],
)
async def test_a_nul_in_an_id_is_refused_and_not_cut(queue, opts):
    with pytest.raises(BullMQError) as refused:
        await queue.add("n", 1, opts)
    with pytest.raises(BullMQError) as refused_in_bulk:
        await queue.add_bulk([{"name": "n", "data": 1, "opts": opts}])
    assert next(iter(opts)) in str(refused.value) and next(iter(opts)) in str(refused_in_bulk.value)
    assert (await queue.get_job_counts("waiting"))["waiting"] == 0


async def test_data_with_a_nul_in_a_name_can_be_written_back(queue):
    job = await queue.add("n", {"a\0b": 1})
    await job.update_data({"a\0b": 2})
    assert (await queue.get_job(job.id)).data == {"a\0b": 2}
