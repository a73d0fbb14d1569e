"""core/include/bq/bq_easy.h: one inline C function per command, with typed arguments."""

from pathlib import Path

from .api import Api, Command
from .c_text import WIDTH, block_comment
from .naming import GENERATED, snake
from .replies import REPLY_TEXT

# Handed over as the JSON text of an object.
JSON_OBJECTS = ("job options", "repeat options", "object", "labels", "page", "job")
# How an argument is declared, and how it is written into the args object.
PARAMETERS = {
    "text": "const char *{name}",
    "integer": "int64_t {name}",
    "time": "int64_t {name}",
    "boolean": "int {name}",
    "list of text": "const char *const *{name}, size_t {name}_count",
    "list of integer": "const int64_t *{name}, size_t {name}_count",
    **dict.fromkeys(JSON_OBJECTS, "const char *{name}"),
}
WRITERS = {
    "text": 'bq_easy_text(&args, "{key}", {name});',
    "integer": 'bq_easy_integer(&args, "{key}", {name});',
    "time": 'bq_easy_integer(&args, "{key}", {name});',
    "boolean": 'bq_easy_boolean(&args, "{key}", {name});',
    "list of text": 'bq_easy_list(&args, "{key}", {name}, {name}_count);',
    "list of integer": 'bq_easy_integers(&args, "{key}", {name}, {name}_count);',
    **dict.fromkeys(JSON_OBJECTS, 'bq_easy_json(&args, "{key}", {name});'),
}
PRELUDE = Path(__file__).with_name("bq_easy_prelude.h.in")


def render(api: Api, root: Path) -> dict[str, str]:
    prelude = PRELUDE.read_text(encoding="utf-8")
    parts = [f"/* {GENERATED} */\n{prelude}", *(_function(command) for command in api.commands)]
    parts.append("#ifdef __cplusplus\n}\n#endif\n\n#endif\n")
    return {"core/include/bq/bq_easy.h": "\n".join(parts)}


def _function(command: Command) -> str:
    queue = [] if command.on_client else ["bq_id queue"]
    parameters = ["bq_client *client", *queue, *_parameters(command)]
    lines = [
        *block_comment(_doc(command)),
        *_head(f"bq_easy_{snake(command.name)}(", parameters),
        "    bq_buffer args = BQ_BUFFER_INIT;",
    ]
    lines += ["    " + WRITERS[kind].format(key=key, name=snake(key)) for key, kind in command.args.items()]
    values = [
        "client",
        "0" if command.on_client else "queue",
        f'"{command.name}"',
        "&args",
        _payload(command),
    ]
    lines += _statement("    return bq_easy_call(", values, ");")
    return "\n".join([*lines, "}", ""])


def _head(name: str, parameters: list[str]) -> list[str]:
    """The return type stands alone where that spares lines, as clang-format has it."""
    together = _statement(f"static inline bq_id {name}", parameters, ") {")
    apart = ["static inline bq_id", *_statement(name, parameters, ") {")]
    too_wide = any(len(line) > WIDTH for line in together)
    return apart if too_wide or len(together) > len(apart) + 1 else together


def _doc(command: Command) -> str:
    parts = [command.doc]
    docs = {name: command.arg_doc(name) for name in command.args}
    parts += [f"{snake(name)}: {doc}" for name, doc in docs.items() if doc]
    parts.append(f"Reply: {REPLY_TEXT[command.reply].replace('`', '')}.")
    return "\n".join(parts)


def _parameters(command: Command) -> list[str]:
    """Names and ids first, then the payload, then what refines the call."""
    texts = [name for name, kind in command.args.items() if kind == "text"]
    others = [name for name in command.args if name not in texts]
    return [*_declare(command, texts), *_payload_parameter(command), *_declare(command, others)]


def _declare(command: Command, names: list[str]) -> list[str]:
    declarations = [PARAMETERS[command.args[name]].format(name=snake(name)) for name in names]
    return [parameter for text in declarations for parameter in text.split(", ")]


def _payload_parameter(command: Command) -> list[str]:
    if command.payload is None:
        return []
    return ["bq_bytes records" if _takes_records(command) else f"const char *{snake(command.payload)}"]


def _takes_records(command: Command) -> bool:
    return command.payload is not None and command.payload.startswith("records ")


def _payload(command: Command) -> str:
    if command.payload is None:
        return "bq_bytes_of(NULL)"
    return "records" if _takes_records(command) else f"bq_bytes_of({snake(command.payload)})"


def _statement(start: str, items: list[str], end: str) -> list[str]:
    """Parameters or arguments, filled into lines below the first one."""
    lines, line = [], start
    for position, item in enumerate(items):
        text = item + (", " if position < len(items) - 1 else end)
        if len(line) + len(text.rstrip()) > WIDTH:
            lines.append(line.rstrip())
            line = " " * len(start)
        line += text
    return [*lines, line]
