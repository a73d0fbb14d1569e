"""Tables of the reference pages."""

from collections.abc import Iterable

from .naming import GENERATED

HEAD = f"<!-- {GENERATED} -->"


def table(columns: list[str], rows: Iterable[list[str]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def page(*blocks: str) -> str:
    return "\n\n".join([HEAD, *blocks]) + "\n"
