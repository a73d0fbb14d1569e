"""The kinds of jobs that must mean the same on both sides, whoever adds and whoever works."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

JITTER = {"type": "fixed", "delay": 60, "jitter": 0.5}
EXPONENTIAL = {"type": "exponential", "delay": 40}
ATTEMPTS = {"attempts": 3, "backoff": {"type": "fixed", "delay": 50}}


@dataclass(frozen=True)
class Kind:
    name: str
    opts: dict[str, Any]
    fails: int = 0  # so often before it succeeds
    unrecoverable: bool = False

    @property
    def succeeds(self) -> bool:
        return not self.unrecoverable and self.fails < max(1, self.opts.get("attempts", 1))

    @property
    def attempts_made(self) -> int:
        return 1 if self.unrecoverable else min(self.fails + 1, max(1, self.opts.get("attempts", 1)))


KINDS = (
    Kind("plain", {}),
    Kind("delayed", {"delay": 120}),
    Kind("prioritized", {"priority": 5}),
    Kind("delayed-prioritized", {"delay": 80, "priority": 2}),
    Kind("lifo", {"lifo": True}),
    Kind("custom-id", {"jobId": "order-17"}),
    Kind("fails-once-no-backoff", {"attempts": 2}, fails=1),
    Kind("fails-twice-fixed", ATTEMPTS, fails=2),
    Kind("fails-twice-exponential", {"attempts": 3, "backoff": EXPONENTIAL}, fails=2),
    Kind("fails-once-jitter", {"attempts": 2, "backoff": JITTER}, fails=1),
    Kind("fails-for-ever", ATTEMPTS, fails=99),
    Kind("fails-without-attempts", {}, fails=99),
    Kind("unrecoverable", ATTEMPTS, unrecoverable=True),
)

# Values that JSON carries and that both languages must read back as they were.
VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**53 - 1,
    1.5,
    "",
    'zażółć gęślą jaźń \U0001f680 \u2028 "quoted" \\ \n',
    [],
    {},
    [1, [2, [3, {"four": None}]]],
    {"nested": {"list": [{"a": 1}, {"b": [True, False]}]}, "ключ": "значение"},
)
