"""How many tests passed and failed, read from the closing lines of the runners themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Counts:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
        )

    def closing_line(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def counts_of(output: str, *, succeeded: bool) -> Counts:
    """Sums what every runner in the output says; a failed program counts as one at least."""
    total = Counts()
    for read in (_plain, _pytest, _cmocka, _minitest, _go):
        total = sum(read(output), total)
    if succeeded and total == Counts():
        return Counts(passed=1)
    if not succeeded and not total.failed:
        total += Counts(failed=1)
    return total


Reader = Callable[[str], Iterable[Counts]]


def _plain(output: str) -> Iterable[Counts]:
    """N passed, M failed, alone on a line."""
    for passed, failed in re.findall(r"^(\d+) passed, (\d+) failed$", output, re.M):
        yield Counts(int(passed), int(failed))


def _pytest(output: str) -> Iterable[Counts]:
    """=== 3 passed, 1 failed, 2 skipped, 1 error in 0.12s ==="""
    for line in re.findall(r"^=* ?(\d+ [a-z].*) in [\d.]+s\b", output, re.M):
        found = {word: int(number) for number, word in re.findall(r"(\d+) ([a-z]+)", line)}
        failed = found.get("failed", 0) + found.get("error", 0) + found.get("errors", 0)
        passed = found.get("passed", 0) + found.get("xfailed", 0)
        yield Counts(passed, failed, found.get("skipped", 0))


def _cmocka(output: str) -> Iterable[Counts]:
    """[  PASSED  ] 12 test(s). as it stands, or behind the number that ctest -V puts before it."""
    for word, number in re.findall(r"\[ +(PASSED|FAILED|SKIPPED) +\] (\d+) test\(s\)", output):
        yield Counts(**{word.lower(): int(number)})


def _minitest(output: str) -> Iterable[Counts]:
    """5 runs, 12 assertions, 0 failures, 0 errors, 1 skips"""
    pattern = r"^(\d+) runs, \d+ assertions, (\d+) failures, (\d+) errors, (\d+) skips"
    for runs, failures, errors, skips in re.findall(pattern, output, re.M):
        failed = int(failures) + int(errors)
        yield Counts(int(runs) - failed - int(skips), failed, int(skips))


def _go(output: str) -> Iterable[Counts]:
    """go test -v: --- PASS: TestName (0.00s), top-level tests only."""
    for word in re.findall(r"^--- (PASS|FAIL|SKIP): ", output, re.M):
        yield Counts(word == "PASS", word == "FAIL", word == "SKIP")
