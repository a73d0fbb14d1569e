"""Assertions on the jobs that were added to a queue, by whatever program."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from .._codes import CONF_CLIENT, OPTION_SCOPES
from .._conf import camel_case
from .._queue import Queue as AsyncQueue
from ..sync import Job, Queue
from ._resp import RedisConnection

ANY: Final = object()
AnyQueue: TypeAlias = AsyncQueue | Queue


def added_jobs(queue: AnyQueue, name: str | None = None) -> list[Job]:
    """The jobs that were added to a queue, oldest first, as they are now.

    Those that were removed since are not among them; a worker's ``removeOnComplete`` does that.
    ``name`` leaves out jobs of other names. Blocks for a moment, also in asyncio tests. A queue
    remembers what was added as long as its event stream does: some 10,000 events.
    """
    settings = settings_of(queue)
    key = f"{settings.get('prefix', 'bull')}:{queue.name}:events"
    with RedisConnection(settings.get("connection") or {}) as redis:
        events = redis.call("XRANGE", key, "-", "+")
    assert isinstance(events, list)
    with Queue(queue.name, settings) as reader:
        jobs = [reader.get_job(job_id) for job_id in _added_ids(events)]
    return [job for job in jobs if job is not None and name in (None, job.name)]


def assert_added(queue: AnyQueue, name: str, data: Any = ANY, **opts: Any) -> Job:
    """Assert that a job was added, with these data and at least these options; returns it.

    ``data`` left out means any. Options are those of ``Queue.add``, in snake_case or Node's names.
    Of several jobs that match it is the oldest. The AssertionError shows what was added, and how
    the jobs of that name differ. Not a coroutine, for queues of either kind.
    """
    wanted = _wanted(data, opts)
    jobs = added_jobs(queue)
    for job in jobs:
        if job.name == name and _shown(job, wanted) == wanted:
            return job
    raise AssertionError(_differences(queue, name, wanted, jobs))


def assert_not_added(
    queue: AnyQueue, name: str | None = None, data: Any = ANY, **opts: Any
) -> None:
    """Assert that no such job was added; without a name: none at all."""
    wanted = _wanted(data, opts)
    for job in added_jobs(queue, name):
        if _shown(job, wanted) == wanted:
            raise AssertionError(f"{job!r} was added\n{_text(_shown(job, None))}")


def settings_of(queue: AnyQueue) -> dict[str, Any]:
    """The options of a queue that say where its jobs are."""
    confs = queue._queue._confs if isinstance(queue, Queue) else queue._confs
    places = {
        name.partition(".")[0] for name, scope in OPTION_SCOPES.items() if scope == CONF_CLIENT
    }
    places.add("prefix")
    return {name: value for name, value in confs.options.items() if name in places}


def _added_ids(events: list[Any]) -> list[str]:
    ids: dict[str, None] = {}  # a job that was removed and added again counts once
    for _, pairs in events:
        fields = dict(zip(pairs[::2], pairs[1::2], strict=True))
        if fields.get("event") == "added":
            ids[fields["jobId"]] = None
    return list(ids)


def _wanted(data: Any, opts: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {} if data is ANY else {"data": data}
    if opts:
        wanted["opts"] = {camel_case(name): value for name, value in opts.items()}
    normal: dict[str, Any] = json.loads(json.dumps(wanted))  # tuples become lists, as in Redis
    return normal


def _shown(job: Job, wanted: Mapping[str, Any] | None) -> dict[str, Any]:
    """What of a job is compared; everything without a wish."""
    if wanted is None:
        return {"data": job.data, "opts": job.opts}
    shown = {"data": job.data} if "data" in wanted else {}
    if "opts" in wanted:
        shown["opts"] = {name: job.opts[name] for name in wanted["opts"] if name in job.opts}
    return shown


def _differences(queue: AnyQueue, name: str, wanted: dict[str, Any], jobs: list[Job]) -> str:
    lines = [f"no job {name!r} like this was added to queue {queue.name!r}:", _text(wanted)]
    same_name = [job for job in jobs if job.name == name]
    for job in same_name:
        lines += [f"job {job.id} differs (- wanted, + added):", _diff(wanted, _shown(job, wanted))]
    others = [job.name for job in jobs if job.name != name]
    counts = ", ".join(f"{n!r} ({others.count(n)})" for n in dict.fromkeys(others))
    lines.append(f"jobs of other names: {counts or 'none'}")
    return "\n".join(lines)


def _diff(wanted: dict[str, Any], found: dict[str, Any]) -> str:
    lines = difflib.ndiff(_text(wanted).splitlines(), _text(found).splitlines())
    return "\n".join(line.rstrip() for line in lines if not line.startswith("?"))


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)
