"""The pump between the core and the event loop."""

import asyncio


class Failing:
    """Waits for an answer and fails on it."""

    def done(self):
        return False

    def set_result(self, record):
        raise RuntimeError("in the middle of a batch")


async def test_an_error_in_the_middle_of_a_batch_loses_no_other_event(queue):
    reported = []
    asyncio.get_running_loop().set_exception_handler(
        lambda loop, context: reported.append(str(context["exception"]))
    )
    await queue.add("x")
    client = queue._client
    answers = [client.call(queue._queue, b"getJobState", b'{"id":"1"}', b"") for _ in range(5)]
    second = next(number for number, waits in client._waiting.items() if waits is answers[1])
    client.expect(second, Failing())
    async with asyncio.timeout(10):
        await asyncio.gather(answers[0], *answers[2:])
        while not reported:
            await asyncio.sleep(0)
    assert reported == ["in the middle of a batch"]
    assert (await queue.get_job_state("1")) == "waiting"


async def test_an_answer_nobody_waits_for_any_more_is_dropped(queue):
    adding = asyncio.create_task(queue.add("x"))
    await asyncio.sleep(0)
    adding.cancel()
    await asyncio.wait([adding])
    assert adding.cancelled()
    assert (await queue.add("y")).id == "2"
