"""The command line: ``libbullmq worker``, also as ``python -m libbullmq worker``."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import _codes, _command_worker, _reload
from ._redis_url import connection_of

LEVELS = ("debug", "info", "warning", "error")

EPILOG = """\
Redis is found at --redis, or at --host, --port and so on, else at the URL in the environment
variable REDIS_URL, else at 127.0.0.1:6379. While it cannot be reached the worker waits for it.

The first SIGTERM or SIGINT lets running jobs finish within --timeout and gives the rest back to
their queues; the second gives all of them back at once.

exit status:
  0    ended by a signal
  1    Redis will never accept this worker, say for its password; or something unforeseen
  2    the arguments are wrong, or the handler cannot be imported
  130  ended by a second SIGINT
  143  ended by a second SIGTERM
"""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command and end the process with its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    options = _parser().parse_args(arguments)
    if (folder := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, folder)  # handlers are found as with python -m
    logging.basicConfig(
        level=options.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        sys.exit(_run(options, arguments))
    except _command_worker.Refused as refused:
        print(f"libbullmq: {refused}", file=sys.stderr)
        sys.exit(2)


def _run(options: argparse.Namespace, arguments: list[str]) -> int:
    try:
        connection = _connection(options)
    except ValueError as error:
        raise _command_worker.Refused(str(error)) from None
    if (options.reload or options.reload_folders) and not options.once:
        _command_worker.make_workers(options, connection, options.target)
        return _reload.run(arguments, options.reload_folders or ["."])
    return _command_worker.run(options, connection)


def _connection(options: argparse.Namespace) -> dict[str, Any]:
    parts = {name: getattr(options, name) for name in ("host", "port", "path", "username", "db")}
    parts = {name: value for name, value in parts.items() if value is not None}
    if options.redis is not None and parts:
        raise ValueError(f"--redis says it all; leave out {', '.join(map(_flag, parts))}")
    if parts:
        password = os.environ.get("REDIS_PASSWORD")
        return parts if password is None else {**parts, "password": password}
    url = options.redis or os.environ.get("REDIS_URL")
    return connection_of(url) if url else {}


def _flag(name: str) -> str:
    return "--socket" if name == "path" else f"--{name}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="libbullmq", description="BullMQ job queues.")
    parser.add_argument("--version", action="version", version=_codes.VERSION)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    worker = commands.add_parser(
        "worker",
        help="run a handler on the jobs of queues",
        description="Run a handler on the jobs of one queue or more.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_work(worker)
    _add_redis(worker.add_argument_group("Redis"))
    _add_reload(worker.add_argument_group("development"))
    return parser


def _add_work(worker: argparse.ArgumentParser) -> None:
    add = worker.add_argument
    add("target", metavar="MODULE:FUNCTION", help="the handler, as in app.tasks:handle")
    add("-q", "--queue", action="append", dest="queues", required=True, metavar="NAME",
        help="queue to take jobs from; may be given more than once")  # fmt: skip
    add("-c", "--concurrency", type=int, metavar="N",
        help="jobs of each queue that run at once (default 1)")  # fmt: skip
    add("-p", "--processes", type=int, metavar="N",
        help="run the jobs of each queue in N processes, one at a time in each")  # fmt: skip
    add("--job-timeout", type=float, metavar="SECONDS",
        help="with --processes: end and fail an attempt that takes longer")  # fmt: skip
    add("--timeout", type=float, default=30.0, metavar="SECONDS",
        help="how long running jobs may take to finish at the end (default 30)")  # fmt: skip
    add("--log-level", choices=LEVELS, default="info", help="(default info)")


def _add_redis(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--redis", metavar="URL", help="redis://[user:password@]host[:port][/db] or unix:///path")
    add("--host", help="name or address (default 127.0.0.1)")
    add("--port", type=int, help="TCP port (default 6379)")
    add("--socket", dest="path", metavar="PATH", help="unix socket, instead of host and port")
    add("--username", help="ACL user; the password is read from REDIS_PASSWORD")
    add("--db", type=int, help="database number (default 0)")
    add("--prefix", help="prefix of all keys (default bull)")


def _add_reload(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--reload", action="store_true", help="start again when a .py file changes")
    add("--reload-folder", action="append", dest="reload_folders", metavar="FOLDER",
        help="where to look for changes (default: here); implies --reload")  # fmt: skip
    add(_reload.ONCE, action="store_true", help=argparse.SUPPRESS)
