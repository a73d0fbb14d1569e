"""docs/commands.md: the commands of bq_call."""

from pathlib import Path

from .api import Api, Command
from .markdown import page, table
from .naming import snake
from .replies import REPLY_TEXT

INTRODUCTION = """\
# Commands

What `bq_call` runs on a queue, or with queue handle 0 where the command says so: `args` is a JSON object
with the arguments of the command, `payload` the bytes it names. The answer is a `BQ_EV_REPLY` with the
fields named here, or a `BQ_EV_ERROR` ([errors](errors.md)). Records, fields and tags are those of
[bindings/records.md](../bindings/records.md). For C, `bq_easy.h` has a function per command."""
VALUES = {
    "time": "integer, ms since epoch",
    "job options": "[job options](options.md#job)",
    "repeat options": "[repeat options](options.md#repeat)",
    "labels": "object of text",
    "page": "object {cursor, count}: from 0, and about how many (20)",
    "job": "object {id, queue}",
}
PAYLOADS = {
    "records ADD": "a run of `ADD` records",
    "records FLOW_NODE": "a run of `FLOW_NODE` records",
    "row": "the row, text",
}


def render(api: Api, root: Path) -> dict[str, str]:
    return {"docs/commands.md": page(INTRODUCTION, *(_section(command) for command in api.commands))}


def _section(command: Command) -> str:
    blocks = [f"## {command.name}", command.doc]
    if command.on_client:
        blocks.append("Belongs to no queue: called with queue handle 0.")
    if command.args:
        blocks.append(table(["Argument", "Value", ""], (_argument(command, name) for name in command.args)))
    if command.payload:
        blocks.append(f"Payload: {PAYLOADS.get(command.payload, f'{command.payload}, JSON text')}.")
    blocks.append(f"Reply: {REPLY_TEXT[command.reply]}. In C: `bq_easy_{snake(command.name)}`.")
    return "\n\n".join(blocks)


def _argument(command: Command, name: str) -> list[str]:
    kind = command.args[name]
    value = VALUES.get(kind, kind)
    if name in command.optional:
        value += ", optional"
    return [f"`{name}`", value, command.arg_doc(name)]
