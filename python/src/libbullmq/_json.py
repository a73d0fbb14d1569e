"""JSON text as Node writes and reads it: compact, UTF-8, without NaN and Infinity."""

from __future__ import annotations

import json
from typing import Any, NoReturn

_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_escaped = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def encode(value: Any) -> bytes:
    """JSON text of a value.

    Raises TypeError for a value that has no JSON form, ValueError for NaN, Infinity and a
    structure that contains itself or is nested too deep.
    """
    try:
        return _compact.encode(value).encode()
    except UnicodeEncodeError:  # half of a surrogate pair: Node writes it escaped
        return _escaped.encode(value).encode()
    except RecursionError:
        raise ValueError("nested too deep") from None


def decode(text: bytes) -> Any:
    """The value of JSON text. Raises ValueError for anything else."""
    try:
        return _decoder.decode(text.decode())
    except RecursionError:
        raise ValueError("nested too deep") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(parse_constant=_refuse_constant)
