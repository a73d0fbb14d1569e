"""JSON as Node reads and writes it."""

import math

import pytest

from libbullmq import _json


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        ({"a": [1, 2.5, True]}, '{"a":[1,2.5,true]}'),
        ("naïve ☃ 𝄞", '"naïve ☃ 𝄞"'),
        ("half \ud834", '"half \\ud834"'),
    ],
)
def test_values_are_written_compact_and_in_utf8(value, text):
    assert _json.encode(value) == text.encode()
    assert _json.decode(text.encode()) == value


@pytest.mark.parametrize("value", [math.nan, math.inf, {"a": -math.inf}])
def test_numbers_that_json_does_not_have_are_refused(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        _json.encode(value)


@pytest.mark.parametrize(
    "text", [b"", b"nope", b"NaN", b'{"a": Infinity}', b"{} {}", b"\xff", b"1,"]
)
def test_text_that_is_not_json_is_refused(text):
    with pytest.raises(ValueError):
        _json.decode(text)


def test_structures_nested_too_deep_are_refused_not_fatal():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValueError, match="nested too deep"):
        _json.encode(deep)
    with pytest.raises(ValueError, match="nested too deep"):
        _json.decode(b"[" * 100_000 + b"]" * 100_000)
