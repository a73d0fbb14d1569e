"""A queue driven through its Lua commands alone, with keys and arguments as the protocol has them."""

import json
import re

import msgpack

NOW = 1_760_000_000_000
TOKEN = "worker:1"


def read_commands(folder):
    """Reads what scripts/export-lua wrote: command name -> (number of keys, text)."""
    found = {}
    for path in folder.glob("*.lua"):
        name, keys = re.fullmatch(r"(\w+)-(\d+)\.lua", path.name).groups()
        found[name] = (int(keys), path.read_text())
    return found


def pack(value):
    return msgpack.packb(value, use_single_float=False)


def pairs(flat):
    return dict(zip(flat[::2], flat[1::2], strict=True))


FETCHING = [
    "wait",
    "active",
    "prioritized",
    "events",
    "stalled",
    "limiter",
    "delayed",
    "paused",
    "meta",
    "pc",
]
TAKE_KEYS = [*FETCHING, "marker"]


def finish_keys(state, id):
    return [*FETCHING, state, id, "metrics:" + state, "marker"]


class LuaQueue:
    def __init__(self, connection, commands, name):
        self.redis = connection
        self.commands = commands
        self.name = name
        self.prefix = name + ":"

    def key(self, suffix):
        return self.prefix + suffix

    def call(self, command, keys, *args):
        """Runs a command by EVALSHA. `keys` are key suffixes in order."""
        count, text = self.commands[command]
        assert len(keys) == count, f"{command} takes {count} keys"
        sha = self.redis.script_load(text)
        return self.redis.evalsha(sha, count, *[self.key(k) for k in keys], *args)

    # -- adding

    def add(
        self,
        opts=None,
        *,
        id="",
        name="job",
        data="{}",
        now=NOW,
        parent=None,
        parent_flags=None,
        waits_for_children=False,
        deferred=None,
        scheduler=None,
    ):
        opts = {"attempts": 0, **(opts or {})}
        dedup = opts.get("de", {}).get("id")
        parent_key = parent and f"{parent[0].name}:{parent[1]}"
        job = [
            self.prefix,
            id,
            name,
            float(now),
            parent_key,
            parent and parent_key + ":dependencies",
            parent and {"id": parent[1], "queueKey": parent[0].name, **(parent_flags or {})},
            scheduler,
            dedup and self.key("de:" + dedup),
            deferred,
        ]
        if waits_for_children:
            command, keys = "addParentJob", "meta id delayed waiting-children completed events"
        elif opts.get("delay", 0) > 0:
            command, keys = "addDelayedJob", "marker meta id delayed completed events"
        elif opts.get("priority"):
            command, keys = (
                "addPrioritizedJob",
                ("marker meta id prioritized delayed completed active events pc"),
            )
        else:
            command, keys = "addStandardJob", ("wait paused meta id completed delayed active events marker")
        return self.call(command, keys.split(), pack(job), data, pack(opts))

    # -- working

    def worker(self, **options):
        return {
            "token": TOKEN,
            "lockDuration": 30000,
            "keepJobs": {"count": -1},
            "attempts": 0,
            "maxMetricsSize": "",
            **options,
        }

    def take(self, now=NOW, **worker):
        """The reply of moveToActive with its job, if any, as (id, fields)."""
        reply = self.call("moveToActive", TAKE_KEYS, self.prefix, now, pack(self.worker(**worker)))
        return (reply[1], pairs(reply[0])) if isinstance(reply[0], list) else reply

    def finish(self, id, state="completed", result="null", *, fetch=False, now=NOW, fields=None, **worker):
        field = "returnvalue" if state == "completed" else "failedReason"
        reply = self.call(
            "moveToFinished",
            finish_keys(state, id),
            id,
            now,
            field,
            result,
            state,
            int(fetch),
            self.prefix,
            pack(self.worker(**worker)),
            pack(fields) if fields else "",
        )
        if isinstance(reply, list) and isinstance(reply[0], list):
            return (reply[1], pairs(reply[0]))
        return reply

    def delay(self, id, ms, *, now=NOW, token=TOKEN, skip_attempt=0, fields=None, fetch=False):
        keys = [
            "marker",
            "active",
            "prioritized",
            "delayed",
            id,
            "events",
            "meta",
            "stalled",
            "wait",
            "limiter",
            "pc",
        ]
        reply = self.call(
            "moveToDelayed",
            keys,
            self.prefix,
            now,
            id,
            token,
            ms,
            skip_attempt,
            pack(fields) if fields else "",
            int(fetch),
            pack(self.worker()),
        )
        return (reply[1], pairs(reply[0])) if isinstance(reply, list) else reply

    def retry(self, id, *, push="LPUSH", token=TOKEN, fields=None, now=NOW):
        keys = [
            "active",
            "wait",
            "paused",
            id,
            "meta",
            "events",
            "delayed",
            "prioritized",
            "pc",
            "marker",
            "stalled",
        ]
        return self.call("retryJob", keys, self.prefix, now, push, id, token, pack(fields) if fields else "")

    def check_stalled(self, *, max_stalls=1, now=NOW):
        keys = "stalled wait active stalled-check meta paused marker events repeat"
        self.redis.delete(self.key("stalled-check"))
        return self.call("moveStalledJobsToWait", keys.split(), max_stalls, self.prefix, now, 30000)

    def pause(self):
        return self.call(
            "pause", ["wait", "paused", "meta", "prioritized", "events", "delayed", "marker"], "paused", 1
        )

    def resume(self):
        return self.call(
            "pause", ["paused", "wait", "meta", "prioritized", "events", "delayed", "marker"], "resumed", 1
        )

    # -- looking

    def job(self, id):
        return self.redis.hgetall(self.key(id))

    def opts(self, id):
        return json.loads(self.job(id)["opts"])

    def list(self, name):
        return self.redis.lrange(self.key(name), 0, -1)

    def scores(self, name):
        return dict(self.redis.zrange(self.key(name), 0, -1, withscores=True))

    def exists(self, *suffixes):
        return self.redis.exists(*[self.key(s) for s in suffixes])

    def events(self):
        """Every event as (name, fields), oldest first."""
        found = []
        for _, fields in self.redis.xrange(self.key("events")):
            found.append((fields.pop("event"), fields))
        return found

    def forget_events(self):
        self.redis.delete(self.key("events"))
