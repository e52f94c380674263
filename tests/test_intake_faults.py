"""Whatever fails (a platform, the database, Usher itself), nobody is answered twice, and nobody is forgotten."""

import asyncio
import logging
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot import intake
from bot.intake import NotTaken
from models import inbox, reach
from models.inbox import State
from models.message import Address, Ask, Reply, SendError
from models.store import Store
from tests import intake_cast
from tests.intake_cast import NOON, QUICK, Clock, Copy, Start, asked, away, counted, pressed, until

clock, start, other_store = intake_cast.clock, intake_cast.start, intake_cast.other_store  # the fixtures


async def test_a_platform_that_asks_to_wait_is_given_that_time(start: Start) -> None:
    copy = start()
    copy.channel.fails = [SendError("wait", retry_after=0.3), SendError("wait", retry_after=0.2)]
    await copy.take(asked("amy", 1))
    await copy.done()
    first, second, third = copy.channel.tried
    assert second - first >= 0.3
    assert third - second >= 0.2
    assert copy.channel.texts == ["re amy 1"]


async def test_while_one_waits_for_its_time_the_others_are_answered(start: Start) -> None:
    copy = start(times=replace(QUICK, stop=0.01))
    copy.channel.fails = [SendError("wait", retry_after=60) for _ in range(70)]
    for number in range(70):
        await copy.take(asked(f"p{number}", 1))
    await until(lambda: not copy.channel.fails)
    await copy.take(asked("amy", 1))
    await until(lambda: copy.channel.texts == ["re amy 1"])


async def test_what_was_not_sent_is_tried_again_with_growing_pauses(start: Start) -> None:
    copy = start(times=replace(QUICK, again=0.04))
    copy.channel.fails = [SendError("away") for _ in range(3)]
    await copy.take(asked("amy", 1))
    await copy.done()
    pauses = [later - before for before, later in zip(copy.channel.tried, copy.channel.tried[1:], strict=False)]
    assert all(pause >= least for pause, least in zip(pauses, (0.04, 0.08, 0.16), strict=True))
    assert copy.channel.texts == ["re amy 1"]


@pytest.mark.parametrize("error", [SendError("wait", retry_after=60), SendError("away")])
async def test_an_answer_that_would_come_too_late_is_given_up(store: Store, start: Start, error: SendError) -> None:
    copy = start(times=replace(QUICK, give_up=0.05, again=0.1))
    copy.channel.fails = [error]
    await copy.take(asked("amy", 1), asked("amy", 2))
    await copy.done()
    assert copy.channel.texts == ["re amy 2"]
    assert await counted(store, State.FAILED) == [1]


async def test_an_address_that_is_gone_is_closed_until_somebody_writes_from_there(store: Store, start: Start) -> None:
    copy = start()
    copy.channel.fails = [SendError("blocked\x00", permanent=True)]
    await copy.take(asked("amy", 1))
    await copy.done()
    closed = await store.read(reach.closed, Address("test", "amy"))
    assert closed
    assert closed.reason == "blocked"
    assert await counted(store, State.FAILED) == [1]
    await copy.take(asked("amy", 2))
    assert await store.read(reach.closed, Address("test", "amy")) is None


async def test_what_a_platform_takes_from_nobody_fails_and_closes_nothing(store: Store, start: Start) -> None:
    copy = start()
    copy.channel.fails = [SendError("too long", refused=True)]
    await copy.take(asked("amy", 1))
    await copy.done()
    assert len(copy.channel.tried) == 1
    assert await store.read(reach.closed, Address("test", "amy")) is None
    assert await counted(store, State.FAILED) == [1]


async def test_an_address_that_has_moved_is_answered_at_its_new_place(store: Store, start: Start) -> None:
    old, new = Address("test", "-1"), Address("test", "-1001")
    copy = start()
    copy.channel.fails = [SendError("moved", moved_to=new)]
    await copy.take(replace(asked("amy", 1), room=old, answer_at=Address("test", "-1::7")))
    await copy.done()
    assert (copy.channel.texts, copy.channel.places) == (["re amy 1"], [new])
    assert await store.read(reach.follow, old) == new
    assert await counted(store, State.ANSWERED) == [1]


