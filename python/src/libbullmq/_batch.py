"""Batches of records that the core hands over."""

from __future__ import annotations

from typing import Any

from ._native import ffi, lib
from ._record import split


def records(batch: Any) -> list[tuple[int, int, bytes]]:
    """Type, id and bytes of each record of a bq_batch, which is freed."""
    raw = lib.bq_batch_bytes(batch)
    taken = split(ffi.unpack(raw.ptr, raw.len))
    lib.bq_batch_free(batch)
    return taken
