"""What is done at a tick: seats go on to who waits, and what is kept too long is taken out, by one copy or by many."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlmodel import col, select

from bot.app import build
from bot.settings import Settings
from bot.ticks import Ticks
from models.campaign import Campaign
from models.contacts import Contact
from models.conversation import Turn, record
from models.message import Address, Ask, Reply
from models.seats import Seat
from models.store import Store
from tests.channels_cast import ONE_DATABASE
from tests.program import running
from tests.reception_cast import ROOT
from tests.town_cast import HARBOUR, Colleague, Town, enrolled


@pytest.fixture
def ticks(town: Town) -> Ticks:
    return Ticks(town.store, town.reception.phrasing, [town.campaign], lambda: town.now, lambda: town.machine)


async def test_an_offer_that_lapsed_goes_on_to_the_next_in_line(
    town: Town, ticks: Ticks, ada: Colleague, bob: Colleague
) -> None:
    await ada.say("2 seats on the 24th for me and a colleague")
    await ada.say("Ben Lee, ben@harbour.example")
    await ada.press("Yes")
    for colleague in (bob, await enrolled(town, "Eve Ip", HARBOUR)):
        await colleague.say("a seat on 24 April for me")
        await colleague.press("Yes")
        await colleague.press("Put on the waiting list")
    await ada.say("cancel my seat")
    await ada.press("Yes")
    assert await offered(town) == ["Bob Lee"]
    town.now += timedelta(hours=25)
    await ticks.offer_seats()
    assert await offered(town) == ["Eve Ip"]
    await ticks.offer_seats()
    assert await offered(town) == ["Eve Ip"]


async def offered(town: Town) -> list[str]:
    mine = select(Seat.attendee_name).where(col(Seat.state) == "offered")
    return await town.store.read(lambda session: list(session.exec(mine)))


async def test_what_is_kept_too_long_goes_and_is_told_in_numbers(
    town: Town, ticks: Ticks, ada: Colleague, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.ticks")
    await ada.say("/name Ada Chan")
    await ticks.purge()
    assert caplog.messages == []
    town.now, town.machine = datetime(2026, 2, 3, tzinfo=UTC), town.machine + timedelta(days=91)
    await ticks.purge()
    assert caplog.messages == ["no longer kept, and put under pseudonyms: 1 contacts, 1 turns"]
    await ticks.purge()
    assert len(caplog.messages) == 1


async def test_several_copies_tick_at_once_and_nothing_is_done_twice(
    town: Town, ticks: Ticks, ada: Colleague, bob: Colleague
) -> None:
    for person in (ada, bob):
        await person.say("/name Some Body")
    town.now, town.machine = datetime(2026, 2, 3, tzinfo=UTC), town.machine + timedelta(days=91)
    async with asyncio.TaskGroup() as copies:
        for job in (ticks.purge, ticks.offer_seats, ticks.tidy) * 4:
            copies.create_task(job())
    names = await town.store.read(lambda session: list(session.exec(select(Contact.name))))
    assert len(set(names)) == 2
    assert all(name and name.startswith("forgotten-") for name in names)


@ONE_DATABASE
async def test_an_usher_that_is_built_has_its_jobs(store: Store, campaign: Campaign, tmp_path: Path) -> None:
    settings = Settings(secret_key=SecretStr("k" * 40), database_url=SecretStr(f"sqlite:///{tmp_path / 'its.db'}"),
                        campaigns=ROOT / "campaigns")  # fmt: skip
    app = await build(settings)
    assert app.ticking
    assert set(app.ticking._jobs) == {"reminders", "seats", "desk", "retention", "tidying"}
    app.ticking.start()
    await app.close()


async def test_targets_are_watched_only_where_that_is_set(tmp_path: Path) -> None:
    settings = Settings(secret_key=SecretStr("k" * 40), database_url=SecretStr(f"sqlite:///{tmp_path / 'its.db'}"),
                        campaigns=ROOT / "campaigns", check_every=10)  # fmt: skip
    app = await build(settings)
    assert app.ticking
    assert app.ticking._jobs["connections"].every == timedelta(minutes=10)
    await app.close()


def test_a_running_usher_takes_out_at_its_start_what_is_kept_too_long(tmp_path: Path) -> None:
    file = tmp_path / "var" / "usher.db"
    asyncio.run(old_conversation(f"sqlite:///{file}"))
    with running(tmp_path) as (bot, _):
        assert asyncio.run(words_gone(f"sqlite:///{file}"))
        bot.terminate()
        assert bot.wait(timeout=10) == 0


async def old_conversation(url: str) -> None:
    Path(url.removeprefix("sqlite:///")).parent.mkdir()
    store = await Store.open(url)
    then = datetime(2023, 4, 12, tzinfo=UTC)
    ada = Address("web", "ada")
    await store.write(record, Ask("1", ada, ada, "I am Ada", then), Reply("Hello Ada"), recorded_at=then)
    await store.close()


async def words_gone(url: str) -> bool:
    store = await Store.open(url)
    try:
        for _ in range(100):
            if await store.read(lambda session: session.exec(select(Turn.asked)).all()) == [""]:
                return True
            await asyncio.sleep(0.1)
    finally:
        await store.close()
    return False
