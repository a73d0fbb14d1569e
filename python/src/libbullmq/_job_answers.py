"""The jobs in the record of a reply."""

from __future__ import annotations

from typing import Any, TypedDict

from . import _codes
from ._answers import json_of
from ._job import Job, job_class
from ._job_fields import JobFields, Owner
from ._record import find, split
from ._results import Dependency


class DependenciesPage(TypedDict):
    """Some children of a job."""

    items: list[Dependency]
    # What each child is, as ``Job.to_json`` shows it but for the id; None where it is gone.
    jobs: list[dict[str, Any] | None]
    # Number of all children of that kind.
    total: int


def job_of(owner: Owner, record: bytes) -> Job | None:
    """The job of a reply that has one."""
    job = job_class(owner)(owner, record)
    return job if job.id else None


def jobs_of(owner: Owner, record: bytes) -> list[Job]:
    """The jobs of a reply that has many."""
    run = find(record, _codes.TAG_VALUE) or b""
    kind = job_class(owner)
    return [kind(owner, job) for _, _, job in split(run)]


def page_of(owner: Owner, record: bytes) -> DependenciesPage:
    """A page of children. They may be of other queues, so they are shown, not made to jobs."""
    page: DependenciesPage = json_of(record)
    run = find(record, _codes.TAG_JOBS) or b""
    page["jobs"] = [_shown(JobFields(owner, job)) for _, _, job in split(run)]
    return page


def _shown(job: JobFields) -> dict[str, Any] | None:
    if not job._values:
        return None
    shown = job.to_json()
    del shown["id"], shown["queueQualifiedName"]  # not of this queue
    return shown
