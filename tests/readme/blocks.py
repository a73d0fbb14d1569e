"""The fenced code blocks of a Markdown page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NOT_RUN = "# not run by the tests: "
UNTIL_INTERRUPTED = "# until Ctrl-C"


@dataclass(frozen=True)
class Block:
    page: str  # path of the page in the checkout
    line: int  # of the opening fence
    language: str  # "" for an illustration
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def why_not_run(self) -> str | None:
        """What a block says that only a reader can run; it must be its first line."""
        first = self.text.partition("\n")[0]
        return first.removeprefix(NOT_RUN) if first.startswith(NOT_RUN) else None

    @property
    def example(self) -> str | None:
        """The file of examples/ that the block's first line names."""
        found = re.match(r"(?:#|//|/\*) (examples/[\w./]+\w)", self.text)
        return found[1] if found else None

    @property
    def is_program(self) -> bool:
        """Runs as it stands; an example is run by a shell block of its page instead."""
        return self.language == "sh" or (self.language == "python" and self.example is None)

    @property
    def ends_by_itself(self) -> bool:
        return UNTIL_INTERRUPTED not in self.text and "worker.run()" not in self.text


def blocks_of(page: str, text: str) -> list[Block]:
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, found[1].strip(), found[2])
        for found in FENCE.finditer(text)
    ]


def pages(root: Path) -> dict[str, str]:
    """The READMEs of the checkout by their paths."""
    found = sorted(path.relative_to(root) for path in root.rglob("README.md"))
    own = [path for path in found if not any(part in FOREIGN for part in path.parts)]
    return {str(path): (root / path).read_text() for path in own}


# Folders of a checkout that are not the project's text.
FOREIGN = frozenset({"build", "node_modules", ".venv", ".tools", ".git", ".pytest_cache"})
