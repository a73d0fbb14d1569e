"""Our commands in the place of BullMQ's own: Node BullMQ must not notice the difference."""

import json
import pathlib
import shutil
import subprocess

import pytest
import redis

FOLDER = pathlib.Path(__file__).parent / "differential"

pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="Node.js is not installed")


@pytest.fixture(scope="session")
def node_modules():
    """Node BullMQ in the version that package-lock.json names."""
    if not (FOLDER / "node_modules" / "bullmq").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=FOLDER, check=True)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_operations_leave_the_same_replies_keys_and_events(seed, node_modules, redis_socket, exported):
    redis.Redis(unix_socket_path=redis_socket).flushall()
    run = subprocess.run(
        ["node", FOLDER / "lockstep.mjs", redis_socket, exported, str(seed), "500"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    summary = json.loads(run.stdout)
    assert summary["operations"] == 500
    assert len(summary["replaced"]) == len(list(exported.glob("*.lua")))


def test_a_difference_in_an_event_is_found(node_modules, redis_socket, exported, tmp_path):
    redis.Redis(unix_socket_path=redis_socket).flushall()
    changed = shutil.copytree(exported, tmp_path / "changed")
    path = changed / "moveToActive-11.lua"
    path.write_text(path.read_text().replace("'prev', 'waiting'", "'prev', 'wait'"))
    run = subprocess.run(
        ["node", FOLDER / "lockstep.mjs", redis_socket, changed, "1", "500"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 1
    assert "events" in run.stderr
