# examples/python/tasks.py: a handler that each process of a worker imports
from libbullmq.sync import Job


def count_primes(job: Job, token: str) -> int:
    found = 0
    for n in range(2, job.data["below"]):
        if job.cancelled:
            job.signal.raise_if_set()
        found += all(n % divisor for divisor in range(2, int(n**0.5) + 1))
    return found
