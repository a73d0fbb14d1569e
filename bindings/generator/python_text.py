"""Python code as ruff formats it, and the words of api.json as Python says them."""

import re
import textwrap

WIDTH = 100
INDENT = "    "
WORDS = (
    (r"\btrue\b", "True"),
    (r"\bfalse\b", "False"),
    (r"\bnull\b", "None"),
    (r"\bUnset\b", "None"),
    (r"\bThe reply is\b", "Returns"),
)


def python_words(text: str) -> str:
    for pattern, word in WORDS:
        text = re.sub(pattern, word, text)
    return text


def python_literal(value: object) -> str:
    return repr(value).replace("'", '"')


def enclosed(start: str, items: list[str], end: str, indent: str) -> list[str]:
    """Items in brackets: on one line, else on one line of their own, else on a line each."""
    one = f"{indent}{start}{', '.join(items)}{end}"
    if len(one) <= WIDTH:
        return [one]
    inner = f"{indent}{INDENT}{', '.join(items)}"
    if len(inner) <= WIDTH and not start.endswith("{"):
        return [f"{indent}{start}", inner, f"{indent}{end}"]
    return [f"{indent}{start}", *(f"{indent}{INDENT}{item}," for item in items), f"{indent}{end}"]


def docstring(paragraphs: list[str], indent: str) -> list[str]:
    lines: list[str] = []
    for paragraph in paragraphs:
        lines += [""] if lines and paragraph is not paragraphs[0] else []
        for line in paragraph.split("\n"):
            lines += textwrap.wrap(line, WIDTH - len(indent) - (0 if lines else 3))
    if len(lines) == 1 and len(lines[0]) + len(indent) + 6 <= WIDTH:
        return [f'{indent}"""{lines[0]}"""']
    text = [f'{indent}"""{lines[0]}', *(f"{indent}{line}".rstrip() for line in lines[1:])]
    return [*text, f'{indent}"""']
