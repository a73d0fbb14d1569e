"""One method of a Python class: what it is called with, what it sends, what it returns."""

import re
from dataclasses import dataclass
from typing import Any

from .api import Api, Command
from .naming import snake
from .python_text import python_literal, python_words
from .python_types import argument_type, result_type

# Written by hand, because they are more than their command.
BY_HAND = {
    "Queue": {"add", "addBulk", "upsertJobScheduler"},
    "Job": {"log", "remove", "waitUntilFinished"},
}
PAYLOADS = {"row": "str"}
RETURNS = {"none": "None", "text": "str", "integer": "int", "boolean": "bool"}


@dataclass(frozen=True)
class Method:
    """``fixed`` are arguments that the method sets itself, with their values."""

    name: str
    doc: str
    of: str
    command: Command
    fixed: dict[str, Any]
    returns: str
    error_class: str

    @property
    def parameters(self) -> list[str]:
        """In Node's order: what must be given, the payload, what may be given."""
        given = [name for name in self.command.args if name not in self.fixed]
        required = [name for name in given if name not in self.command.optional]
        optional = [name for name in given if name in self.command.optional]
        payload = [self.command.payload] if self.command.payload else []
        return [*required, *payload, *optional]

    def python_name(self, parameter: str) -> str:
        return _id_name(self.command.name) if parameter == "id" else snake(parameter)

    def declarations(self) -> list[str]:
        return [self._declaration(name) for name in self.parameters]

    def _declaration(self, parameter: str) -> str:
        name, command = self.python_name(parameter), self.command
        if parameter == command.payload:
            return f"{name}: {PAYLOADS.get(parameter, 'Any')}"
        if parameter == command.rest:
            return f"*{name}: str"
        kind = argument_type(command.args[parameter])
        if parameter not in command.optional:
            return f"{name}: {kind}"
        default = command.optional[parameter]
        none = " | None" if default is None else ""
        return f"{name}: {kind}{none} = {python_literal(default)}"

    def paragraphs(self) -> list[str]:
        """The text of its docstring."""
        args = [
            f"``{self.python_name(name)}``: {self.argument_doc(name)}"
            for name in self.parameters
            if self.command.arg_docs.get(name) and name != "id"
        ]
        errors = ", ".join(self.command.errors)
        raises = [f"Raises {self.error_class} ({errors})."] if errors else []
        return [python_words(self.doc), *(["\n".join(args)] if args else []), *raises]

    def argument_doc(self, name: str) -> str:
        doc = self.command.arg_docs[name]
        if name == "token":  # a job knows its own
            doc = doc.replace("Unset: ", "Unset: the one that this job was taken with, else ")
        return python_words(doc)


def methods_of(of: str, api: Api) -> list[Method]:
    """The methods of Node's class ``of`` that are written from the description."""
    methods = [
        _method(name, command.doc, of, command, {"id": None} if of == "Job" else {}, api)
        for command in api.commands
        if (name := command.methods.get(of)) and name not in BY_HAND[of]
    ]
    commands = {command.name: command for command in api.commands}
    methods += [
        _method(derived.name, derived.doc, of, commands[derived.command], derived.set, api)
        for derived in api.derived_methods
        if derived.of == of
    ]
    return sorted(methods, key=lambda method: method.name)


def _method(name: str, doc: str, of: str, command: Command, fixed: dict[str, Any], api: Api) -> Method:
    codes = [error.value for error in api.errors if error.name in command.errors]
    error_class = "ScriptError" if all(code < 0 for code in codes) else "BullMQError"
    return Method(snake(name), doc, of, command, fixed, _returns(command, api), error_class)


def _returns(command: Command, api: Api) -> str:
    match command.reply:
        case "job":
            return "Job | None"
        case "jobs":
            return "list[Job]"
        case "page":
            return "DependenciesPage"
        case "json":
            return result_type(command.result or "any", api)
        case kind:
            return RETURNS[kind]


def _id_name(command: str) -> str:
    """What an argument ``id`` is the id of."""
    if "Scheduler" in command:
        return "scheduler_id"
    return "deduplication_id" if re.match(r"\w*Deduplication", command) else "job_id"
