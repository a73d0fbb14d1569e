"""Runs the programs in scripts/suites, prints a line for each and one for all.

A suite is an executable file. Its second line, a comment, says what it covers. It runs in the
checkout's root; its output goes to build/log/suite-NAME and is shown when it fails. Exit status 77
means that it has nothing to test yet; the last line it printed says why.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from suite_counts import Counts, counts_of

ROOT = Path(__file__).resolve().parent.parent
SUITES = ROOT / "scripts" / "suites"
LOGS = ROOT / "build" / "log"
NOTHING_TO_TEST = 77
TIME_LIMIT = 480.0  # seconds for one suite
SHOWN_LINES = 80


@dataclass(frozen=True)
class Suite:
    name: str
    path: Path

    @property
    def purpose(self) -> str:
        return self.path.read_text().splitlines()[1].removeprefix("# ")


def all_suites() -> dict[str, Suite]:
    """In the order of their file names, which begin with a number."""
    paths = sorted(path for path in SUITES.iterdir() if os.access(path, os.X_OK))
    suites = [Suite(path.name.split("-", 1)[1], path) for path in paths]
    return {suite.name: suite for suite in suites}


def main(arguments: list[str]) -> int:
    suites = all_suites()
    if arguments == ["--list"]:
        for suite in suites.values():
            print(f"{suite.name:12} {suite.purpose}")
        return 0
    unknown = [name for name in arguments if name not in suites]
    if unknown:
        print(f"scripts/test: no suite {', '.join(unknown)}; there are: {', '.join(suites)}")
        return 2
    started = time.monotonic()
    total = Counts()
    for name in arguments or suites:
        total += run(suites[name])
    print(f"\n{time.monotonic() - started:.0f} s")
    print(total.closing_line())
    return 1 if total.failed or not total.passed else 0


def run(suite: Suite) -> Counts:
    started = time.monotonic()
    status, output = run_logged(suite)
    seconds = time.monotonic() - started
    if status == NOTHING_TO_TEST:
        counts, word = Counts(skipped=1), "skipped"
    else:
        counts = counts_of(output, succeeded=status == 0)
        word = "passed" if status == 0 and not counts.failed else "FAILED"
    detail = output.strip().splitlines()[-1:] if word == "skipped" else [counts.closing_line()]
    print(f"{suite.name:12} {word:8} {seconds:6.1f} s   {''.join(detail)}", flush=True)
    if word == "FAILED":
        show_end(suite, output)
    return counts


def run_logged(suite: Suite) -> tuple[int, str]:
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"suite-{suite.name}"
    with (
        log.open("wb") as stream,
        subprocess.Popen(
            [suite.path],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        ) as process,
    ):
        try:
            status = process.wait(TIME_LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            status = 124
            stream.write(f"\nended: the suite took longer than {TIME_LIMIT:.0f} s\n".encode())
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            raise
    return status, log.read_text(errors="replace")


def show_end(suite: Suite, output: str) -> None:
    for line in output.splitlines()[-SHOWN_LINES:]:
        print(f"    {line}")
    print(f"    whole output: build/log/suite-{suite.name}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
