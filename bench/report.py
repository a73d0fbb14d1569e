"""Medians, the printed tables and the JSON file."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bars import Medians, judge_all
from peers import REFERENCE, Peer, program
from redis_server import RedisServer
from scenarios import Figures, Scenario

Runs = dict[str, dict[str, list[Figures]]]  # scenario -> peer -> one entry a run

_COLUMNS = (
    ("jobs_per_second", "jobs/s", "{:,.0f}"),
    ("redis_us", "Redis us/job", "{:.1f}"),
    ("redis_cpu_us", "Redis CPU us", "{:.1f}"),
    ("client_cpu_us", "client us/job", "{:.1f}"),
    ("script_calls", "scripts/job", "{:.2f}"),
    ("idle_cpu_ms_per_second", "CPU ms/s", "{:.2f}"),
    ("resident_mb", "resident MB", "{:.1f}"),
)


def medians_of(runs: Runs) -> Medians:
    return {
        scenario: {
            peer: {name: statistics.median(run[name] for run in figures) for name in figures[0]}
            for peer, figures in peers.items()
            if figures
        }
        for scenario, peers in runs.items()
    }


def print_tables(scenarios: list[Scenario], peers: list[Peer], medians: Medians) -> None:
    for scenario in scenarios:
        measured = medians.get(scenario.name, {})
        if measured:
            print(f"\n{scenario.title}")
            _print_table(peers, measured)


def _print_table(peers: list[Peer], measured: dict[str, Figures]) -> None:
    shown = [column for column in _COLUMNS if column[0] in next(iter(measured.values()))]
    reference = measured.get(REFERENCE)
    print(f"  {'':24}" + "".join(f"{title:>20}" for _, title, _ in shown))
    for peer in peers:
        figures = measured.get(peer.name)
        if figures is None:
            continue
        cells = [_cell(figures, reference, name, form) for name, _, form in shown]
        print(f"  {peer.title:24}" + "".join(f"{cell:>20}" for cell in cells))


def _cell(figures: Figures, reference: Figures | None, name: str, form: str) -> str:
    text = form.format(figures[name])
    if reference is None or reference is figures or not reference[name]:
        return text
    return f"{text} ({figures[name] / reference[name]:.2f} x)"


def print_bars(medians: Medians) -> bool:
    """True when every bar that was measured holds."""
    verdicts = judge_all(medians)
    if verdicts:
        print("\nmust hold")
    for verdict in verdicts:
        mark = "holds" if verdict.holds else "FAILS"
        print(f"  {mark}  {verdict.title}: {verdict.value:.2f} ({verdict.wanted})")
    return all(verdict.holds for verdict in verdicts)


def write_json(
    path: Path, runs: Runs, scenarios: list[Scenario], medians: Medians, server: RedisServer
) -> None:
    document: dict[str, Any] = {
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(server),
        "scenarios": {
            scenario.name: {"jobs": scenario.jobs, "concurrency": scenario.concurrency}
            for scenario in scenarios
        },
        "medians": medians,
        "bars": [vars(verdict) for verdict in judge_all(medians)],
        "runs": runs,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n")


def machine(server: RedisServer) -> dict[str, Any]:
    info = server.call("INFO", "server")
    redis = next(line for line in info.splitlines() if line.startswith("redis_version:"))
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "node": subprocess.check_output([program("node"), "--version"], text=True).strip(),
        "redis": redis.split(":")[1].strip(),
    }


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()
