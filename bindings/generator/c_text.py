"""Comments of generated C and Go, wrapped to the width of public headers."""

import textwrap

WIDTH = 80


def block_comment(text: str, indent: str = "") -> list[str]:
    """`text`, whose lines are paragraphs, as a block comment."""
    if "\n" not in text and len(indent) + len(text) + 6 <= WIDTH:
        return [f"{indent}/* {text} */"]
    lines = wrap(text, WIDTH - len(indent) - 3)
    return [f"{indent}/*", *(f"{indent} * {line}" for line in lines), f"{indent} */"]


def line_comment(text: str, indent: str, mark: str) -> list[str]:
    return [f"{indent}{mark} {line}" for line in wrap(text, WIDTH - len(indent))]


def wrap(text: str, width: int) -> list[str]:
    return [line for paragraph in text.split("\n") for line in textwrap.wrap(paragraph, width)]
