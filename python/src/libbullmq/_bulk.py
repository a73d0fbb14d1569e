"""The payload and the answer of adding many jobs at once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypedDict

from . import _codes
from ._arguments import encode_json
from ._errors import BullMQError, OptionError, error_of_entry
from ._job import NO_DATA, Job, added_job
from ._job_fields import Owner
from ._options import JobOptions
from ._record import AddRequest, fields
from ._telemetry import Span, carrying

# Entries of one request: what the count of a record's fields can say about its answer.
LIMIT: Final = 65_535


class _JobName(TypedDict):
    name: str


class BulkEntry(_JobName, total=False):
    """One job of ``add_bulk``."""

    data: Any
    opts: JobOptions | Mapping[str, Any]


def bulk_parts(entries: list[BulkEntry]) -> Iterator[list[BulkEntry]]:
    """The entries in the portions that are sent."""
    for start in range(0, len(entries), LIMIT):
        yield entries[start : start + LIMIT]


def bulk_payload(entries: list[BulkEntry]) -> bytes:
    """One ADD record per entry."""
    request = AddRequest()
    known: dict[int, bytes] = {}  # options by identity: lists often share one dict
    for at, entry in enumerate(entries):
        try:
            name, opts = entry["name"], entry.get("opts")
        except (TypeError, KeyError, AttributeError):
            raise OptionError(f'job {at} of the list must be a dict with a "name"') from None
        encoded = None
        if opts:
            encoded = known.get(id(opts))
            if encoded is None:
                encoded = known[id(opts)] = encode_json(opts, f"options of job {name!r}")
        data = encode_data(name, entry.get("data", NO_DATA))
        request.append(name, data, encoded)
    return request.payload()


def bulk_results(
    owner: Owner, entries: list[BulkEntry], reply: bytes, defaults: Mapping[str, Any]
) -> list[Job | BullMQError]:
    """What became of each entry."""
    now = now_ms()
    results: list[Job | BullMQError] = []
    for entry, (tag, value) in zip(entries, fields(reply), strict=True):
        if tag == _codes.TAG_JOB_ID:
            opts = {**defaults, **(entry.get("opts") or {})}
            data = entry.get("data", NO_DATA)
            results.append(added_job(owner, value, entry["name"], data, opts, now))
        else:
            assert isinstance(value, bytes)
            results.append(error_of_entry(value))
    return results


def carrying_all(entries: Iterable[BulkEntry], span: Span) -> list[BulkEntry]:
    """The entries with options that carry a trace on; shared options stay shared."""
    known: dict[int, Mapping[str, Any]] = {}
    carried: list[BulkEntry] = []
    for entry in entries:
        if not isinstance(entry, Mapping):
            return [*carried, entry]  # which is refused
        opts = entry.get("opts")
        if id(opts) not in known:
            known[id(opts)] = carrying(opts, span)
        carried.append({**entry, "opts": known[id(opts)]})
    return carried


def encode_data(name: str, data: Any) -> bytes:
    """JSON text of a job's data; ``{}`` when there is none."""
    return b"{}" if data is NO_DATA else encode_json(data, f"data of job {name!r}")


def now_ms() -> int:
    """The time of this machine, ms since epoch."""
    return int(time.time() * 1000)
