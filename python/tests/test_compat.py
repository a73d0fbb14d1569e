"""An application of the official port runs on libbullmq.compat by a change of its imports."""

import asyncio
import inspect
from types import SimpleNamespace

import pytest

from libbullmq import OptionError, compat
from libbullmq.compat import (
    DelayedError,
    FlowProducer,
    Job,
    Queue,
    QueueEvents,
    QueueEventsProducer,
    UnrecoverableError,
    Worker,
)
from libbullmq.compat.custom_errors import WaitingChildrenError
from libbullmq.compat.types import QueueBaseOptions, WorkerOptions

TIMEOUT = 15.0

# What the port 3.4.4 has, as `dir` and `inspect` show it, but for its own inner parts.
METHODS = {
    Queue: """
        add(name, data, opts) addBulk(jobs) clean(grace, limit, type) close() drain(delayed)
        getActive(start, end) getCompleted(start, end) getCompletedCount()
        getCountsPerPriority(priorities) getDelayed(start, end) getDelayedCount()
        getDeduplicationJobId(id) getFailed(start, end) getFailedCount() getGlobalConcurrency()
        getGlobalRateLimit() getJob(job_id) getJobCountByTypes(types) getJobCounts(types)
        getJobLogs(job_id, start, end, asc) getJobScheduler(id) getJobSchedulers(start, end, asc)
        getJobSchedulersCount() getJobState(job_id) getJobs(types, start, end, asc)
        getPrioritized(start, end) getRateLimitTtl() getWaiting(start, end)
        getWaitingChildren(start, end) getWaitingCount() get_workers() get_workers_count()
        isJobScheduler(id) isPaused() obliterate(force) off(event, function) on(event, function)
        pause() promoteJobs(opts) rateLimit(expire_time_ms) remove(job_id, opts)
        removeDeprecatedPriorityKey() removeGlobalConcurrency() removeGlobalRateLimit()
        removeJobScheduler(id) removeRateLimitKey() resume() retryJobs(opts)
        setGlobalConcurrency(concurrency) setGlobalRateLimit(max_jobs, duration_ms) toKey(type)
        trimEvents(maxLength) upsertJobScheduler(id, repeat, name, data, opts)""",
    Worker: """
        cancelAllJobs(reason) cancelJob(job_id, reason) close(force) getNextJob(token)
        off(event, function) on(event, function) pause(do_not_wait_active) resume() run()""",
    Job: """
        addJobLog(queue, jobId, logRow, keepLogs) changePriority(opts) fromId(queue, jobId)
        getChildrenValues() getState() isActive() isCompleted() isDelayed() isFailed() isWaiting()
        isWaitingChildren() log(logRow) moveToCompleted(return_value, token, fetchNext)
        moveToDelayed(timestamp, token) moveToFailed(err, token, fetchNext)
        moveToWaitingChildren(token, opts) promote() remove(opts) retry(state, opts)
        updateData(data) updateProgress(progress)""",
    FlowProducer: """
        add(flow, opts) addBulk(flows) close() disconnect() off(event, function)
        on(event, function)""",
    QueueEvents: "close() off(event, function) on(event, function) run()",
    QueueEventsProducer: "close() publishEvent(args, maxEvents)",
}
JOB_ATTRIBUTES = {
    *("name", "id", "progress", "timestamp", "opts", "delay", "priority", "attempts", "data"),
    *("attemptsMade", "attemptsStarted", "stalledCounter", "processedOn", "finishedOn", "queue"),
    *("returnvalue", "deferredFailure", "failedReason", "repeatJobKey", "token", "parentKey"),
    *("parent", "stacktrace", "deduplication_id", "queueQualifiedName"),
}


def methods():
    for kind, listed in METHODS.items():
        for entry in listed.replace(")", ")\n").splitlines():
            if entry.strip():
                name, _, parameters = entry.strip(" )").partition("(")
                yield kind, name, [p for p in parameters.split(", ") if p]


@pytest.mark.parametrize(("kind", "name", "parameters"), [*methods()])
def test_every_method_takes_as_many_arguments_as_that_of_the_port(kind, name, parameters):
    method = getattr(kind, name)
    signature = inspect.signature(method)
    is_static = isinstance(inspect.getattr_static(kind, name), staticmethod)
    signature.bind(*([] if is_static else [None]), *parameters)


