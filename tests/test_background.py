"""What is done in the background is held until it ends, tells its errors once, and does not outlive who began it."""

import asyncio
import gc
import logging
from itertools import count

import pytest

from bot.background import Background

log = logging.getLogger("usher.tests.background")


class Expected(Exception):  # noqa: N818 - named after what it stands for
    pass


@pytest.fixture
def background() -> Background:
    return Background(log, Expected, OSError)


async def fail(error: Exception) -> None:
    raise error


async def ended(background: Background) -> None:
    async with asyncio.timeout(5):
        while not background.idle:  # noqa: ASYNC110 - nothing tells when it is
            await asyncio.sleep(0)


async def test_work_is_done_though_nobody_holds_it(background: Background) -> None:
    done: list[int] = []

    async def work(number: int) -> None:
        await asyncio.sleep(0.01)
        done.append(number)

    for number in range(20):
        background.begin(work(number), "work")
    gc.collect()
    await ended(background)
    assert done == list(range(20))


async def test_an_expected_error_is_one_line(background: Background, caplog: pytest.LogCaptureFixture) -> None:
    background.begin(fail(ConnectionResetError("cut")), "a greeting")
    background.begin(fail(Expected()), "a farewell")
    await ended(background)
    told = [(record.levelname, record.getMessage(), record.exc_info) for record in caplog.records]
    assert told == [("WARNING", "a greeting: cut", None), ("WARNING", "a farewell: Expected", None)]


async def test_any_other_error_has_its_traceback(background: Background, caplog: pytest.LogCaptureFixture) -> None:
    background.begin(fail(KeyError("blocks")), "a greeting")
    await ended(background)
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == ("ERROR", "a greeting failed")
    assert record.exc_info


async def test_one_failure_keeps_nothing_else_from_its_end(background: Background) -> None:
    done = asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0.01)
        done.set()

    background.begin(work(), "good")
    background.begin(fail(Expected()), "bad")
    await asyncio.wait_for(done.wait(), 1)


async def test_at_the_end_it_is_waited_for_and_then_cut_off(
    background: Background, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []

    async def work(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        done.append(name)

    background.begin(work("short", 0.01), "short")
    background.begin(work("endless", 3_600), "endless")
    began = asyncio.get_running_loop().time()
    await background.stop(0.2)
    assert (done, background.idle, caplog.records) == (["short"], True, [])
    assert asyncio.get_running_loop().time() - began < 1
    assert [task for task in asyncio.all_tasks() if task.get_name() == "endless"] == []


async def test_without_patience_nothing_is_waited_for(background: Background) -> None:
    background.begin(asyncio.sleep(3_600), "endless")
    await asyncio.wait_for(background.stop(), 1)
    await background.stop()
    assert background.idle


async def test_it_serves_on_after_a_stop(background: Background) -> None:
    numbers = count()

    async def work() -> None:
        next(numbers)

    await background.stop()
    background.begin(work(), "work")
    await ended(background)
    assert next(numbers) == 1
