"""The types of api.json as Python annotations."""

from .api import Api

TYPES = {
    "text": "str",
    "integer": "int",
    "boolean": "bool",
    "any": "Any",
    "time": "int | datetime",
    "list of text": "str | Iterable[str]",
    "list of integer": "Iterable[int]",
    "job options": "JobOptions | Mapping[str, Any]",
    "object": "Mapping[str, Any]",
    "labels": "Mapping[str, str]",
    "page": "PageOptions",
    "job": "JobReference",
}


def argument_type(kind: str) -> str:
    return TYPES[kind]


def result_type(kind: str, api: Api) -> str:
    """Of a JSON reply: "map of integer", "RateLimit or null", "list of map of text"."""
    if kind.endswith(" or null"):
        return f"{result_type(kind.removesuffix(' or null'), api)} | None"
    for start, python in (("list of ", "list[{}]"), ("map of ", "dict[str, {}]")):
        if kind.startswith(start):
            return python.format(result_type(kind.removeprefix(start), api))
    if any(result.name == kind for result in api.results):
        return kind
    return "JobOptions" if kind == "job options" else TYPES[kind]