async def test_an_address_that_moves_for_ever_is_given_up(store: Store, start: Start) -> None:
    copy = start()
    copy.channel.fails = [SendError("moved", moved_to=Address("test", f"-{number}")) for number in range(9)]
    await copy.take(replace(asked("amy", 1), room=Address("test", "-9")))
    await copy.done()
    assert await counted(store, State.FAILED) == [1]


@pytest.mark.parametrize("error", [SendError("lost", outcome_unknown=True), RuntimeError("a bug of the channel")])
async def test_what_may_have_been_sent_is_not_sent_again(store: Store, start: Start, error: Exception) -> None:
    copy = start()
    copy.channel.fails = [error]
    await copy.take(asked("amy", 1), asked("amy", 2))
    await copy.take(asked("amy", 1))
    await copy.done()
    assert copy.channel.texts == ["re amy 2"]
    assert await counted(store, State.UNCERTAIN, State.ANSWERED) == [1, 1]


async def test_a_bug_in_the_reception_is_apologised_for_and_harms_nobody_else(
    store: Store, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    copy = start()
    copy.reception.say = _breaks_at("amy 1", "/support 1")
    await copy.take(asked("amy", 1), asked("amy", 2), asked("ben", 1), pressed("cid"))
    await copy.done()
    assert sorted(copy.channel.texts) == ["re amy 2", "re ben 1", "sorry", "sorry"]
    assert await counted(store, State.FAILED, State.ANSWERED) == [2, 2]
    assert "a bug of the reception" in caplog.text
    copy.reception.say = intake_cast.echo
    await copy.take(pressed("cid"))
    await copy.done()
    assert copy.channel.texts[-1] == "re /support 1"


def _breaks_at(*texts: str) -> intake_cast.Say:
    def say(ask: Ask) -> Reply:
        if ask.text in texts:
            raise RuntimeError("a bug of the reception")
        return intake_cast.echo(ask)

    return say


async def test_an_event_of_a_channel_that_is_no_longer_there_holds_up_nobody(
    store: Store, start: Start, clock: Clock
) -> None:
    gone = replace(asked("amy", 1), sender=Address("gone", "amy"))
    await store.write(inbox.take, [gone, asked("ben", 1)], "dead", NOON)
    clock.move(60)
    copy = start()
    await copy.done()
    assert copy.channel.texts == ["re ben 1"]
    assert await counted(store, State.FAILED) == [1]


async def test_what_cannot_be_written_down_is_not_acknowledged_but_apologised_for_once_a_minute(
    store: Store, start: Start
) -> None:
    copy = start(times=replace(QUICK, keep_up=3600))
    await asyncio.sleep(0.1)
    async with away(store):
        for ask in (asked("amy", 1), asked("amy", 2), replace(asked("ben", 1), overheard=True)):
            with pytest.raises(NotTaken):
                await copy.take(ask)
        await until(lambda: copy.channel.texts == ["sorry"])
    assert await store.read(inbox.counted) == {}
    await copy.take(asked("amy", 1))
    await copy.done()
    assert copy.channel.texts == ["sorry", "re amy 1"]


async def test_a_database_that_is_too_slow_is_not_waited_for(
    store: Store, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, let = start(times=replace(QUICK, take=0.05, keep_up=3600)), asyncio.Event()
    await asyncio.sleep(0.1)
    write = store.write

    async def slow(*given: Any) -> Any:
        await let.wait()
        return await write(*given)

    with monkeypatch.context() as patch:
        patch.setattr(store, "write", slow)
        with pytest.raises(NotTaken):
            await copy.take(asked("amy", 1))
        let.set()
        await until(lambda: copy.channel.texts[:1] == ["sorry"])
    monkeypatch.setattr(copy.intake, "_times", QUICK)  # a machine that is busy needs longer than that little, too
    await copy.take(asked("amy", 1))
    await copy.done()
    assert copy.channel.texts == ["sorry", "re amy 1"]


async def test_an_answer_that_cannot_be_noted_is_noted_later_and_not_given_twice(store: Store, start: Start) -> None:
    copy = start()
    copy.channel.waits["amy"] = asyncio.Event()
    await copy.take(asked("amy", 1), asked("amy", 2))
    await until(lambda: bool(copy.channel.tried))
    async with away(store):
        copy.channel.waits["amy"].set()
        await until(lambda: bool(copy.channel.sent))
        with pytest.raises(NotTaken):
            await copy.take(asked("amy", 1))
        await asyncio.sleep(5 * QUICK.insist)
    await copy.take(asked("amy", 1))
    await copy.done()
    assert [text for text in copy.channel.texts if text != "sorry"] == ["re amy 1", "re amy 2"]
    assert await counted(store, State.ANSWERED) == [2]


async def test_a_note_whose_own_outcome_was_lost_loses_nobody(
    store: Store, start: Start, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, write, lost = start(), store.write, [True]

    async def loses(fn: Any, *given: Any) -> Any:
        result = await write(fn, *given)
        if fn is intake._settle and lost:
            lost.clear()
            raise OperationalError("", None, ConnectionError("after the commit"))
        return result

    monkeypatch.setattr(store, "write", loses)
    await copy.take(asked("amy", 1), asked("amy", 2))
    await until(lambda: not lost and not copy.intake._held)
    clock.move(31)
    await copy.done()
    assert copy.channel.texts == ["re amy 1", "re amy 2"]


async def test_while_the_database_is_away_what_was_taken_waits_for_it(store: Store, start: Start) -> None:
    copy = start()
    copy.reception.waits["amy 1"] = asyncio.Event()
    await copy.take(asked("amy", 1))
    await until(lambda: bool(copy.reception.heard))
    async with away(store):
        copy.reception.waits["amy 1"].set()
        await until(lambda: len(copy.reception.heard) > 2)
    await copy.done()
    assert copy.channel.texts == ["re amy 1"]


async def test_a_copy_that_slept_does_not_send_what_another_has_answered(
    store: Store, other_store: Store, start: Start, clock: Clock
) -> None:
    slept = Copy(store, "slept", clock)  # it keeps nothing up
    slept.reception.waits["amy 1"] = asyncio.Event()
    await slept.take(asked("amy", 1))
    await until(lambda: bool(slept.reception.heard))
    clock.move(31)
    awake = start("b", other_store)
    await awake.done()
    slept.reception.waits["amy 1"].set()
    await until(lambda: not slept.intake._held)
    await slept.intake.stop()
    assert (awake.channel.texts, slept.channel.texts) == (["re amy 1"], [])
    assert await counted(store, State.ANSWERED) == [1]


async def test_an_answer_that_was_kept_before_is_marked_as_being_sent_like_any_other(
    store: Store, start: Start
) -> None:
    copy = start(times=replace(QUICK, stop=0.01))
    copy.channel.fails = [SendError("no", refused=True)]
    await copy.take(pressed("amy"))
    await copy.done()
    copy.channel.waits["amy"] = asyncio.Event()
    await copy.take(pressed("amy"))
    await until(lambda: len(copy.channel.tried) == 2)
    assert await counted(store, State.SENDING) == [1]


async def test_stopping_without_a_database_ends(store: Store, start: Start, caplog: pytest.LogCaptureFixture) -> None:
    copy = start(times=replace(QUICK, stop=0.2))
    copy.channel.waits["amy"] = asyncio.Event()
    await copy.take(asked("amy", 1))
    await until(lambda: bool(copy.channel.tried))
    with caplog.at_level(logging.ERROR):
        async with away(store):
            await copy.intake.stop()
    assert copy.channel.sent == []


async def test_what_was_sent_and_cannot_be_noted_at_the_stop_is_not_given_back(
    store: Store, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, write = start(times=replace(QUICK, stop=0.2)), store.write

    async def never_notes(fn: Any, *given: Any) -> Any:
        if fn is intake._settle:
            raise OperationalError("", None, ConnectionError("away"))
        return await write(fn, *given)

    monkeypatch.setattr(store, "write", never_notes)
    await copy.take(asked("amy", 1))
    await until(lambda: bool(copy.channel.sent))
    await copy.intake.stop()
    assert await counted(store, State.SENDING) == [1]
