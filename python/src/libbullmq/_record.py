"""Reads and writes the flat records of bindings/records.md.

A record is kept as its own bytes: an event that nobody looks into costs one slice, and a job that
lives long does not hold the batch that it came in.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TypeAlias

from ._codes import (
    KIND_BYTES,
    KIND_FLOAT,
    KIND_INTEGER,
    REC_ADD,
    TAG_DATA,
    TAG_NAME,
    TAG_OPTS,
)

Value: TypeAlias = int | float | bytes

_HEADER = struct.Struct("<IHHq")  # length, type, fields, id
_FIELD = struct.Struct("<HBxI")  # tag, kind, length of the value
_COUNT = struct.Struct("<6xH")
_INTEGER = struct.Struct("<q")
_FLOAT = struct.Struct("<d")
_HEADER_SIZE = _HEADER.size
_FIELD_SIZE = _FIELD.size


class MalformedRecord(ValueError):
    """Bytes that are not a run of records."""


def split(batch: bytes) -> list[tuple[int, int, bytes]]:
    """Type, id and bytes of each record of a batch."""
    records = []
    at, end = 0, len(batch)
    unpack = _HEADER.unpack_from
    try:
        while at < end:
            length, kind, _, identity = unpack(batch, at)
            after = at + length
            if length < _HEADER_SIZE or after > end:
                raise MalformedRecord(f"record at byte {at} of {end} claims {length} bytes")
            records.append((kind, identity, batch[at:after]))
            at = after
    except struct.error:
        raise MalformedRecord(f"record at byte {at} of {end} has no whole header") from None
    return records


def fields(record: bytes) -> list[tuple[int, Value]]:
    """Tag and value of each field, in order; fields of an unknown kind are left out."""
    pairs: list[tuple[int, Value]] = []
    at, end = _HEADER_SIZE, len(record)
    unpack = _FIELD.unpack_from
    try:
        for _ in range(_COUNT.unpack_from(record)[0]):
            tag, kind, length = unpack(record, at)
            start = at + _FIELD_SIZE
            at = start + length
            if at > end:
                raise MalformedRecord(f"field {tag} claims {length} bytes beyond its record")
            if kind == KIND_BYTES:
                pairs.append((tag, record[start:at]))
            elif kind == KIND_INTEGER:
                pairs.append((tag, _INTEGER.unpack(record[start:at])[0]))
            elif kind == KIND_FLOAT:
                pairs.append((tag, _FLOAT.unpack(record[start:at])[0]))
    except struct.error:
        raise MalformedRecord(f"field at byte {at} of {end} is cut or has a wrong length") from None
    return pairs


def find(record: bytes, wanted: int) -> bytes | None:
    """Bytes of the first field with that tag, without decoding the others."""
    at = _HEADER_SIZE
    unpack = _FIELD.unpack_from
    for _ in range(_COUNT.unpack_from(record)[0]):
        tag, kind, length = unpack(record, at)
        start = at + _FIELD_SIZE
        at = start + length
        if tag == wanted and kind == KIND_BYTES:
            return record[start:at]
    return None


def text(values: Mapping[int, Value], tag: int) -> str | None:
    """A text field; None when it is absent."""
    value = values.get(tag)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else None


def integer(values: Mapping[int, Value], tag: int) -> int | None:
    """An integer field; None when it is absent."""
    value = values.get(tag)
    return value if isinstance(value, int) else None


class AddRequest:
    """Builds the payload of addBulk. Names and options that repeat are encoded once."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._names: dict[str, bytes] = {}

    def append(self, name: str, data: bytes, opts: bytes | None) -> None:
        """One job: its name, its data and its options as JSON text."""
        name_field = self._names.get(name)
        if name_field is None:
            name_field = self._names[name] = _bytes_field(TAG_NAME, name.encode())
        length = _HEADER_SIZE + len(name_field) + _FIELD_SIZE + len(data)
        parts = self._parts
        if opts is None:
            parts.append(_HEADER.pack(length, REC_ADD, 2, 0))
        else:
            length += _FIELD_SIZE + len(opts)
            parts.append(_HEADER.pack(length, REC_ADD, 3, 0))
            parts.append(_FIELD.pack(TAG_OPTS, KIND_BYTES, len(opts)))
            parts.append(opts)
        parts.append(name_field)
        parts.append(_FIELD.pack(TAG_DATA, KIND_BYTES, len(data)))
        parts.append(data)

    def payload(self) -> bytes:
        return b"".join(self._parts)


def _bytes_field(tag: int, value: bytes) -> bytes:
    return _FIELD.pack(tag, KIND_BYTES, len(value)) + value


def request(kind: int, values: list[tuple[int, Value]]) -> bytes:
    """A record of that type with these fields."""
    parts = [_any_field(tag, value) for tag, value in values]
    body = b"".join(parts)
    return _HEADER.pack(_HEADER_SIZE + len(body), kind, len(parts), 0) + body


def _any_field(tag: int, value: Value) -> bytes:
    if isinstance(value, bytes):
        return _bytes_field(tag, value)
    if isinstance(value, int):
        return _FIELD.pack(tag, KIND_INTEGER, _INTEGER.size) + _INTEGER.pack(value)
    return _FIELD.pack(tag, KIND_FLOAT, _FLOAT.size) + _FLOAT.pack(value)
