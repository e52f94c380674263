"""Fetching updates: nothing is lost or answered twice, one copy does it at a time, and faults are waited out."""

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot.intake import NotTaken
from bot.telegram.poll import Pace, Pauses
from models.inbox import counted
from models.leases import hold, let_go
from models.store import Store
from tests.channels_cast import ONE_DATABASE, QUICK, Start, listener_of
from tests.telegram_chats import User
from tests.telegram_platform import Fault, TelegramPlatform

MACHINE = datetime(2026, 2, 3, tzinfo=UTC)
LASTS = timedelta(seconds=30)
UNHURRIED = replace(QUICK, lease=2.0)  # a machine that is busy for a moment must not lose it


@pytest.fixture
def ann(telegram: TelegramPlatform) -> User:
    return telegram.user(101, "Ann", language_code="en")


@ONE_DATABASE
async def test_an_old_webhook_is_deleted_first(start_usher: Start, telegram: TelegramPlatform, ann: User) -> None:
    telegram.updates.webhook = {"url": "https://old.example"}
    async with start_usher():
        await telegram.reply(ann, telegram.say(ann, "/help"))
    methods = [call.method for call in telegram.calls]
    assert methods.index("deleteWebhook") < methods.index("getUpdates")
    assert all(call.status != 409 for call in telegram.calls)