def test_there_are_modules_for_errors_and_types():
    assert WaitingChildrenError is compat.WaitingChildrenError
    assert {"prefix"} <= set(QueueBaseOptions.__annotations__)
    assert {"concurrency"} <= set(WorkerOptions.__annotations__)


@pytest.fixture
def opts(redis):
    return {"connection": f"redis://127.0.0.1:{redis.port}"}


@pytest.fixture
async def queue(opts):
    queue = Queue("compat", opts)
    yield queue
    await queue.close()


async def finished(worker, count=1):
    """What ``completed`` and ``failed`` listeners get, once there are so many."""
    heard = []
    enough = asyncio.Event()

    def hear(*args):
        heard.append(args)
        if len(heard) >= count:
            enough.set()

    worker.on("completed", hear)
    worker.on("failed", hear)
    await asyncio.wait_for(enough.wait(), TIMEOUT)
    return heard


async def test_the_first_steps_of_the_port_s_documentation(opts, queue):
    await queue.add("myJob", {"foo": "bar"})

    async def process(job, job_token):
        assert job_token == job.token
        return job.data

    worker = Worker("compat", process, opts)
    [(job, result)] = await finished(worker)
    assert (job.name, result, job.returnvalue) == ("myJob", {"foo": "bar"}, {"foo": "bar"})
    await worker.close()
    assert (worker.closing, worker.closed, worker.running) == (True, True, False)


async def test_jobs_have_the_attributes_of_the_port(queue):
    job = await queue.add("x", {"a": 1}, {"attempts": 2, "backoff": {"type": "fixed", "delay": 10}})
    for found in (job, await queue.getJob(job.id), await Job.fromId(queue, job.id)):
        assert isinstance(found, Job)
        shown = {name: getattr(found, name) for name in JOB_ATTRIBUTES}
        assert (shown["attempts"], shown["attemptsMade"], shown["stacktrace"]) == (2, 0, [])
        assert shown["queueQualifiedName"] == "bull:compat"
    assert [found.id for found in await queue.getJobs(["waiting"])] == [job.id]
    assert await job.isWaiting()
    assert await Job.addJobLog(queue, job.id, "row") == 1
    assert (await queue.getJobLogs(job.id))["logs"] == ["row"]
    with pytest.raises(AttributeError):
        job.nothingOfTheKind  # noqa: B018


async def test_a_failure_is_told_and_stored(opts, queue):
    added = await queue.add("bad", {})

    async def process(job, token):
        await job.updateProgress(5)
        await job.log("row")
        raise ValueError("boo")

    active = []
    worker = Worker("compat", process, opts)
    worker.on("active", lambda job, prev: active.append(prev))
    [(job, error)] = await finished(worker)
    assert (str(error), job.failedReason, active) == ("boo", "boo", ["waiting"])
    await worker.close()
    read = await queue.getJob(added.id)
    assert (read.failedReason, read.progress, read.attemptsMade) == ("boo", 5, 1)
    await read.retry("failed", {"resetAttemptsMade": True})
    assert await read.getState() == "waiting"
    await read.remove({"removeChildren": False})
    assert await queue.getJob(added.id) is None


async def test_a_processor_may_want_a_signal(opts, queue):
    await queue.add("x", {})
    started, signals = asyncio.Event(), []

    async def process(job, token, signal):
        signals.append(signal)
        started.set()
        await signal.wait()

    worker = Worker("compat", process, opts)
    ended = asyncio.ensure_future(finished(worker))
    await asyncio.wait_for(started.wait(), TIMEOUT)
    assert not signals[0].aborted
    worker.cancelAllJobs("enough")
    [(_, error)] = await ended
    assert (str(error), signals[0].aborted, signals[0].reason) == ("enough", True, "enough")
    with pytest.raises(compat.AbortError):
        signals[0].throw_if_aborted()
    await worker.close()


