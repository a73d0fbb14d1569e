"""Handlers that tests run in processes of their own; what a job does is in its data."""

import asyncio
import contextvars
import os
import signal
import sys
import time
from pathlib import Path

from libbullmq import BullMQError, UnrecoverableError

started = []
flag = contextvars.ContextVar("flag", default=None)


def answer(job, token):
    started.append(job.id)
    return {"pid": os.getpid(), "data": job.data, "token": token == job.token, "jobs": started}


def describe(job):
    return {
        "type": f"{type(job).__module__}.{type(job).__mro__[1].__qualname__}",
        "id": job.id,
        "name": job.name,
        "queue": job.queue_name,
        "opts": job.opts,
        "attempts": [job.attempts_made, job.attempts_started],
        "timestamp": job.timestamp,
        "priority": job.priority,
    }


def report(job):
    job.update_progress({"at": 1})
    job.log("row one")
    rows = job.log("row two")
    job.update_data({"new": "data"})
    return [rows, job.get_state(), job.progress, job.data]


async def report_async(job, token):
    await job.update_progress(50)
    await asyncio.gather(job.log("row one"), job.log("row two"))
    await job.update_data([1, 2])
    return [await job.get_state(), job.progress, job.data]


def ask(job, token):
    """Everything that a job can ask about itself while it runs."""
    refusals = []
    for refused in (job.promote, job.remove, job.retry):
        try:
            refused()
        except BullMQError as error:
            refusals.append([type(error).__name__, error.name, error.code, error.job_id])
    job.change_priority(7)
    job.log("row")
    job.clear_logs()
    return {
        "children": [
            job.get_children_values(),
            job.get_ignored_children_failures(),
            job.get_dependencies(),
            job.get_dependencies_count(),
        ],
        "moved": job.move_to_waiting_children(child={"id": "nobody", "queue": "bull:nowhere"}),
        "lock": [job.extend_lock(token, 60_000), job.extend_lock("other", 60_000)],
        "is": [job.is_active(), job.is_waiting(), job.is_delayed(), job.is_completed()],
        "refusals": refusals,
        "shown": [job.priority, job.prefix, job.to_json()["queueQualifiedName"]],
    }


async def move_away(job):
    """To the queue's delayed jobs, as a handler that raises DelayedError then does."""
    await job.move_to_delayed(round(time.time() * 1000) + 3_600_000)
    return [await job.is_delayed(), job.delay > 3_000_000]


def fail(job):
    match job.data["how"]:
        case "raise":
            raise ValueError("in a process")
        case "unrecoverable":
            raise UnrecoverableError("never again")
        case "exit":
            sys.exit(4)
        case "hard exit":
            os._exit(3)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "no JSON":
            return object()
        case "refused":
            job.update_progress(object())
    return None


async def fail_async(job):
    return fail(job)


def tell(path, text):
    Path(path).write_text(text)


def sleep(job):
    tell(job.data["file"], str(os.getpid()))
    try:
        time.sleep(60)
    finally:
        tell(job.data["file"], "cleaned up")


def stubborn(job):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    tell(job.data["file"], str(os.getpid()))
    while True:
        time.sleep(60)


def look(job):
    tell(job.data["file"], str(os.getpid()))
    assert job.signal.wait(30)
    if job.data.get("raise"):
        job.signal.raise_if_set()
    return [job.cancelled, job.signal.reason]


async def wait(job):
    tell(job.data["file"], str(os.getpid()))
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        if job.data.get("save"):
            return "saved"
        raise


def speak(job):
    print("said by", job.id)
    print("complained by", job.id, file=sys.stderr)


late = lambda job: answer_later(job)  # noqa: E731


async def answer_later(job):
    await asyncio.sleep(0)
    return "later"


def takes_nothing():
    return None


text = "not a function"
