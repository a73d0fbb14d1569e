"""core/include/bq/bq_codes.h: every number of the ABI as a C enumerator."""

from collections.abc import Iterable
from pathlib import Path

from .api import Api
from .c_text import block_comment
from .naming import GENERATED, upper_snake

SCOPE_DOCS = {
    "client": "Options of bq_client_new.",
    "queue": "Options of bq_queue_open.",
    "worker": "Options of bq_worker_open.",
    "events": "Options of bq_events_open.",
    "job": "Options of a job. Not for bq_conf_new: they travel in the args of a command.",
    "repeat": "When a scheduler's jobs run. Not for bq_conf_new either.",
}
KIND_DOCS = {
    "INTEGER": "Value is an i64.",
    "BYTES": "Value is bytes, as they are.",
    "FLOAT": "Value is an IEEE 754 double.",
}

Rows = Iterable[tuple[str, int, str]]


def render(api: Api, root: Path) -> dict[str, str]:
    parts = [
        f"/* {GENERATED} */\n#ifndef BQ_CODES_H\n#define BQ_CODES_H\n",
        _version(api.version),
        _enum(
            "Scopes of options.",
            "bq_scope",
            ((f"BQ_CONF_{upper_snake(n)}", v, SCOPE_DOCS[n]) for n, v in api.scopes.items()),
        ),
        _enum(
            "Refusals: answered by a call itself, nothing was begun.",
            "bq_code",
            ((f"BQ_{c.name}", c.value, c.doc) for c in api.codes),
        ),
        _enum(
            "Types of event records.", "bq_event", ((f"BQ_EV_{e.name}", e.value, e.doc) for e in api.events)
        ),
        _enum(
            "Types of request records.",
            "bq_request",
            ((f"BQ_REC_{r.name}", r.value, r.doc) for r in api.requests),
        ),
        _enum(
            "Kinds of fields.", "bq_kind", ((f"BQ_KIND_{n}", v, KIND_DOCS[n]) for n, v in api.kinds.items())
        ),
        _enum("Tags of fields.", "bq_tag", ((f"BQ_TAG_{t.name}", t.value, t.doc) for t in api.tags)),
        _enum(
            "Errors: the CODE of a BQ_EV_ERROR record.",
            "bq_error",
            ((f"BQ_ERR_{upper_snake(e.name)}", e.value, e.doc) for e in api.errors),
        ),
        _enum(
            "The FLAGS of an error.",
            "bq_flag",
            (
                ("BQ_FLAG_RETRIABLE", 1, "The same call may succeed later."),
                ("BQ_FLAG_FATAL", 2, "No call of this client will succeed; its options must change."),
            ),
        ),
        "#endif\n",
    ]
    return {"core/include/bq/bq_codes.h": "\n".join(parts)}


def _version(version: str) -> str:
    major, minor, patch = version.split(".")
    return "\n".join(
        [
            "/* The version of this header; bq_version() is that of the library. */",
            f'#define BQ_VERSION "{version}"',
            f"#define BQ_VERSION_MAJOR {major}",
            f"#define BQ_VERSION_MINOR {minor}",
            f"#define BQ_VERSION_PATCH {patch}",
            "",
        ]
    )


def _enum(title: str, name: str, rows: Rows) -> str:
    lines = [f"/* {title} */", f"enum {name} {{"]
    entries = list(rows)
    for position, (constant, value, doc) in enumerate(entries):
        comma = "," if position < len(entries) - 1 else ""
        lines += block_comment(doc, "    ")
        lines.append(f"    {constant} = {value}{comma}")
    lines += ["};", ""]
    return "\n".join(lines)
