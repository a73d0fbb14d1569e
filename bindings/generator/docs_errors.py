"""docs/errors.md: refusals of a call and errors of an operation."""

from pathlib import Path

from .api import Api, Error
from .markdown import page, table
from .naming import upper_snake

REFUSALS = """\
## Refusals

Answered by a call at once; nothing was begun. `bq_strerror` has these sentences."""
ERRORS = """\
## Errors

Carried by a `BQ_EV_ERROR` record: `CODE`, `ERROR_NAME`, `MESSAGE`, `FLAGS`. Name and code are stable, the
message says which value was wrong and what to do. Negative codes are those of BullMQ's scripts, and their
messages are Node's. *Retriable*: the same call may succeed later. *Fatal*: no call of this client will
succeed before its options change."""


def render(api: Api, root: Path) -> dict[str, str]:
    rows = ([f"`BQ_{code.name}`", str(code.value), code.doc] for code in api.codes)
    refusals = table(["Name", "Code", "Meaning"], rows)
    errors = table(["Name", "In C", "Code", "", "Meaning"], (_error(error) for error in api.errors))
    return {"docs/errors.md": page("# Errors and refusals", REFUSALS, refusals, ERRORS, errors)}


def _error(error: Error) -> list[str]:
    flags = ["retriable"] * error.retriable + ["fatal"] * error.fatal
    return [
        f"`{error.name}`",
        f"`BQ_ERR_{upper_snake(error.name)}`",
        str(error.value),
        ", ".join(flags),
        error.doc,
    ]
