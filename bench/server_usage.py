"""What a run cost inside Redis."""

from __future__ import annotations

import re
from dataclasses import dataclass

from redis_server import RedisServer

# Redis counts a command that a script calls twice: for itself and inside the script's own time.
# So only scripts count here, and what no script ever calls.
_COUNTED = re.compile(
    r"cmdstat_(eval|evalsha|eval_ro|evalsha_ro|fcall|bzpopmin|xread|ping|script\|\w+):"
    r"calls=(\d+),usec=(\d+)"
)


@dataclass(frozen=True)
class ServerUsage:
    script_calls: int
    command_usec: int
    cpu_usec: int

    def __sub__(self, earlier: ServerUsage) -> ServerUsage:
        return ServerUsage(
            self.script_calls - earlier.script_calls,
            self.command_usec - earlier.command_usec,
            self.cpu_usec - earlier.cpu_usec,
        )


def server_usage(server: RedisServer) -> ServerUsage:
    calls = usec = 0
    for name, count, spent in _COUNTED.findall(server.call("INFO", "commandstats")):
        usec += int(spent)
        calls += int(count) if name.startswith(("eval", "fcall")) else 0
    return ServerUsage(calls, usec, _cpu_usec(server.call("INFO", "cpu")))


def _cpu_usec(info: str) -> int:
    seconds = re.findall(r"used_cpu_(?:user|sys):([\d.]+)", info)
    return round(sum(map(float, seconds)) * 1e6)