async def test_pausing_needs_no_await_to_end(opts, queue):
    worker = Worker("compat", lambda job, token: None, opts)
    await worker.pause()
    await queue.add("x", {})
    assert (await queue.getJobCounts("waiting"))["waiting"] == 1
    worker.resume()
    await finished(worker)
    await worker.close(force=True)


async def test_a_worker_may_be_run_by_hand(opts, queue):
    await queue.add("x", {})
    worker = Worker("compat", lambda job, token: "done", {**opts, "autorun": False})
    assert not worker.running
    running = asyncio.ensure_future(worker.run())
    await finished(worker)
    await worker.close()
    await running


async def test_special_errors_are_those_of_the_port(opts, queue):
    async def process(job, token):
        if job.name == "never":
            raise UnrecoverableError("no")
        if job.attemptsStarted == 1:
            await job.moveToDelayed(0, token)
            raise DelayedError
        return "later"

    await queue.add("never", {}, {"attempts": 5})
    await queue.add("later", {})
    worker = Worker("compat", process, opts)
    heard = await finished(worker, 2)
    assert {job.name: str(outcome) for job, outcome in heard} == {"never": "no", "later": "later"}
    await worker.close()


async def test_flows_are_dicts_of_jobs(opts):
    producer = FlowProducer(opts["connection"])
    child = {"name": "c", "queueName": "kids", "data": {"n": 1}}
    flow = await producer.add({"name": "p", "queueName": "compat", "children": [child]})
    assert isinstance(flow["job"], Job)
    assert [child["job"].name for child in flow["children"]] == ["c"]
    assert "children" not in flow["children"][0]
    assert await flow["job"].isWaitingChildren()
    [other] = await producer.addBulk([child])
    assert other["job"].queue.name == "kids"
    await producer.close()


async def test_listeners_of_queue_events_get_fields_and_id(opts, queue):
    events = QueueEvents("compat", opts)
    heard = asyncio.Queue()
    for name in ("added", "completed", "drained", "mine", "completed:9"):
        events.on(name, lambda *args, name=name: heard.put_nowait((name, *args)))
    await events.run()
    job = await queue.add("x", {})
    worker = Worker("compat", lambda job, token: {"r": 1}, opts)
    name, fields, entry = await heard.get()
    assert (name, fields, "-" in entry) == ("added", {"jobId": job.id, "name": "x"}, True)
    name, fields, _ = await heard.get()
    assert (name, fields["returnvalue"]) == ("completed", {"r": 1})
    name, _ = await heard.get()
    assert name == "drained"
    producer = QueueEventsProducer("compat", opts)
    await producer.publishEvent({"eventName": "mine", "a": "b"})
    assert (await heard.get())[:2] == ("mine", {"a": "b"})
    for user in (producer, worker, events):
        await user.close()


async def test_schedulers_and_limits_of_a_queue(queue):
    job = await queue.upsertJobScheduler("s", {"every": 50_000}, "n", {"d": 1}, {"attempts": 2})
    assert (job.name, job.data, job.opts["attempts"]) == ("n", {"d": 1}, 2)
    assert await queue.isJobScheduler("s")
    assert await queue.getJobSchedulersCount() == 1
    await queue.removeJobScheduler("s")
    assert not await queue.isJobScheduler("s")
    await queue.setGlobalConcurrency(3)
    assert await queue.getGlobalConcurrency() == 3
    assert queue.toKey("wait") == "bull:compat:wait"
    await queue.promoteJobs({"count": 5})
    await queue.retryJobs({"state": "failed"})


async def test_connections_may_be_given_in_every_form_of_the_port(redis):
    settings = {"host": "127.0.0.1", "port": redis.port, "db": 0, "encoding": "utf-8"}
    client = SimpleNamespace(connection_pool=SimpleNamespace(connection_kwargs=settings))
    for given in ({"host": "127.0.0.1", "port": redis.port}, client, redis.connection):
        queue = Queue("compat", {"connection": given, "skipVersionCheck": True})
        await queue.add("x", {})
        await queue.close()
    with pytest.raises(OptionError, match="a dict, a URL or a redis client, not int"):
        Queue("compat", {"connection": 5})


async def test_nothing_is_written_by_looking(queue, redis):
    assert await queue.getJobCounts() is not None
    assert redis.call("DBSIZE") == "0"
