"""python/src/libbullmq/_results.py: the JSON objects in replies as TypedDicts."""

from pathlib import Path

from .api import Api, Result, ResultField
from .naming import GENERATED
from .python_text import docstring, python_words
from .python_types import result_type

HEAD = f'''\
# {GENERATED}
"""What calls answer, under the names that Node uses."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from ._options import JobOptions
'''


def render(api: Api, root: Path) -> dict[str, str]:
    classes = [_class(result, api) for result in api.results]
    return {"python/src/libbullmq/_results.py": "\n\n".join([HEAD, *classes])}


def _class(result: Result, api: Api) -> str:
    lines = [f"class {result.name}(TypedDict):", *docstring([result.doc], "    "), ""]
    for field in result.fields:
        lines += [f"    # {python_words(field.doc)}", f"    {field.name}: {field_type(field, api)}"]
    return "\n".join([*lines, ""])


def field_type(field: ResultField, api: Api) -> str:
    kind = result_type(field.type, api)
    return f"NotRequired[{kind}]" if field.optional else kind
