"""For the tests of programs that use libbullmq: a throw-away Redis, ``drain``, ``assert_added``.

    pytest_plugins = ["libbullmq.testing"]

in the conftest.py at the root of the tests brings the fixtures ``bullmq_redis``, a private Redis
that is empty at the start of each test, and ``bullmq_server``, the process behind it. Everything
else here works without pytest too.
"""

import sys

from ._added import added_jobs, assert_added, assert_not_added
from ._drain import Attempt, Drained, drain
from ._server import RedisServer

if "pytest" in sys.modules:
    from ._fixtures import bullmq_redis as bullmq_redis
    from ._fixtures import bullmq_server as bullmq_server

__all__ = [
    "Attempt",
    "Drained",
    "RedisServer",
    "added_jobs",
    "assert_added",
    "assert_not_added",
    "drain",
]
