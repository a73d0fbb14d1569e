"""The generated files of the checkout: written only when changed, or compared."""

import sys
from pathlib import Path


class GeneratedFiles:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._expected: dict[str, str] = {}

    def expect(self, texts: dict[str, str]) -> None:
        twice = self._expected.keys() & texts.keys()
        if twice:
            raise ValueError(f"two outputs of the generator write {', '.join(sorted(twice))}")
        self._expected.update(texts)

    def _differing(self) -> list[str]:
        return [name for name, text in sorted(self._expected.items()) if self._read(name) != text]

    def _read(self, name: str) -> str | None:
        path = self._root / name
        return path.read_text(encoding="utf-8") if path.exists() else None

    def check(self) -> int:
        differing = self._differing()
        for name in differing:
            print(f"bindings/generate: {name} is not what api.json describes", file=sys.stderr)
        if differing:
            print("bindings/generate: run bindings/generate and commit the result", file=sys.stderr)
            return 1
        print(f"bindings/generate: {len(self._expected)} files are up to date")
        return 0

    def write(self) -> int:
        for name in self._differing():
            path = self._root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self._expected[name], encoding="utf-8")
            print(f"bindings/generate: wrote {name}")
        return 0
