"""What is measured, and how one peer is measured on it once."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass

from peers import Peer
from process_usage import cpu_seconds, resident_bytes
from redis_server import RedisServer
from server_usage import server_usage

QUEUE = "bench"
RUN_TIMEOUT = 300.0  # seconds
SETTLE_SECONDS = 2.0
IDLE_SECONDS = 10.0

Figures = dict[str, float]


@dataclass(frozen=True)
class Scenario:
    kind: str  # what the peer is told: add, addBulk, process or idle
    title: str
    jobs: int = 0
    concurrency: int = 1

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.concurrency}" if self.kind in ("add", "process") else self.kind

    @property
    def warmup(self) -> int:
        return self.jobs // 10


def all_scenarios(scale: float = 1.0) -> list[Scenario]:
    """``scale`` multiplies the numbers of jobs, for a quick look."""

    def jobs(count: int) -> int:
        return max(1000, int(count * scale))

    return [
        Scenario("add", "add, one by one", jobs(10_000), 1),
        Scenario("add", "add, 50 outstanding", jobs(30_000), 50),
        Scenario("addBulk", "bulk add, 1000 at a time", jobs(60_000)),
        Scenario("process", "process, concurrency 1", jobs(10_000), 1),
        Scenario("process", "process, concurrency 10", jobs(20_000), 10),
        Scenario("process", "process, concurrency 100", jobs(30_000), 100),
        Scenario("idle", "idle worker", concurrency=1),
    ]


def measure(peer: Peer, scenario: Scenario, server: RedisServer, filler: Peer) -> Figures:
    """Run the peer once on an empty Redis, or on one that ``filler`` filled with jobs to process."""
    server.call("FLUSHALL")
    if scenario.kind == "idle":
        return _measure_idle(peer, scenario, server)
    total = scenario.jobs + scenario.warmup
    if scenario.kind == "process":
        _run(filler, Scenario("addBulk", "", total), server, warmup=0)
    server.call("CONFIG", "RESETSTAT")
    before = server_usage(server)
    result = _run(peer, scenario, server, warmup=scenario.warmup)
    spent = server_usage(server) - before
    _check(peer, scenario, server, result, total)
    return {
        "jobs_per_second": result["jobs"] / result["seconds"],
        "client_cpu_us": result["cpu_seconds"] / result["jobs"] * 1e6,
        "redis_us": spent.command_usec / total,
        "redis_cpu_us": spent.cpu_usec / total,
        "script_calls": spent.script_calls / total,
    }


def _command(peer: Peer, scenario: Scenario, server: RedisServer, warmup: int) -> list[str]:
    return [
        *peer.command,
        "--redis", server.unix_address,
        "--queue", QUEUE,
        "--scenario", scenario.kind,
        "--jobs", str(scenario.jobs),
        "--warmup", str(warmup),
        "--concurrency", str(scenario.concurrency),
    ]  # fmt: skip


def _run(peer: Peer, scenario: Scenario, server: RedisServer, *, warmup: int) -> Figures:
    done = subprocess.run(
        _command(peer, scenario, server, warmup),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=RUN_TIMEOUT, text=True,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"{peer.title} failed at {scenario.name}: exit status {done.returncode}")
    result: Figures = json.loads(done.stdout.splitlines()[-1])
    return result


def _check(peer: Peer, scenario: Scenario, server: RedisServer, result: Figures, total: int) -> None:
    """No figure without the work: Redis itself must show every job where it belongs."""
    if scenario.kind == "process":
        found = int(server.call("ZCARD", f"bull:{QUEUE}:completed"))
    else:
        found = int(server.call("LLEN", f"bull:{QUEUE}:wait"))
    if result["jobs"] != scenario.jobs or found != total:
        raise RuntimeError(
            f"{peer.title} at {scenario.name}: reported {result['jobs']} of {scenario.jobs} jobs, "
            f"Redis holds {found} of {total}"
        )


def _measure_idle(peer: Peer, scenario: Scenario, server: RedisServer) -> Figures:
    command = _command(peer, scenario, server, warmup=0)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            ready = json.loads(process.stdout.readline() or b"{}")
            if not ready.get("ready"):
                raise RuntimeError(f"{peer.title} did not get ready to be idle")
            time.sleep(SETTLE_SECONDS)
            before = cpu_seconds(process.pid)
            time.sleep(IDLE_SECONDS)
            spent = cpu_seconds(process.pid) - before
            memory = resident_bytes(process.pid)
            process.stdin.close()
            process.wait(RUN_TIMEOUT)
        finally:
            process.kill()
    return {"idle_cpu_ms_per_second": spent * 1e3 / IDLE_SECONDS, "resident_mb": memory / 1e6}
