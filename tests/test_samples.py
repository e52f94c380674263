"""A demonstration has two made-up firms whose codes anybody may read; any other Usher has none of them."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import App, build
from bot.samples import LASTS, keep_samples, samples
from bot.settings import load
from handlers.reception import Reception
from models.codes import code_in, listed, redeem
from models.contacts import participants_of
from models.message import Address, Ask
from models.participants import domain_of, domains_of, mail_domain, participants
from models.store import Store
from tests.reception_cast import Person

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
AMY, BEN = Address("web", "amy"), Address("telegram", "7")


async def started(url: str, **given: str) -> App:
    return await build(load({"DATABASE_URL": url, "PORT": "0", "SECRET_KEY": "k" * 40, **given}, ROOT / "nothing.env"))


async def test_a_demonstration_has_two_of_them(database_url: str) -> None:
    app = await started(database_url, DEMO="1")
    assert [one.code for one in await app.store.read(participants)] == ["DEMO1", "DEMO2"]
    await app.close()


async def test_any_other_usher_has_none_and_their_codes_do_nothing(database_url: str) -> None:
    app = await started(database_url)
    assert await app.store.read(participants) == []
    assert await app.store.read(listed) == []
    said = await app.reception.take(Ask("one", AMY, AMY, samples()[0].enrolment, NOW))
    assert not said.reply.renews
    assert await app.store.read(participants_of, AMY) == []
    await app.close()


async def test_a_demonstration_that_starts_again_has_them_once(database_url: str) -> None:
    for _ in range(2):
        app = await started(database_url, DEMO="1")
        assert [one.code for one in await app.store.read(participants)] == ["DEMO1", "DEMO2"]
        assert len(await app.store.read(listed)) == 2
        await app.close()


async def test_two_copies_that_start_at_once_have_them_once(store: Store) -> None:
    await asyncio.gather(*(store.write(keep_samples, NOW) for _ in range(4)))
    assert len(await store.read(participants)) == len(await store.read(listed)) == 2


async def test_who_was_enrolled_before_a_restart_still_is(store: Store) -> None:
    await store.write(keep_samples, NOW)
    await store.write(redeem, sample_code(0), AMY, NOW)
    await store.write(keep_samples, NOW + timedelta(days=1))
    assert [one.code for one in await store.read(participants_of, AMY)] == ["DEMO1"]


async def test_everybody_can_use_their_codes_for_years(store: Store) -> None:
    await store.write(keep_samples, NOW)
    for number in range(30):
        await store.write(redeem, sample_code(number % 2), Address("web", str(number)), NOW + LASTS / 2)
    for code in await store.read(listed):
        assert (len(code.used_by), code.state(NOW + LASTS / 2)) == (15, "open")


async def test_the_code_as_the_page_shows_it_enrols_in_any_channel(store: Store, reception: Reception) -> None:
    await store.write(keep_samples, NOW)
    amy = Person(reception, "amy")
    for one in samples():
        assert (await amy.say(one.enrolment)).renews
    assert [one.code for one in await store.read(participants_of, AMY)] == ["DEMO1", "DEMO2"]
    told = await reception.take(Ask("tg:1", BEN, BEN, f"here: {samples()[1].enrolment.lower()}", NOW))
    assert told.reply.renews


def test_nobody_takes_them_for_real_firms() -> None:
    for one in samples():
        assert "Sample" in one.name
        assert "示範" in one.name
        assert one.code.startswith("DEMO")
        assert "DEMO" in one.enrolment
        assert all(domain.endswith(".example") for domain in one.domains)


def test_what_is_written_of_them_can_be_used() -> None:
    assert len({code_in(one.enrolment) for one in samples()} - {None}) == len(samples()) == 2
    assert [mail_domain(domain) for one in samples() for domain in one.domains] == ["sample-two.example"]
    assert domain_of("amy@sample-two.example") == "sample-two.example"


async def test_one_of_them_has_a_mail_domain(store: Store) -> None:
    await store.write(keep_samples, NOW)
    assert [await store.read(domains_of, code) for code in ("DEMO1", "DEMO2")] == [[], ["sample-two.example"]]


def sample_code(which: int) -> str:
    code = code_in(samples()[which].enrolment)
    assert code
    return code


@pytest.mark.parametrize("word", ["HKCC", "HKEX", "CCMS", "2FA", "2023"])
def test_nothing_of_them_belongs_to_one_circular(word: str) -> None:
    for file in ("samples.py", "samples.toml"):
        assert word not in (ROOT / "bot" / file).read_text(encoding="utf-8")
