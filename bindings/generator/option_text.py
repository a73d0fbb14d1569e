"""What an option accepts, in words: for error messages and for the reference."""

import json

from .api import Option

STRUCTURED = {
    "string": "text",
    "boolean": "true or false",
    "retention": "true, false, a number or an object {count, age, limit}",
    "backoff": "a number (ms) or an object {type, delay, jitter}",
    "parent": "an object {id, queue}",
    "deduplication": "an object {id, ttl, extend, replace, keepLastIfActive, reschedule}",
    "telemetry": "an object {metadata, omitContext}",
    "job options": "an object of job options",
    "function": "a function",
    "telemetry object": "an object with a method span",
    "stream id": 'the id of a stream entry such as "1754000000123-0", or "$"',
}


def wanted(option: Option) -> str:
    """A phrase that completes "must be ...": "an integer from 1 to 65535"."""
    phrase = STRUCTURED.get(option.type) or _numeric(option)
    return f"{phrase}, or null" if option.nullable else phrase


def default_text(option: Option) -> str:
    """The default as JSON; "" when the option is unset by default."""
    return "" if option.default is None else json.dumps(option.default, ensure_ascii=False)


def _numeric(option: Option) -> str:
    phrase = "an integer" if option.type in ("integer", "time") else "a number"
    if option.unit:
        phrase += f" ({option.unit})"
    if option.min is not None and option.max is not None:
        return f"{phrase} from {option.min} to {option.max}"
    if option.min is not None:
        return f"{phrase} of at least {option.min}"
    if option.max is not None:
        return f"{phrase} of at most {option.max}"
    return phrase
