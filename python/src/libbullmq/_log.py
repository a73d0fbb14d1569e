"""The loggers of the package, and what each of its records carries beside the text."""

from __future__ import annotations

import logging
from typing import Any

# Its handlers and level hold for all below it.
root = logging.getLogger("libbullmq")
queue = logging.getLogger("libbullmq.queue")
flow_producer = logging.getLogger("libbullmq.flow_producer")
queue_events = logging.getLogger("libbullmq.queue_events")
worker = logging.getLogger("libbullmq.worker")
connection = logging.getLogger("libbullmq.connection")
command = logging.getLogger("libbullmq.command")


def fields(queue_name: str | None, job_id: str | None = None) -> dict[str, Any]:
    """The ``extra`` of a record: ``queue`` and ``job_id``, None where none is concerned."""
    return {"queue": queue_name, "job_id": job_id}
