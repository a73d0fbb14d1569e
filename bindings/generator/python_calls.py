"""The methods of Python's Queue and Job that are one command each, for asyncio and for threads."""

import re
from collections.abc import Callable
from pathlib import Path

from .api import Api
from .naming import GENERATED, snake
from .python_method import Method, methods_of
from .python_text import INDENT, docstring, enclosed, python_literal

PACKAGE = "python/src/libbullmq"
BODY = INDENT * 2
# How arguments of these types are made ready to be sent.
CONVERTERS = {"list of text": "texts", "list of integer": "list", "time": "milliseconds"}
READERS = {"text": "text_of", "integer": "integer_of", "boolean": "boolean_of"}
# Where the names that a generated class may use come from, in the order of the imports.
LIBRARY = {
    "collections.abc": ["Iterable", "Mapping"],
    "datetime": ["datetime"],
    "typing": ["Any"],
}
MODULES = {
    "_answers": ["boolean_of", "integer_of", "json_of", "text_of"],
    "_arguments": ["JobReference", "PageOptions"]
    + ["encode_json", "encode_text", "given", "milliseconds", "texts"],
    "_job_answers": ["DependenciesPage", "job_of", "jobs_of", "page_of"],
    "_job_commands": ["BlockingJobCommands", "JobCommands"],
    "_queue_commands": ["QueueCommands"],
}

Body = Callable[[Method], list[str]]


def render(api: Api, root: Path) -> dict[str, str]:
    queue, job = methods_of("Queue", api), methods_of("Job", api)
    here = _modules(api, ".", "_job")
    twin = {**_modules(api, "..", "_blocking_job"), "._twin": ["QueueTwin"]}
    return {
        f"{PACKAGE}/_queue_calls.py": _module(
            "QueueCalls(QueueCommands)", "Commands of a queue, a method each.", queue, _async_body, here
        ),
        f"{PACKAGE}/sync/_queue_calls.py": _module(
            "QueueCalls(QueueTwin)", "Commands of a queue, a blocking method each.", queue, _twin_body, twin
        ),
        f"{PACKAGE}/_job_calls.py": _module(
            "JobCalls(JobCommands)", "Commands of a job, a method each.", job, _async_body, here
        ),
        f"{PACKAGE}/_blocking_job_calls.py": _module(
            "BlockingJobCalls(BlockingJobCommands)",
            "Commands of a job, a blocking method each.",
            job,
            _blocking_body,
            here,
        ),
    }


def _modules(api: Api, dots: str, job: str) -> dict[str, list[str]]:
    """Modules of the package as a module sees them, ``job`` with the class of its jobs."""
    modules = {**MODULES, job: ["Job"], "_results": sorted(result.name for result in api.results)}
    return {f"{dots}{name}": modules[name] for name in sorted(modules)}


def _module(head: str, doc: str, methods: list[Method], body: Body, modules: dict[str, list[str]]) -> str:
    lines = [f"class {head}:", f'{INDENT}"""{doc}"""', "", f"{INDENT}__slots__ = ()"]
    start = "def" if body in (_twin_body, _blocking_body) else "async def"
    for method in methods:
        parameters = ["self", *method.declarations()]
        lines += ["", *enclosed(f"{start} {method.name}(", parameters, f") -> {method.returns}:", INDENT)]
        lines += [*docstring(method.paragraphs(), BODY), *body(method)]
    text = "\n".join(lines)
    imports = [*_imports(LIBRARY, text), "", *_imports(modules, text)]
    top = [f"# {GENERATED}", f'"""{doc}"""', "", "from __future__ import annotations", "", *imports]
    return "\n".join([*top, "", "", text, ""])


def _imports(modules: dict[str, list[str]], text: str) -> list[str]:
    """What of these a text uses."""
    lines = []
    code = re.sub(r'""".*?"""', "", text, flags=re.DOTALL)
    for module, names in modules.items():
        used = [name for name in names if re.search(rf"\b{name}\b", code)]
        if used:
            lines += enclosed(f"from {module} import ", used, "", "")
    return lines


def _async_body(method: Method) -> list[str]:
    return [*_arguments(method), *_answer(method, "await self._ask({})")]


def _blocking_body(method: Method) -> list[str]:
    return [*_arguments(method), *_answer(method, "self._wait(self._ask({}))")]


def _twin_body(method: Method) -> list[str]:
    """The same method of the queue for asyncio, waited for."""
    rest = method.command.rest
    given = [f"*{snake(name)}" if name == rest else method.python_name(name) for name in method.parameters]
    start, end = f"self._wait(self._queue.{method.name}(", "))"
    match method.returns:
        case "None":
            pass
        case "Job | None":
            start, end = f"return self._job_or_none({start}", f"{end})"
        case "list[Job]":
            start, end = f"return self._jobs({start}", f"{end})"
        case _:
            start = f"return {start}"
    return enclosed(start, given, end, BODY)


def _arguments(method: Method) -> list[str]:
    """Makes `args`, and `payload` where there is one."""
    command, lines = method.command, []
    items = [f'"{name}": {_value(method, name)}' for name in _sent(method)]
    if any(name in method.parameters and default is None for name, default in command.optional.items()):
        items = [f"{name}={_value(method, name)}" for name in _sent(method)]
        lines += enclosed("args = given(", items, ")", BODY)
    elif items:
        lines += enclosed("args = {", items, "}", BODY)
    if command.payload:
        encode = "encode_text" if command.payload == "row" else "encode_json"
        owner = "{self.id}" if method.of == "Job" else "{job_id}"
        name = snake(command.payload)
        lines.append(f'{BODY}payload = {encode}({name}, f"{name} of job {owner}")')
    return lines


def _sent(method: Method) -> list[str]:
    return [name for name in method.command.args if method.fixed.get(name, name) is not None]


def _value(method: Method, name: str) -> str:
    if name in method.fixed:
        return python_literal(method.fixed[name])
    python, kind = method.python_name(name), method.command.args[name]
    if name == method.command.rest:
        return f"list({python})"
    if name == "token" and name in method.command.optional:
        return "self._lock_token(token)"
    return f"{CONVERTERS[kind]}({python})" if kind in CONVERTERS else python


def _answer(method: Method, call: str) -> list[str]:
    command = method.command
    words = [f'b"{command.name}"', "args" if _sent(method) else "{}"]
    words += ["payload"] if command.payload else []
    record = call.format(", ".join(words))
    match command.reply:
        case "none":
            return [f"{BODY}{record}"]
        case "json" if method.returns == "Any":
            return [f"{BODY}return json_of({record})"]
        case "json":
            answer = enclosed(f"answer: {method.returns} = json_of(", [record], ")", BODY)
            return [*answer, f"{BODY}return answer"]
        case "job" | "jobs" | "page" as kind:
            return [f"{BODY}return {kind}_of(self, {record})"]
        case kind:
            return [f"{BODY}return {READERS[kind]}({record})"]
