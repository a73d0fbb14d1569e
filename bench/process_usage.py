"""CPU time and resident memory of a running process, from /proc."""

from __future__ import annotations

from pathlib import Path


def cpu_seconds(pid: int) -> float:
    """CPU time of all its threads so far, to the nanosecond where the kernel tells it."""
    threads = list(Path(f"/proc/{pid}/task").iterdir())
    try:
        spent = [int((thread / "schedstat").read_text().split()[0]) for thread in threads]
    except FileNotFoundError as error:
        raise RuntimeError("this kernel has no schedstat; idle CPU cannot be measured") from error
    return sum(spent) / 1e9


def resident_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"process {pid} has ended")
