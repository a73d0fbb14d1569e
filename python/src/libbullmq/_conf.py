"""Options: taken apart by scope, checked by the core, before any socket is opened."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from . import _codes, _json
from ._errors import OptionError, error_of_refusal
from ._native import ffi, lib
from ._redis_url import connection_of

# First part of an option's dotted name: the scope it is set in.
_SCOPES = {name.partition(".")[0]: scope for name, scope in _codes.OPTION_SCOPES.items()}
_SCOPE_NAMES = {
    _codes.CONF_CLIENT: "a connection",
    _codes.CONF_QUEUE: "a queue",
    _codes.CONF_WORKER: "a worker",
    _codes.CONF_EVENTS: "queue events",
}


def merge(opts: object, keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Options of a dict and of keyword arguments as one dict in Node's names.

    Keyword arguments may be written in snake_case and win over the dict. A ``connection`` may be
    written as a URL.
    """
    if opts is not None and not isinstance(opts, Mapping):
        raise OptionError(f"options must be a dict, not {type(opts).__name__}")
    merged = dict(opts or {})
    for name, value in keywords.items():
        merged[camel_case(name)] = value
    if isinstance(merged.get("connection"), str):
        merged["connection"] = connection_of(merged["connection"])
    return merged


@cache
def camel_case(name: str) -> str:
    """``remove_on_complete`` as Node writes it: ``removeOnComplete``."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


class Confs:
    """The options of one queue or worker as confs of the core, which has checked them.

    ``scopes`` are those that apply; ``host`` the names of options that the core does not know.
    """

    def __init__(
        self, options: Mapping[str, Any], scopes: Iterable[int], host: Iterable[str] = ()
    ) -> None:
        parts: dict[int, dict[str, Any]] = {scope: {} for scope in scopes}
        self.host = {name: options[name] for name in host if name in options}
        for name, value in options.items():
            if name not in self.host:
                parts[_scope_of(name, parts, host)][name] = value
        self._confs = {scope: _conf(scope, part) for scope, part in parts.items()}
        self.options = dict(options)

    def __getitem__(self, scope: int) -> Any:
        return self._confs[scope]


def prefix_of(confs: Confs) -> str:
    """First part of a queue's keys, the core's default where no option says."""
    return str(confs.options.get("prefix", "bull"))


def conf_error(conf: Any) -> str:
    """Why the core refused this conf; "" when it did not."""
    return str(ffi.string(lib.bq_conf_error(conf)), "utf-8")


def _scope_of(name: str, parts: Mapping[int, Any], host: Iterable[str]) -> int:
    scope = _SCOPES.get(name)
    if scope is not None and scope in parts:
        return scope
    if scope is not None:
        raise OptionError(f'option "{name}" is one of {_SCOPE_NAMES[scope]}, which this is not')
    known = [*host, *(known for known, scope in _SCOPES.items() if scope in parts)]
    nearest = difflib.get_close_matches(str(name), known, 1, 0.5)
    hint = f'; did you mean "{nearest[0]}"?' if nearest else f"; known: {', '.join(sorted(known))}"
    raise OptionError(f'unknown option "{name}"{hint}')


def _conf(scope: int, options: Mapping[str, Any]) -> Any:
    conf = lib.bq_conf_new(scope)
    if conf == ffi.NULL:
        raise MemoryError("no memory for options")
    conf = ffi.gc(conf, lib.bq_conf_free)
    text = b"{" + b",".join(_member(name, value) for name, value in options.items()) + b"}"
    refusal = lib.bqpy_conf_set_json(conf, text, len(text))
    if refusal < 0:
        raise error_of_refusal(refusal, conf_error(conf))
    return conf


def _member(name: str, value: Any) -> bytes:
    try:
        return _json.encode({name: value})[1:-1]
    except (TypeError, ValueError) as error:
        raise OptionError(f'option "{name}" has no JSON form: {error}') from error
