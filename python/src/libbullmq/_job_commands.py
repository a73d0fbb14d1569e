"""How a job asks Redis about itself."""

from __future__ import annotations

import abc
from collections.abc import Coroutine
from typing import Any, TypeVar

from . import _codes
from ._answers import integer_of
from ._arguments import encode_json, encode_text, given
from ._errors import BullMQError, OptionError
from ._failures import failed_values, failure
from ._job_changes import show_changes
from ._job_fields import JobFields

Result = TypeVar("Result")


class JobCommands(JobFields):
    """What both kinds of jobs send; the classes that users see say how to wait for it."""

    __slots__ = ()

    async def _ask(self, command: bytes, args: dict[str, Any], payload: bytes = b"") -> bytes:
        """Send a command about this job and show what it has changed."""
        args["id"] = self.id
        try:
            record = await self._owner.call(command, args, payload)
        except BullMQError as error:
            error.job_id = self.id
            raise
        show_changes(self, command.decode(), args, payload, record)
        return record

    async def _log(self, row: str) -> int:
        keep = self.opts.get("keepLogs")
        args = {} if keep is None else {"keepLogs": keep}
        payload = encode_text(row, f"log row of job {self.id}")
        return integer_of(await self._ask(b"addJobLog", args, payload))

    async def _remove(self, remove_children: bool) -> None:
        record = await self._ask(b"removeJob", {"removeChildren": remove_children})
        if not integer_of(record):
            message = f"Job {self.id} could not be removed because it is locked by another worker"
            raise BullMQError(message, name="JobLocked", job_id=self.id)

    async def _end_by_hand(
        self, command: bytes, payload: bytes, token: str | None, fetch_next: bool
    ) -> bytes:
        worker = getattr(self._owner, "handle", 0)
        if not worker:
            raise OptionError(
                f"job {self.id} cannot be ended by hand: it is not one of Worker.get_next_job"
            )
        args = {"worker": worker, "fetchNext": fetch_next}
        return await self._ask(command, args | given(token=self._lock_token(token)), payload)

    async def _complete_by_hand(
        self, returnvalue: Any, token: str | None, fetch_next: bool
    ) -> bytes:
        payload = encode_json(returnvalue, f"return value of job {self.id}")
        record = await self._end_by_hand(b"moveJobToCompleted", payload, token, fetch_next)
        self._end({_codes.TAG_RETURNVALUE: payload})
        return record

    async def _fail_by_hand(
        self, error: BaseException, token: str | None, fetch_next: bool
    ) -> bytes:
        if not isinstance(error, BaseException):
            raise OptionError(f"error must be an exception, not {type(error).__name__}")
        record = await self._end_by_hand(b"moveJobToFailed", failure(error), token, fetch_next)
        self._end(failed_values(self, error))
        return record

    def _lock_token(self, token: str | None) -> str | None:
        """The token that is given, else the one that this job was taken with."""
        return self.token if token is None else token


class BlockingJobCommands(JobCommands, abc.ABC):
    """What the methods of a job for threads need."""

    __slots__ = ()

    @abc.abstractmethod
    def _wait(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """Block the thread until a coroutine has returned."""
