"""python/src/libbullmq/_codes.py: the numbers of the ABI and the tables that errors and options need."""

import textwrap
from collections.abc import Iterable
from pathlib import Path

from .api import Api
from .naming import GENERATED, upper_snake

WIDTH = 96

# Scopes whose options a constructor takes; those of a job travel with the job.
CONSTRUCTOR_SCOPES = ("client", "queue", "worker", "events")

HEAD = f'''\
# {GENERATED}
"""Numbers of the C ABI, and the tables that errors and options need."""

from typing import Final
'''


def render(api: Api, root: Path) -> dict[str, str]:
    parts = [
        HEAD,
        f'VERSION: Final = "{api.version}"\n',
        _constants("Scopes of options.", ((f"CONF_{upper_snake(n)}", v, "") for n, v in api.scopes.items())),
        _constants("Refusals of a call.", ((c.name, c.value, c.doc) for c in api.codes)),
        _constants("Types of event records.", ((f"EV_{e.name}", e.value, e.doc) for e in api.events)),
        _constants("Types of request records.", ((f"REC_{r.name}", r.value, r.doc) for r in api.requests)),
        _constants("Kinds of fields.", ((f"KIND_{n}", v, "") for n, v in api.kinds.items())),
        _constants("Tags of fields.", ((f"TAG_{t.name}", t.value, t.doc) for t in api.tags)),
        _constants("Errors.", ((f"ERR_{upper_snake(e.name)}", e.value, e.doc) for e in api.errors)),
        _constants(
            "Flags of an error.",
            (
                ("FLAG_RETRIABLE", 1, "The same call may succeed later."),
                ("FLAG_FATAL", 2, "No call of this client will succeed."),
            ),
        ),
        _table(
            "Refusal code: its name in C and what it means.",
            "REFUSALS",
            "dict[int, tuple[str, str]]",
            ((c.name, _pair(f"BQ_{c.name}", c.doc)) for c in api.codes),
        ),
        _table(
            "Error code: its stable name.",
            "ERROR_NAMES",
            "dict[int, str]",
            ((f"ERR_{upper_snake(e.name)}", _quote(e.name)) for e in api.errors),
        ),
        _table(
            "Dotted name of an option that a constructor takes: the scope it is set in.",
            "OPTION_SCOPES",
            "dict[str, int]",
            _option_scopes(api),
        ),
    ]
    return {"python/src/libbullmq/_codes.py": "\n".join(parts)}


def _constants(title: str, rows: Iterable[tuple[str, int, str]]) -> str:
    lines = [f"# {title}"]
    for name, value, doc in rows:
        line = f"{name}: Final = {value}"
        if doc and len(line) + len(doc) + 4 <= WIDTH:
            lines.append(f"{line}  # {doc}")
        else:
            lines += [*textwrap.wrap(doc, WIDTH, initial_indent="# ", subsequent_indent="# "), line]
    return "\n".join([*lines, ""])


def _table(title: str, name: str, kind: str, rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"# {title}", f"{name}: Final[{kind}] = {{"]
    lines += [f"    {key}: {value}," for key, value in rows]
    return "\n".join([*lines, "}", ""])


def _option_scopes(api: Api) -> list[tuple[str, str]]:
    rows = [
        (option.name, f"CONF_{upper_snake(scope)}")
        for scope in CONSTRUCTOR_SCOPES
        for option in api.options[scope]
    ]
    names = [name for name, _ in rows]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise ValueError(f"api.json: option {min(repeated)} is in two scopes of constructors")
    return [(_quote(name), scope) for name, scope in rows]


def _pair(first: str, second: str) -> str:
    return f"(\n        {_quote(first)},\n        {_quote(second)},\n    )"


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
