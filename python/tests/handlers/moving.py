"""Handlers that move their job."""

import time

from libbullmq import DelayedError


def delay_once(job, token):
    if job.attempts_started == 1:
        job.move_to_delayed(int(time.time() * 1000), token)
        raise DelayedError
    return "done"


def nothing(job):
    return None
