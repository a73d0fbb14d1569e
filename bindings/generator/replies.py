"""What the reply of a command holds, in words."""

REPLY_TEXT = {
    "none": "no field",
    "text": "`VALUE`, text",
    "json": "`VALUE`, JSON text",
    "integer": "`VALUE`, an integer",
    "boolean": "`VALUE`, 1 or 0",
    "job": "the fields of the job; none when there is no such job",
    "jobs": "`VALUE`, a run of `JOB_FIELDS` records",
    "page": "`VALUE`, JSON text, and `JOBS`, a `JOB_FIELDS` record per item, empty where the job is gone",
    "bulk": "for each entry, in the order of the request, `JOB_ID` or `ENTRY_ERROR`",
    "outcome": "`OUTCOME`, and `DELAY` where delayed",
    "next job": "`OUTCOME` of a job that was ended, and `RETRY_DELAY` where delayed; the fields of "
    "the next job and its `TOKEN` if one was taken; `RATE_LIMIT` and `DELAY_UNTIL` where they hold",
}
