"""Fresh Python interpreters that end with the process that started them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from ._native import lib

_PROGRAM = """\
import sys
sys.path[:] = {path!r}
from libbullmq._spawn import end_with
end_with({parent})
from {module} import main
main({arguments})
"""


def spawn(
    module: str, *arguments: object, pass_fds: Sequence[int] = (), **options: Any
) -> subprocess.Popen[bytes]:
    """Start ``main(*arguments)`` of a module in a new interpreter with this one's sys.path.

    It leads a process group of its own: Ctrl-C in a terminal reaches it through its parent alone.
    On Linux it is killed when the thread that started it ends, by whatever end.
    """
    text = _PROGRAM.format(
        path=sys.path,
        parent=os.getpid(),
        module=module,
        arguments=", ".join(map(repr, arguments)),
    )
    return subprocess.Popen(
        [sys.executable, "-c", text],
        stdin=subprocess.DEVNULL,
        pass_fds=pass_fds,
        process_group=0,
        **options,
    )


def end_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends; now, when it has ended already."""
    lib.bqpy_end_with_parent()
    if os.getppid() != parent:
        os._exit(1)
