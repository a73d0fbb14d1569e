"""What the record of a reply says."""

from __future__ import annotations

from typing import Any

from . import _codes, _json
from ._record import fields, find, integer, text


def text_of(record: bytes) -> str:
    """A reply that is text."""
    return text(dict(fields(record)), _codes.TAG_VALUE) or ""


def integer_of(record: bytes) -> int:
    """A reply that is an integer."""
    return integer(dict(fields(record)), _codes.TAG_VALUE) or 0


def boolean_of(record: bytes) -> bool:
    """A reply that is 1 or 0."""
    return integer_of(record) != 0


def json_of(record: bytes) -> Any:
    """A reply that is JSON."""
    return _json.decode(find(record, _codes.TAG_VALUE) or b"null")
