"""ruby/lib/libbullmq/codes.rb: the numbers of the ABI."""

from collections.abc import Iterable
from pathlib import Path

from .api import Api
from .naming import GENERATED, upper_snake

HEAD = f"""\
# {GENERATED}
# frozen_string_literal: true

module BullMQ
  # Numbers of the C ABI.
  module Codes
"""


def render(api: Api, root: Path) -> dict[str, str]:
    sections = [
        [f'VERSION = "{api.version}"'],
        _constants("Scopes of options.", ((f"CONF_{upper_snake(n)}", v, "") for n, v in api.scopes.items())),
        _constants("Refusals of a call.", ((c.name, c.value, c.doc) for c in api.codes)),
        _constants("Types of event records.", ((f"EV_{e.name}", e.value, e.doc) for e in api.events)),
        _constants("Types of request records.", ((f"REC_{r.name}", r.value, r.doc) for r in api.requests)),
        _constants("Kinds of fields.", ((f"KIND_{n}", v, "") for n, v in api.kinds.items())),
        _constants("Tags of fields.", ((f"TAG_{t.name}", t.value, t.doc) for t in api.tags)),
        _constants("Errors.", ((f"ERR_{upper_snake(e.name)}", e.value, e.doc) for e in api.errors)),
        _constants("Flags of an error.", (("FLAG_RETRIABLE", 1, ""), ("FLAG_FATAL", 2, ""))),
    ]
    body = "\n\n".join("\n".join(f"    {line}" for line in section) for section in sections)
    return {"ruby/lib/libbullmq/codes.rb": f"{HEAD}{body}\n  end\nend\n"}


def _constants(title: str, rows: Iterable[tuple[str, int, str]]) -> list[str]:
    return [f"# {title}", *(f"{name} = {value}" + (f" # {doc}" if doc else "") for name, value, doc in rows)]
