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
was to go with it; `move_to_completed(returnvalue=None, token=None, fetch_next=False)` and
`move_to_failed(error, token=None, fetch_next=False)`, which end a job of `Worker.get_next_job` and return the
next one or `None`; and `wait_until_finished(queue_events, ttl=None)`, which returns the job's result, and
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

WORKER = """\
`Worker(name, handler=None, opts=None, **options)`, with the [options](options.md#worker) of a worker, runs
`handler(job, token)` on the jobs of a queue. What the handler returns is the job's result; what it raises
fails the attempt, but for these:

| Raised | |
|---|---|
| `UnrecoverableError` | Fails the job for good, whatever its `attempts` say. |
| `DelayedError` | After `job.move_to_delayed`: no attempt is counted. |
| `WaitingError` | After `job.move_to_wait`, likewise. |
| `WaitingChildrenError` | After `job.move_to_waiting_children`, likewise. |
| `RateLimitError` | After `worker.rate_limit(ms)`: the job waits for the end of the limit, likewise. |

| Member | |
|---|---|
| `run()`, `async with` | Take and run jobs until the worker is closed. |
| `close(timeout=None)` | Wait for running jobs, `timeout` seconds at most; then they go back to wait. |
| `pause(do_not_wait=False)`, `resume()`, `is_paused()`, `is_running()` | |
| `cancel_job(job_id, reason=None)`, `cancel_all_jobs(reason=None)` | Ask running jobs to end. |
| `concurrency` | Jobs at once; may be set while the worker runs. |
| `rate_limit(expire_time_ms)` | No worker of the queue takes a job for so long. |
| `get_next_job(token, block=True)` | Without a handler: take a job under a lock of your own. |
| `start_stalled_check_timer()` | Without a handler: look for stalled jobs. |
| `wait_until_ready()`, `on(event, listener)`, `off(event, listener)` | |

`backoff_strategy(attempts_made, type, error, job)`, a function or coroutine function, gives the delay before
a retry in ms, 0 for at once and -1 for no retry, where a job's backoff is neither fixed nor exponential."""


def render(api: Api, root: Path) -> dict[str, str]:
    blocks = [INTRODUCTION]
    for of, by_hand in (("Queue", QUEUE_BY_HAND), ("Job", JOB_BY_HAND)):
        blocks += [f"## {of}", by_hand, *(_section(method) for method in methods_of(of, api))]
    blocks += ["## Worker", WORKER]
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
