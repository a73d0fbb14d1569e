"""docs/python.md: the methods of Python's Queue and Job, and what they return."""

from pathlib import Path

from .api import Api
from .markdown import page, table
from .python_method import Method, methods_of
from .python_results import field_type
from .python_text import python_words

INTRODUCTION = """\
# Python: methods of queues and jobs

Every method of Node's `Queue` and `Job`, in snake_case. Those of `libbullmq` are coroutine functions, their
twins in `libbullmq.sync` block. Arguments are given by position or by name. Times are ms since epoch or a
`datetime`, which is local time without a zone; durations are ms. Objects in answers have Node's names.

Errors are `BullMQError`s, with the `name` that is given here ([errors](errors.md)): `ScriptError` where a
script refused, `OptionError` for an argument that was refused before anything was sent. While Redis is away
calls wait as the options of the [connection](options.md#client) say, then raise `ConnectionError`; after
`close` they raise `ClosedError`. A call that was sent when the connection broke is sent again."""

QUEUE_BY_HAND = """\
Besides: `add(name, data={}, opts=None, **options)`, `add_bulk(jobs)`, `upsert_job_scheduler(scheduler_id,
repeat=None, template=None, **keywords)`, whose keywords are the [repeat options](options.md#repeat) in
snake_case, `close()`, `on(event, listener)` and `off(event, listener)`, and the properties `name` and
`prefix`; their docstrings say more."""
JOB_BY_HAND = """\
What a job shows is what was read, and what its own methods have changed since: `id`, `name`, `data`,
`opts`, `timestamp`, `delay`, `priority`, `progress`, `attempts_made`, `attempts_started`,
`stalled_counter`, `processed_on`, `finished_on`, `returnvalue`, `failed_reason`, `stacktrace`, `parent`,
`parent_key`, `repeat_job_key`, `deduplication_id`, `deferred_failure`, `processed_by`, `token`,
`queue_name`, `queue_qualified_name`, `prefix`, and all of it as `to_json()`.

Besides: `log(row)`, which appends a row to the log and returns how many are kept, `keepLogs` of the job at
most; `remove(remove_children=True)`, which raises `JobLocked` while a worker holds the job or a child that
was to go with it; and `wait_until_finished(queue_events, ttl=None)`, which returns the job's result, and
raises `JobFailedError` or, after `ttl` ms, `JobWaitTimeoutError`."""

FLOW_PRODUCER = """\
`FlowProducer(opts=None, **options)`, with the options `connection` and `prefix`, adds trees of jobs in any
queues and reads them again. A job of a flow is a dict `{"name", "queueName", "data", "opts", "prefix",
"children"}` (or `queue_name`), its children likewise. What comes back is a `JobNode` with `job` and
`children`; each job's methods go to its own queue.

| Method | |
|---|---|
| `add(flow, opts=None) -> JobNode` | Add one flow, whole, in one transaction. |
| `add_bulk(flows, opts=None) -> list[JobNode]` | Add many. |
| `get_flow(id, queue_name, prefix, depth=10, max_children=20) -> JobNode \\| None` | With those below. |
| `close()`, `on(event, listener)`, `off(event, listener)` | As those of a queue. |

`opts` may have `queuesOptions`: `{queue name: {"defaultJobOptions": {...}}}`. A job that is not valid
refuses the call with `OptionError`, which names it (`flows[0].children[2]`), before anything is sent. When
Redis refuses some jobs the others are added, and `FlowError` has for each job, parents before their
children, its path and what became of it; `add` raises the refusal of the root when nothing was added."""

QUEUE_EVENTS = """\
`QueueEvents(name, opts=None, **options)`, with the [options](options.md#queue-events) of queue events, hears
of everything that happens in a queue. `async for event in events` (in `libbullmq.sync`: `for`) gets
`QueueEvent`s with `name`, `id`, `fields` and, of these, `job_id`, `returnvalue`, `failed_reason`, `data` and
`prev`; so do listeners, `on(name, listener)`, of one name or of one job's (`"completed:42"`).

| Member | |
|---|---|
| `wait_until_ready()` | Until whatever happens from now on will be heard; `async with` does it. |
| `last_event_id` | Place that was reached, to go on from with the option of that name. |
| `on(event, listener)`, `off(event, listener)`, `close()` | |

`QueueEventsProducer(name, opts=None, **options)` publishes events of your own:
`publish_event(event_name, fields=None, *, max_events=None) -> str` returns the id of the entry. A field that
is no text is sent as JSON text."""


def render(api: Api, root: Path) -> dict[str, str]:
    blocks = [INTRODUCTION]
    for of, by_hand in (("Queue", QUEUE_BY_HAND), ("Job", JOB_BY_HAND)):
        blocks += [f"## {of}", by_hand, *(_section(method) for method in methods_of(of, api))]
    blocks += ["## FlowProducer", FLOW_PRODUCER]
    blocks += ["## QueueEvents and QueueEventsProducer", QUEUE_EVENTS]
    return {"docs/python.md": page(*blocks, "## Answers", *_answers(api))}


def _section(method: Method) -> str:
    parameters = [_short(declaration) for declaration in method.declarations()]
    blocks = [f"### {method.name}", f"`{method.name}({', '.join(parameters)}) -> {method.returns}`"]
    blocks.append(python_words(method.doc))
    rows = [_parameter(method, name) for name in method.parameters]
    if rows:
        blocks.append(table(["Argument", "Type", ""], rows))
    if method.command.errors:
        names = ", ".join(f"`{error}`" for error in method.command.errors)
        blocks.append(f"Raises `{method.error_class}`: {names}.")
    return "\n\n".join(blocks)


def _short(declaration: str) -> str:
    """`end: int = -1` without the type."""
    name, _, rest = declaration.partition(": ")
    return f"{name}={rest.rpartition(' = ')[2]}" if " = " in rest else name


def _parameter(method: Method, name: str) -> list[str]:
    declaration = method.declarations()[method.parameters.index(name)]
    kind = declaration.partition(": ")[2].partition(" = ")[0]
    doc = method.argument_doc(name) if name in method.command.arg_docs else ""
    return [f"`{method.python_name(name)}`", f"`{kind}`", doc]


def _answers(api: Api) -> list[str]:
    sections = []
    for result in api.results:
        rows = [
            [f"`{field.name}`", f"`{field_type(field, api)}`", python_words(field.doc)]
            for field in result.fields
        ]
        sections += [f"### {result.name}", result.doc, table(["Key", "Type", ""], rows)]
    return sections
