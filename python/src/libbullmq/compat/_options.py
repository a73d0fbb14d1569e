"""Options of the port as options of libbullmq."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .._errors import OptionError
from .._redis_url import connection_of

# What has no meaning here: the server is always checked, and nothing waits in a constructor.
_IGNORED: Final = ("autorun", "skipVersionCheck", "skipWaitingForReady")

# What of a redis-py client's settings says where it connects.
_PLACE: Final = ("host", "port", "path", "db", "username", "password")


def options_of(opts: Mapping[str, Any] | None) -> dict[str, Any]:
    """The options without those that mean nothing here, ``connection`` as a dict."""
    if opts is not None and not isinstance(opts, Mapping):
        raise OptionError(f"options must be a dict, not {type(opts).__name__}")
    options = {name: value for name, value in (opts or {}).items() if name not in _IGNORED}
    if options.get("connection") is None:
        options.pop("connection", None)
    else:
        options["connection"] = connection(options["connection"])
    return options


def connection(given: Any) -> dict[str, Any]:
    """A connection given as a dict, a URL or a client of redis-py."""
    if isinstance(given, str):
        return connection_of(given)
    if isinstance(given, Mapping):
        return {name: value for name, value in given.items() if name != "decode_responses"}
    pool = getattr(given, "connection_pool", None)
    settings = getattr(pool, "connection_kwargs", None)
    if not isinstance(settings, Mapping):
        wanted = "a dict, a URL or a redis client"
        raise OptionError(f'option "connection" must be {wanted}, not {type(given).__name__}')
    return {name: settings[name] for name in _PLACE if settings.get(name) is not None}
