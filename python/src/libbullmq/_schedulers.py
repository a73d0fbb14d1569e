"""The arguments of a job scheduler's upsert."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from ._arguments import encode_json, given, milliseconds
from ._conf import merge
from ._errors import OptionError
from ._options import JobOptions


class JobTemplate(TypedDict, total=False):
    """What the jobs of a scheduler are made of."""

    # Their name. Default: the scheduler's id.
    name: str
    # Their data, any JSON value. Default: {}.
    data: Any
    # Their options, over the queue's defaultJobOptions; not jobId, delay, timestamp or parent.
    opts: JobOptions | Mapping[str, Any]


def scheduler_args(
    scheduler_id: str, repeat: object, template: object, keywords: Mapping[str, Any]
) -> tuple[dict[str, Any], bytes]:
    """Arguments and payload of upsertJobScheduler."""
    rule = merge(repeat, keywords)
    for date in ("startDate", "endDate"):
        if date in rule:
            rule[date] = milliseconds(rule[date])
    parts = _template(template)
    args = given(id=scheduler_id, name=parts.get("name"), opts=parts.get("opts"))
    args["repeat"] = {option: value for option, value in rule.items() if value is not None}
    if "data" not in parts:
        return args, b""
    return args, encode_json(parts["data"], f"data of job scheduler {scheduler_id!r}")


def _template(template: object) -> Mapping[str, Any]:
    if template is None:
        return {}
    if not isinstance(template, Mapping):
        raise OptionError(f"the template must be a dict, not {type(template).__name__}")
    unknown = template.keys() - JobTemplate.__annotations__.keys()
    if unknown:
        raise OptionError(f'the template has no "{min(unknown)}"; known: data, name, opts')
    return template
