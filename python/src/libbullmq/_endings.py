"""What follows once Redis has stored how an attempt of a job ended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from . import _codes
from ._client import Outcome
from ._errors import BullMQError
from ._failures import failed_values, moved_to
from ._job_fields import JobFields
from ._record import find
from ._telemetry import measured_attempt

if TYPE_CHECKING:
    from ._worker import Worker


class Completed:
    """Tells listeners that a job completed, once Redis has stored it."""

    def __init__(self, worker: Worker, job: JobFields, result: Any, payload: bytes) -> None:
        self._worker, self._job, self._result, self._payload = worker, job, result, payload

    def done(self) -> bool:
        return False

    def set_result(self, record: bytes) -> None:
        self._job._end({_codes.TAG_RETURNVALUE: self._payload or b"null"})
        self._worker._emit("completed", self._job, self._result)

    def set_exception(self, error: BullMQError) -> None:
        self._worker._emit_error(error)


class Failed:
    """Tells listeners that an attempt of a job failed, once Redis has stored it."""

    def __init__(self, worker: Worker, job: JobFields, error: BaseException) -> None:
        self._worker, self._job, self._error = worker, job, error

    def done(self) -> bool:
        return False

    def set_result(self, record: bytes) -> None:
        self._job._end(failed_values(self._job, self._error))
        self._worker._emit("failed", self._job, self._error)

    def set_exception(self, error: BullMQError) -> None:
        self._worker._emit_error(error)


class Measured:
    """Measures an attempt, and tells listeners where there are any."""

    def __init__(
        self, worker: Worker, job: JobFields, error: BaseException | None, told: Outcome | None
    ) -> None:
        self._worker, self._job, self._error, self._told = worker, job, error, told
        self._ended = time.time() * 1000

    def done(self) -> bool:
        return False

    def set_result(self, record: bytes) -> None:
        if self._told is not None:
            self._told.set_result(record)
        state = (find(record, _codes.TAG_OUTCOME) or b"").decode()
        if state == "moved" and self._error is not None:
            state = moved_to(self._error)
        duration = self._ended - (self._job.processed_on or self._ended)
        about = measured_attempt(self._worker.name, self._job, state)
        assert self._worker.meter is not None
        self._worker.meter.attempt(state, max(duration, 0), about)

    def set_exception(self, error: BullMQError) -> None:
        self._worker._emit_error(error)
