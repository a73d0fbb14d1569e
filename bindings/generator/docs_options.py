"""docs/options.md: every option with type, range, unit and default."""

from pathlib import Path

from .api import Api, Option
from .markdown import page, table
from .option_text import default_text, wanted

INTRODUCTION = """\
# Options

Names are those of Node's BullMQ. A dot stands for nesting: `connection.host` is
`{"connection": {"host": ...}}`. Times are milliseconds unless another unit is named. An option that is left
out has its default; without a default it is unset. Unknown names and values of a wrong type are refused
before anything is opened or written."""
SECTIONS = {
    "client": ("Client", "How Redis is reached, and limits of one client."),
    "queue": ("Queue", "Given when a queue is opened."),
    "worker": ("Worker", "Given when a worker is opened."),
    "events": ("Queue events", "Given when the queue events of a queue are read."),
    "job": ("Job", "Given with every job that is added, or as `defaultJobOptions` of a queue."),
    "repeat": ("Repeat", "When the jobs of a scheduler run: given with `upsertJobScheduler`."),
}


def render(api: Api, root: Path) -> dict[str, str]:
    blocks = [INTRODUCTION]
    for scope, (title, about) in SECTIONS.items():
        blocks += [f"## {title}", about, _table(api.options[scope])]
        if scope in api.host_options:
            blocks.append("Of the language layers (Python, Ruby, Go), not of the C library:")
            blocks.append(_table(api.host_options[scope]))
        if any(option.exclusive for option in api.options[scope]):
            blocks.append(_exclusive(api.options[scope]))
    return {"docs/options.md": page(*blocks)}


def _table(options: list[Option]) -> str:
    return table(["Option", "Value", "Default", ""], (_row(option) for option in options))


def _row(option: Option) -> list[str]:
    default = default_text(option)
    return [f"`{option.name}`", wanted(option), f"`{default}`" if default else "", option.doc]


def _exclusive(options: list[Option]) -> str:
    names = [f"`{option.name}`" for option in options if option.exclusive]
    return f"At most one of {', '.join(names[:-1])} and {names[-1]} may be true."
