"""The record format, against the golden files that every binding reads."""

import json
from pathlib import Path

import pytest

from libbullmq import _codes
from libbullmq._record import AddRequest, MalformedRecord, fields, find, integer, split, text

GOLDEN = Path(__file__).resolve().parents[2] / "bindings" / "golden"


def read_all(batch):
    return [
        {"type": kind, "id": identity, "fields": [list(pair) for pair in fields(record)]}
        for kind, identity, record in split(batch)
    ]


def as_value(value):
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value


def golden(name):
    expected = json.loads((GOLDEN / f"{name}.json").read_text())
    for record in expected:
        record["fields"] = [[tag, as_value(value)] for tag, value in record["fields"]]
    return (GOLDEN / f"{name}.bin").read_bytes(), expected


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.bin")))
def test_golden_records_are_read_as_described(name):
    batch, expected = golden(name)
    read = read_all(batch)
    assert read == expected
    kinds = [[type(value) for _, value in record["fields"]] for record in read]
    assert kinds == [[type(value) for _, value in record["fields"]] for record in expected]


@pytest.mark.parametrize("path", sorted((GOLDEN / "malformed").glob("*.bin")), ids=lambda p: p.stem)
def test_malformed_records_are_refused(path):
    with pytest.raises(MalformedRecord):
        read_all(path.read_bytes())


def test_a_field_is_found_without_reading_the_others():
    [(_, _, record)] = split(golden("job")[0])
    values = dict(fields(record))
    assert find(record, _codes.TAG_DATA) == values[_codes.TAG_DATA]
    assert find(record, _codes.TAG_RETURNVALUE) is None


def test_fields_of_an_unexpected_kind_count_as_absent():
    values = {_codes.TAG_NAME: 7, _codes.TAG_PRIORITY: b"7"}
    assert text(values, _codes.TAG_NAME) is None
    assert integer(values, _codes.TAG_PRIORITY) is None


def test_add_requests_read_back_as_written():
    request = AddRequest()
    request.append("plain", b"{}", None)
    request.append("größer", b'{"n":1}', b'{"delay":10}')
    request.append("plain", b"[]", b'{"delay":10}')
    records = [sorted(fields(record)) for _, _, record in split(request.payload())]
    name, data, opts = _codes.TAG_NAME, _codes.TAG_DATA, _codes.TAG_OPTS
    assert records == [
        [(name, b"plain"), (data, b"{}")],
        [(name, "größer".encode()), (data, b'{"n":1}'), (opts, b'{"delay":10}')],
        [(name, b"plain"), (data, b"[]"), (opts, b'{"delay":10}')],
    ]
    assert {kind for kind, _, _ in split(request.payload())} == {_codes.REC_ADD}
