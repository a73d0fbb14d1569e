"""When a cron pattern runs, computed by the core without Redis."""

from __future__ import annotations

from datetime import UTC, datetime

from . import _codes
from ._answers import json_of
from ._arguments import encode_args, given, milliseconds
from ._batch import records
from ._errors import error_of_record
from ._native import ffi, lib


def cron_next(
    pattern: str,
    tz: str | None = None,
    start: int | datetime | None = None,
    end: int | datetime | None = None,
    count: int = 1,
    hash_seed: str | None = None,
) -> list[datetime]:
    """The next runs of a cron pattern, as job schedulers compute them; needs no Redis.

    ``pattern`` has five fields, or six with seconds first. ``tz`` is an IANA name or utc+h:mm,
    None the zone of this host. Runs come after ``start`` (None: now) and not after ``end`` (None:
    no limit), both ms since epoch or a datetime, which is local time without a zone. ``count``,
    1 to 1000, is how many are wanted; there are fewer where ``end`` or the pattern ends.
    ``hash_seed`` decides what H in the pattern stands for.

    Returns datetimes in UTC; ``astimezone`` shows them elsewhere. Raises OptionError for what is no
    pattern, zone or number.
    """
    args = encode_args(
        given(
            pattern=pattern,
            tz=tz,
            start=milliseconds(start),
            end=milliseconds(end),
            count=count,
            hashSeed=hash_seed,
        )
    )
    batch = lib.bqpy_cron_next(args, len(args))
    if batch == ffi.NULL:
        raise MemoryError("no memory for the runs of a pattern")
    [(kind, _, record)] = records(batch)
    if kind == _codes.EV_ERROR:
        raise error_of_record(record)
    return [datetime.fromtimestamp(run / 1000, UTC) for run in json_of(record)]