@ONE_DATABASE
async def test_updates_are_confirmed_only_once_they_are_written_down(
    start_usher: Start, telegram: TelegramPlatform, store: Store, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with telegram.updates.held() as kept:
        await telegram.say(ann, "/help")
    async with start_usher() as app:
        listener = listener_of(app)
        await telegram.until(lambda: telegram.called("getUpdates"))
        with monkeypatch.context() as broken:
            broken.setattr(listener._inside, "take", _not_taken)
            telegram.updates.put(*kept)
            await telegram.until(lambda: len(telegram.called("getUpdates")) > 2)
            assert len(telegram.updates.pending) == 1
    assert len(telegram.updates.pending) == 1  # it was stopped before
    async with start_usher():
        await telegram.until(lambda: telegram.shown_to(ann))
        await telegram.until(lambda: not telegram.updates.pending)
    assert await store.read(counted) == {"answered": 1}


@ONE_DATABASE
async def test_a_stop_after_the_writing_and_before_the_confirming_answers_once(
    start_usher: Start, telegram: TelegramPlatform, store: Store, ann: User
) -> None:
    with telegram.updates.held() as kept:
        await telegram.say(ann, "/help")
    for _ in range(2):
        async with start_usher():
            telegram.updates.put(*kept)
            await telegram.until(lambda: not telegram.updates.pending)
    await telegram.until(lambda: telegram.shown_to(ann))
    assert len(telegram.shown_to(ann)) == 1
    assert await store.read(counted) == {"answered": 1}


@ONE_DATABASE
async def test_updates_twice_and_out_of_order_are_answered_once_each_and_a_broken_one_holds_up_none(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    with telegram.updates.held() as kept:
        for said in ("/help", "/deadlines", "/language"):
            await telegram.say(ann, said)
    first, second, third = kept
    broken = {"update_id": second["update_id"] - 100, "message": {"date": "soon", "chat": {"id": "?"}}}
    strange: list[Any] = [{"update_id": 5}, {"update_id": 6, "message": 7}, {"update_id": 7, "callback_query": []}]
    async with start_usher() as app:
        await telegram.until(lambda: listener_of(app).me)
        telegram.updates.put(third, first, broken, *strange, second)
        await telegram.until(lambda: len(telegram.shown_to(ann)) == 3)
        assert [one.text.split()[0] for one in telegram.shown_to(ann)] == ["I", "There", "In"]
        assert listener_of(app).refused["unreadable"] == 1


@ONE_DATABASE
async def test_a_conflict_and_a_broken_network_are_waited_out_with_growing_pauses(
    start_usher: Start, telegram: TelegramPlatform, ann: User, caplog: pytest.LogCaptureFixture
) -> None:
    conflict = Fault.refused(409, "Conflict: terminated by other getUpdates request")
    telegram.fail(
        "getUpdates", conflict, Fault.lost_before(), Fault.broken(500), conflict, Fault.broken(502, html=True)
    )
    pace = Pace(poll=5, lease=5, again=0.05, longest=0.4)
    async with start_usher(pace=pace):
        await telegram.reply(ann, telegram.say(ann, "/help"))
        times = [call.at for call in telegram.called("getUpdates")][:6]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert [pause >= expected for pause, expected in zip(pauses, (0.05, 0.1, 0.2, 0.4, 0.4), strict=True)] == [True] * 5
    assert pauses[-1] < 1.5
    assert len(telegram.called("setMyCommands")) == 2  # the menu is set once only
    assert "it is tried again" in caplog.text


def test_pauses_grow_up_to_the_longest_and_begin_anew_after_something_went_well() -> None:
    pauses = Pauses(Pace(again=1.0, longest=5.0))
    assert [pauses.next() for _ in range(5)] == [1.0, 2.0, 4.0, 5.0, 5.0]
    pauses.reset()
    assert pauses.next() == 1.0


@ONE_DATABASE
async def test_telegram_may_be_out_of_reach_at_the_start(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    telegram.fail("getMe", Fault.lost_before(), Fault.broken(503), Fault.too_many(1), Fault.broken(502, html=True))
    telegram.fail("setMyCommands", Fault.broken(500))
    async with start_usher():
        await telegram.say(ann, "/help")
        await telegram.until(lambda: telegram.shown_to(ann))
    tries = [call.at for call in telegram.called("getMe")]
    assert tries[3] - tries[2] >= 1.0  # told to wait a second


@ONE_DATABASE
async def test_a_mistake_of_our_own_does_not_end_the_listening(
    start_usher: Start, telegram: TelegramPlatform, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start_usher() as app:
        listener = listener_of(app)
        await telegram.until(lambda: telegram.called("getUpdates"))
        failed = asyncio.Event()

        async def mistake(*_: Any) -> None:
            failed.set()
            raise ZeroDivisionError

        with monkeypatch.context() as broken:
            broken.setattr(listener._inside, "take", mistake)
            await telegram.say(ann, "/help")
            await failed.wait()
        await telegram.until(lambda: telegram.shown_to(ann))


@ONE_DATABASE
async def test_a_stop_does_not_wait_for_an_open_poll(start_usher: Start, telegram: TelegramPlatform, ann: User) -> None:
    async with start_usher(pace=Pace(poll=50)) as app:
        await telegram.reply(ann, telegram.say(ann, "/help"))
        await telegram.until(lambda: telegram.called("getUpdates")[-1].status == 0)
        begun = time.monotonic()
        await app.channels.stop()
        assert time.monotonic() - begun < 0.5


async def test_two_copies_on_one_database_take_turns(start_usher: Start, telegram: TelegramPlatform, ann: User) -> None:
    async with AsyncExitStack() as second:
        async with start_usher(pace=UNHURRIED) as one:
            await telegram.until(lambda: telegram.called("getUpdates"))
            other = await second.enter_async_context(start_usher(pace=UNHURRIED))
            await telegram.until(lambda: listener_of(other).me)
            await telegram.reply(ann, telegram.say(ann, "/help"))
            await asyncio.sleep(1.5 * UNHURRIED.lease)
            assert all(call.status != 409 for call in telegram.calls)  # only one of them fetches
            assert listener_of(one).me
        begun = time.monotonic()
        await telegram.reply(ann, telegram.say(ann, "/deadlines"))
        assert time.monotonic() - begun < UNHURRIED.lease / 2  # the first let go
    assert len(telegram.shown_to(ann)) == 2


async def test_another_copy_takes_over_from_one_that_died(
    start_usher: Start, telegram: TelegramPlatform, ann: User
) -> None:
    async with start_usher() as one:
        await telegram.until(lambda: telegram.called("getUpdates"))
        listener = listener_of(one)
        listener._inside.let_go = _nothing  # type: ignore[method-assign,assignment]  # it dies without a word
        assert listener._listening
        listener._listening.cancel()
        died = time.monotonic()
        async with start_usher():
            await telegram.say(ann, "/help")
            await telegram.until(lambda: telegram.shown_to(ann))
            assert 0.3 * QUICK.lease < time.monotonic() - died < 3 * QUICK.lease


async def test_a_copy_whose_lease_was_taken_fetches_no_more(
    start_usher: Start, telegram: TelegramPlatform, store: Store
) -> None:
    async with start_usher() as app:
        await telegram.until(lambda: telegram.called("getUpdates"))
        me = listener_of(app).me
        assert me
        name, now = f"telegram:{me.id}", datetime.now(UTC)
        await store.write(let_go, name, app.channels.copy)
        assert await store.write(hold, name, "another", now, LASTS)
        await asyncio.sleep(QUICK.lease)
        known = len(telegram.called("getUpdates"))
        await asyncio.sleep(QUICK.lease)
        assert len(telegram.called("getUpdates")) == known
        await store.write(let_go, name, "another")
        await telegram.until(lambda: len(telegram.called("getUpdates")) > known)


async def test_a_lease_is_of_one_copy_until_it_runs_out_or_is_let_go(store: Store) -> None:
    assert await store.write(hold, "poll", "one", MACHINE, LASTS)
    assert not await store.write(hold, "poll", "two", MACHINE + LASTS - timedelta(seconds=1), LASTS)
    assert await store.write(hold, "poll", "one", MACHINE + LASTS / 2, LASTS)
    assert not await store.write(hold, "poll", "two", MACHINE + LASTS, LASTS)
    assert await store.write(hold, "other", "two", MACHINE, LASTS)
    await store.write(let_go, "poll", "two")
    assert not await store.write(hold, "poll", "two", MACHINE + LASTS, LASTS)
    assert await store.write(hold, "poll", "two", MACHINE + 1.5 * LASTS, LASTS)
    await store.write(let_go, "poll", "two")
    assert await store.write(hold, "poll", "three", MACHINE, LASTS)


async def test_of_many_copies_that_ask_at_once_one_gets_the_lease(store: Store) -> None:
    given = await asyncio.gather(*(store.write(hold, "poll", f"copy {n}", MACHINE, LASTS) for n in range(12)))
    assert sum(given) == 1


async def _not_taken(*_: Any) -> None:
    raise NotTaken from OperationalError("SELECT", {}, Exception("down"))


async def _nothing(*_: Any) -> None:
    pass
