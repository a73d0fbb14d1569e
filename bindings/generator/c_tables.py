"""core/src/tables.c: options, errors and job fields as the core looks them up."""

import json
from pathlib import Path

from .api import Api, Error, Option, Tag
from .naming import GENERATED, upper_snake
from .option_text import wanted

TAG_KINDS = {
    "integer": "BQ_KIND_INTEGER",
    "float": "BQ_KIND_FLOAT",
    "text": "BQ_KIND_BYTES",
    "json": "BQ_KIND_BYTES",
}
# What languages have a type for and the core has not.
WIRE_TYPES = {"time": "integer"}


def render(api: Api, root: Path) -> dict[str, str]:
    parts = [
        f'/* {GENERATED} */\n#include "tables.h"\n\n#include <math.h>\n\n#include "bq/bq_codes.h"\n',
        "/* clang-format off */\n",
        *(_options(scope, options) for scope, options in api.options.items()),
        _scopes(api),
        _errors(api.errors),
        _job_fields([tag for tag in api.tags if tag.field]),
    ]
    return {"core/src/tables.c": "\n".join(parts)}


def _options(scope: str, options: list[Option]) -> str:
    rows = [f"const struct bqi_option bqi_{scope}_options[] = {{"]
    rows += [f"    {_option(option)}," for option in options]
    return "\n".join([*rows, "};", ""])


def _option(option: Option) -> str:
    cells = [
        _quote(option.name),
        f"BQI_OPTION_{upper_snake(WIRE_TYPES.get(option.type, option.type))}",
        _option_flags(option),
        "-HUGE_VAL" if option.min is None else repr(option.min),
        "HUGE_VAL" if option.max is None else repr(option.max),
        _quote(json.dumps(option.default)),
        _quote(wanted(option)),
    ]
    return "{" + ", ".join(cells) + "}"


def _option_flags(option: Option) -> str:
    flags = [
        ("NULLABLE", option.nullable),
        ("SECRET", option.secret),
        ("EXCLUSIVE", option.exclusive is not None),
    ]
    return " | ".join(f"BQI_OPTION_{name}" for name, is_set in flags if is_set) or "0"


def _scopes(api: Api) -> str:
    rows = ["const struct bqi_option_scope bqi_option_scopes[] = {", "    {NULL, NULL, 0},"]
    names = {number: scope for scope, number in api.scopes.items()}
    for number in range(1, max(names) + 1):
        scope = names.get(number)
        row = f"{_quote(scope)}, bqi_{scope}_options, {len(api.options[scope])}" if scope else "NULL, NULL, 0"
        rows.append(f"    {{{row}}},")
    return "\n".join([*rows, "};", ""])


def _errors(errors: list[Error]) -> str:
    rows = ["const struct bqi_error_entry bqi_error_entries[] = {"]
    for error in errors:
        flags = [("RETRIABLE", error.retriable), ("FATAL", error.fatal)]
        text = " | ".join(f"BQ_FLAG_{name}" for name, is_set in flags if is_set) or "0"
        rows.append(f"    {{BQ_ERR_{upper_snake(error.name)}, {_quote(error.name)}, {text}}},")
    return "\n".join([*rows, "};", "", f"const size_t bqi_error_entry_count = {len(errors)};", ""])


def _job_fields(tags: list[Tag]) -> str:
    rows = ["const struct bqi_job_field bqi_job_fields[] = {"]
    rows += [f"    {{{_quote(tag.field or '')}, BQ_TAG_{tag.name}, {TAG_KINDS[tag.kind]}}}," for tag in tags]
    return "\n".join([*rows, "};", "", f"const size_t bqi_job_field_count = {len(tags)};", ""])


def _quote(text: str) -> str:
    """`text` as a C string literal; the escapes of JSON are escapes of C."""
    return json.dumps(text, ensure_ascii=False)
