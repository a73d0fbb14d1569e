"""The figures that must hold, each against the median of the runs."""

from __future__ import annotations

from dataclasses import dataclass

from peers import PORT, REFERENCE

Medians = dict[str, dict[str, dict[str, float]]]  # scenario -> peer -> figure -> value


@dataclass(frozen=True)
class Bar:
    title: str
    scenario: str
    peer: str
    figure: str
    at_least: float | None = None  # times the reference's value
    at_most: float | None = None  # times the reference's value
    limit: float | None = None  # as it is
    against: str = REFERENCE

    def judge(self, medians: Medians) -> Verdict | None:
        """None where this run did not measure it."""
        peers = medians.get(self.scenario, {})
        if self.peer not in peers:
            return None
        value = peers[self.peer][self.figure]
        if self.limit is not None:
            return Verdict(self.title, value, f"at most {self.limit:g}", value <= self.limit)
        if self.against not in peers:
            return None
        ratio = value / peers[self.against][self.figure]
        if self.at_least is not None:
            return Verdict(self.title, ratio, f"at least {self.at_least:g} x", ratio >= self.at_least)
        assert self.at_most is not None
        return Verdict(self.title, ratio, f"at most {self.at_most:g} x", ratio <= self.at_most)


@dataclass(frozen=True)
class Verdict:
    title: str
    value: float
    wanted: str
    holds: bool


BARS = (
    Bar("Python worker at 100, jobs/s to Node's", "process-100", "python", "jobs_per_second", at_least=1.5),
    Bar("Python worker, jobs/s to the port's", "process-100", "python", "jobs_per_second", 4.0, against=PORT),
    Bar("C worker at 100, jobs/s to Node's", "process-100", "c", "jobs_per_second", at_least=1.9),
    Bar("bulk add from Python, jobs/s to Node's", "addBulk", "python", "jobs_per_second", at_least=2.0),
    Bar("bulk add from C, jobs/s to Node's", "addBulk", "c", "jobs_per_second", at_least=1.5),
    Bar("client CPU per processed job, C to Node's", "process-100", "c", "client_cpu_us", at_most=0.35),
    Bar("idle C worker, CPU ms per second", "idle", "c", "idle_cpu_ms_per_second", limit=0.5),
    Bar("idle C worker, resident MB", "idle", "c", "resident_mb", limit=10.0),
)  # fmt: skip


def judge_all(medians: Medians) -> list[Verdict]:
    verdicts = (bar.judge(medians) for bar in BARS)
    return [verdict for verdict in verdicts if verdict is not None]
