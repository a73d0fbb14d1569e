"""The programs that are compared. Each keeps the contract of README.md."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = "node"
PORT = "port"


@dataclass(frozen=True)
class Peer:
    name: str
    title: str
    command: tuple[str, ...]
    needs: tuple[Path, ...]
    kinds: tuple[str, ...] = ("add", "addBulk", "process", "idle")  # of scenarios that it has

    def missing(self) -> list[str]:
        """What is not there yet, relative to the checkout; empty when the peer can run."""
        return [str(path.relative_to(ROOT)) for path in self.needs if not path.exists()]


def program(name: str) -> str:
    """A program of the checkout's virtual environment, else of PATH."""
    path = os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ.get("PATH", "")])
    found = shutil.which(name, path=path)
    if found is None:
        sys.exit(f"bench: no program {name!r}; run scripts/setup")
    return found


def all_peers() -> dict[str, Peer]:
    c_peer = ROOT / "build" / "release" / "bench" / "bench-c"
    python_peer = ROOT / "bench" / "python" / "peer.py"
    port_peer = ROOT / "bench" / "python" / "port_peer.py"
    port = ROOT / "build" / "port" / "bin" / "python"
    node_peer = ROOT / "bench" / "node" / "peer.mjs"
    node_modules = ROOT / "tests" / "interop" / "node_modules" / "bullmq6"
    peers = [
        Peer(REFERENCE, "Node BullMQ 6.7.0", (program("node"), str(node_peer)), (node_modules,)),
        Peer("c", "libbullmq, C", (str(c_peer),), (c_peer,)),
        Peer("python", "libbullmq, Python", (program("python3"), str(python_peer)), (python_peer,)),
        Peer(
            PORT, "bullmq 3.4.4, Python", (str(port), str(port_peer)), (port,), ("add", "addBulk", "process")
        ),
    ]
    return {peer.name: peer for peer in peers}
