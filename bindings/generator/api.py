"""api.json as Python objects, checked for the mistakes that would spread into every language."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OPTION_TYPES = {
    "string",
    "integer",
    "number",
    "boolean",
    "time",  # an integer on the wire
    "retention",
    "backoff",
    "parent",
    "deduplication",
    "telemetry",
    "job options",
    "stream id",
    "function",  # of the host's language
    "telemetry object",
}
ARGUMENT_TYPES = {
    "text",
    "integer",
    "boolean",
    "time",  # ms since epoch, an integer on the wire
    "list of text",
    "list of integer",
    "job options",
    "repeat options",
    "object",
    "labels",
    "page",
    "job",
}
REPLIES = {
    "none",
    "text",
    "json",
    "integer",
    "boolean",
    "job",
    "jobs",
    "page",
    "bulk",
    "outcome",
    "next job",
}
TAG_KINDS = {"any", "integer", "float", "text", "json"}


@dataclass(frozen=True)
class Named:
    """A number with a name: an event, a refusal code, an error."""

    name: str
    value: int
    doc: str


@dataclass(frozen=True)
class Error(Named):
    retriable: bool
    fatal: bool


@dataclass(frozen=True)
class Tag(Named):
    kind: str
    field: str | None


@dataclass(frozen=True)
class Option:
    name: str
    type: str
    doc: str
    default: Any
    unit: str | None
    min: float | None
    max: float | None
    nullable: bool
    secret: bool
    exclusive: str | None


@dataclass(frozen=True)
class Command:
    name: str
    doc: str
    args: dict[str, str]
    optional: dict[str, Any]  # the default; None where unset has a meaning of its own
    arg_docs: dict[str, str]
    payload: str | None
    reply: str
    on_client: bool  # called with queue handle 0
    methods: dict[str, str]  # class of Node that has it as a method: name of the method
    rest: str | None  # argument that is given as any number of arguments
    result: str | None  # type of a JSON reply
    errors: list[str]

    def arg_doc(self, name: str) -> str:
        """What an argument means, and its default."""
        doc = self.arg_docs.get(name, "")
        default = self.optional.get(name)
        return doc if default is None else f"{doc} Default: {json.dumps(default)}.".lstrip()


@dataclass(frozen=True)
class DerivedMethod:
    """A method that is a command with some arguments set."""

    name: str
    doc: str
    of: str
    command: str
    set: dict[str, Any]


@dataclass(frozen=True)
class ResultField:
    name: str
    type: str
    doc: str
    optional: bool


@dataclass(frozen=True)
class Result:
    """The shape of a JSON object in replies."""

    name: str
    doc: str
    fields: list[ResultField]


@dataclass(frozen=True)
class Api:
    version: str
    scopes: dict[str, int]
    kinds: dict[str, int]
    codes: list[Named]
    events: list[Named]
    requests: list[Named]
    tags: list[Tag]
    errors: list[Error]
    commands: list[Command]
    derived_methods: list[DerivedMethod]
    results: list[Result]
    options: dict[str, list[Option]]
    # Options that a language layer keeps to itself, by the scope they are given with.
    host_options: dict[str, list[Option]]

    @staticmethod
    def load(path: Path) -> "Api":
        raw = json.loads(path.read_text(encoding="utf-8"))
        api = Api(
            version=raw["version"],
            scopes=raw["scopes"],
            kinds=raw["kinds"],
            codes=_named(raw["codes"]),
            events=_named(raw["events"]),
            requests=_named(raw["requests"]),
            tags=[_tag(entry) for entry in raw["tags"]],
            errors=[_error(entry) for entry in raw["errors"]],
            commands=[_command(entry) for entry in raw["commands"]],
            derived_methods=[DerivedMethod(**entry) for entry in raw["derivedMethods"]],
            results=[_result(entry) for entry in raw["results"]],
            options=_scopes(raw["options"]),
            host_options=_scopes(raw["hostOptions"]),
        )
        _check(api)
        return api


def _named(entries: Iterable[dict[str, Any]]) -> list[Named]:
    return [Named(entry["name"], entry["value"], entry["doc"]) for entry in entries]


def _tag(entry: dict[str, Any]) -> Tag:
    return Tag(entry["name"], entry["value"], entry["doc"], entry["kind"], entry.get("field"))


def _error(entry: dict[str, Any]) -> Error:
    retriable, fatal = entry.get("retriable", False), entry.get("fatal", False)
    return Error(entry["name"], entry["code"], entry["doc"], retriable, fatal)


COMMAND_KEYS = {
    *("name", "doc", "args", "argDocs", "optional", "rest", "payload", "reply", "result", "errors"),
    *("on", "methods"),
}


def _command(entry: dict[str, Any]) -> Command:
    for key in entry:
        _check_known(f"what is said of command {entry['name']}", key, COMMAND_KEYS)
    return Command(
        name=entry["name"],
        doc=entry["doc"],
        args=entry["args"],
        optional=entry.get("optional", {}),
        arg_docs=entry.get("argDocs", {}),
        payload=entry.get("payload"),
        reply=entry["reply"],
        on_client=entry.get("on") == "client",
        methods=entry.get("methods", {}),
        rest=entry.get("rest"),
        result=entry.get("result"),
        errors=entry.get("errors", []),
    )


def _result(entry: dict[str, Any]) -> Result:
    return Result(entry["name"], entry["doc"], [_result_field(field) for field in entry["fields"]])


def _result_field(entry: dict[str, Any]) -> ResultField:
    kind: str = entry["type"]
    return ResultField(entry["name"], kind.removesuffix("?"), entry["doc"], kind.endswith("?"))


def _scopes(raw: dict[str, Any]) -> dict[str, list[Option]]:
    return {scope: [_option(entry) for entry in entries] for scope, entries in raw.items()}


def _option(entry: dict[str, Any]) -> Option:
    return Option(
        name=entry["name"],
        type=entry["type"],
        doc=entry["doc"],
        default=entry["default"],
        unit=entry.get("unit"),
        min=entry.get("min"),
        max=entry.get("max"),
        nullable=entry.get("nullable", False),
        secret=entry.get("secret", False),
        exclusive=entry.get("exclusive"),
    )


def _check(api: Api) -> None:
    for what, entries in (
        ("codes", api.codes),
        ("tags", api.tags),
        ("errors", api.errors),
        ("events and requests", api.events + api.requests),
    ):
        _check_unique(what, [entry.name for entry in entries])
        _check_unique(what, [entry.value for entry in entries])
    _check_unique("commands", [command.name for command in api.commands])
    if api.options.keys() != api.scopes.keys():
        raise ValueError("api.json: options and scopes do not name the same scopes")
    for scope, options in api.options.items():
        _check_unique(f"options of {scope}", [option.name for option in options])
        for option in options:
            _check_known(f"type of option {option.name}", option.type, OPTION_TYPES)
    for tag in api.tags:
        _check_known(f"kind of tag {tag.name}", tag.kind, TAG_KINDS)
    for command in api.commands:
        _check_known(f"reply of command {command.name}", command.reply, REPLIES)
        for argument, kind in command.args.items():
            _check_known(f"type of {command.name}'s {argument}", kind, ARGUMENT_TYPES)
        for argument in {*command.optional, *command.arg_docs, *filter(None, [command.rest])}:
            _check_known(f"argument of {command.name}", argument, set(command.args))
        for error in command.errors:
            _check_known(f"error of {command.name}", error, {error.name for error in api.errors})
    _check_unique("results", [result.name for result in api.results])
    _check_methods(api)


def _check_methods(api: Api) -> None:
    commands = {command.name: command for command in api.commands}
    methods = [(of, name) for command in api.commands for of, name in command.methods.items()]
    for derived in api.derived_methods:
        _check_known(f"command of {derived.name}", derived.command, set(commands))
        for argument in derived.set:
            _check_known(f"argument of {derived.name}", argument, set(commands[derived.command].args))
        methods.append((derived.of, derived.name))
    _check_unique("methods", methods)


def _check_unique(what: str, values: list[Any]) -> None:
    repeated = sorted({value for value in values if values.count(value) > 1})
    if repeated:
        raise ValueError(f"api.json: {what} name {repeated[0]!r} twice")


def _check_known(what: str, value: str, known: set[str]) -> None:
    if value not in known:
        raise ValueError(f"api.json: {what} is {value!r}; known are {', '.join(sorted(known))}")
