"""What a worker and its processes say to each other: frames over a socket.

A frame is the length of its head and of its body (both u32, little-endian), a JSON object as head,
and bytes as body. The head's ``type`` says what it is:

    to the process     init {target}; start {queue} + record of the job; cancel {reason}; stop {};
                       reply {call} + record; refusal {call, error}
    from the process   ready {}; broken {} + failure; started {}; call {call, command, args} +
                       payload; completed {} + result; failed {} + failure

A failure is the JSON text that the core's bq_job_fail takes, a result JSON text, empty for none.
"""

from __future__ import annotations

import asyncio
import struct
from typing import Any, BinaryIO

from . import _json

_LENGTHS = struct.Struct("<II")

Frame = tuple[dict[str, Any], bytes]


def frame(kind: str, body: bytes = b"", **head: Any) -> bytes:
    """The bytes of a frame. Raises ValueError for a body of 4 GiB and more."""
    text = _json.encode({"type": kind, **head})
    if len(body) >= 1 << 32:
        raise ValueError(f"{len(body)} bytes are more than a frame can carry")
    return _LENGTHS.pack(len(text), len(body)) + text + body


async def read_frame(reader: asyncio.StreamReader) -> Frame | None:
    """The next frame; None when the other side has gone."""
    try:
        head, body = _LENGTHS.unpack(await reader.readexactly(_LENGTHS.size))
        content = await reader.readexactly(head + body)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return _json.decode(content[:head]), content[head:]


def read_frame_blocking(source: BinaryIO) -> Frame | None:
    """The next frame; None when the other side has gone."""
    lengths = source.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    head, body = _LENGTHS.unpack(lengths)
    content = source.read(head + body)
    if len(content) < head + body:
        return None
    return _json.decode(content[:head]), content[head:]
