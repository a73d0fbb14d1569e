"""signalled.py async|sync SOCKET short|endless: a worker that is ended by signals."""

import asyncio
import signal
import sys
import threading

import libbullmq
import libbullmq.sync

api, socket_path, length = sys.argv[1:]
connection = {"path": socket_path}
closing = threading.Event()


def mine(number, frame):
    """A handler of the program's own, which must come back."""


def on_closing():
    print("closing")
    closing.set()


async def handle(job):
    print("running", job.id)
    while length == "endless" or not closing.is_set():
        await asyncio.sleep(0.01)
    print("finished", job.id)


def handle_in_thread(job):
    print("running", job.id)
    if length == "endless":
        threading.Event().wait()
    closing.wait()
    print("finished", job.id)


with libbullmq.sync.Queue("signalled", connection=connection) as queue:
    queue.add_bulk([{"name": "x"}, {"name": "y"}])
signal.signal(signal.SIGTERM, mine)
if api == "async":
    worker = libbullmq.Worker("signalled", handle, connection=connection)
    worker.on("closing", on_closing)
    asyncio.run(worker.run())
else:
    worker = libbullmq.sync.Worker("signalled", handle_in_thread, connection=connection)
    worker.on("closing", on_closing)
    worker.run()
back = signal.getsignal(signal.SIGTERM) is mine
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
print("ended, handlers are back" if back else "ended, handlers are lost")
