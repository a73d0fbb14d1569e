"""What the core tells beside the answers to calls: it becomes events, and log entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _codes, _log
from ._client import EventHandler
from ._emitter import Emitter
from ._errors import BullMQError, error_of_record
from ._record import fields, integer, text

if TYPE_CHECKING:
    from ._worker import Worker


def of_connection(owner: Emitter) -> dict[int, EventHandler]:
    """What everybody does with the events of the own client."""
    return {
        _codes.EV_CONNECTION: lambda _, record: _log_connection(owner, record),
        _codes.EV_WARNING: lambda _, record: _log_warning(owner, record),
    }


def of_worker(worker: Worker) -> dict[int, EventHandler]:
    """What a worker does with the events of its client."""
    return {
        **of_connection(worker),
        _codes.EV_JOB: worker.job_taken,
        _codes.EV_CANCEL: lambda job, record: worker.cancel_asked(job, _message(record)),
        _codes.EV_ERROR: lambda _, record: _worker_failed(worker, record),
        _codes.EV_READY: lambda identity, _: _worker_ready(worker, identity),
        _codes.EV_STALLED: lambda _, record: worker._emit("stalled", _job_id(record)),
        _codes.EV_DRAINED: lambda *_: worker._emit("drained"),
        _codes.EV_LOCKS_RENEWED: lambda _, record: _locks_renewed(worker, record),
        _codes.EV_LOCK_LOST: lambda _, record: _lock_lost(worker, record),
    }


def _job_id(record: bytes) -> str | None:
    return text(dict(fields(record)), _codes.TAG_JOB_ID)


def _message(record: bytes) -> str | None:
    return text(dict(fields(record)), _codes.TAG_MESSAGE)


def _log_connection(owner: Emitter, record: bytes) -> None:
    values = dict(fields(record))
    state, message = text(values, _codes.TAG_STATE), text(values, _codes.TAG_MESSAGE)
    log = _log.connection.warning if state == "lost" else _log.connection.info
    detail = f": {message}" if message else ""
    log("%r: connection %s%s", owner, state, detail, extra=owner._log_fields())


def _log_warning(owner: Emitter, record: bytes) -> None:
    _log.connection.warning("%r: %s", owner, _message(record), extra=owner._log_fields())


def _worker_failed(worker: Worker, record: bytes) -> None:
    error = error_of_record(record)
    worker._emit_error(error)
    if error.fatal:
        worker.failed_for_good(error)


def _worker_ready(worker: Worker, identity: int) -> None:
    if identity == worker.handle:  # else it is the worker's queue
        worker.readiness.begin()
        worker._emit("ready")


def _locks_renewed(worker: Worker, record: bytes) -> None:
    worker._emit("locksRenewed", integer(dict(fields(record)), _codes.TAG_COUNT))


def _lock_lost(worker: Worker, record: bytes) -> None:
    job_id = _job_id(record)
    worker._emit("lockRenewalFailed", [job_id])
    message = f"could not renew lock for job {job_id}"
    code = _codes.ERR_JOB_LOCK_NOT_EXIST
    worker._emit_error(BullMQError(message, code=code, job_id=job_id))
