"""Who is named as of the desk gets a link to its page by /desk, in private, for themselves; nobody else does."""

import re
from dataclasses import replace

import pytest

from bot.app import App
from bot.clock import machine_time
from handlers.phrasing import PcPage
from models.desk import redeem_link
from models.message import Address, Ask, Reply
from models.people import add_staff
from models.store import Store
from tests.desk_cast import SAM
from tests.reminders_cast import ONE_DATABASE
from tests.web_cast import KEY, MORNING

SAMS = Address("telegram", "22")


@pytest.fixture
async def usher(desk_usher: App, store: Store) -> App:
    """One that knows where it is reached, and Sam by his account."""
    desk_usher.reception.phrasing.pc_page = PcPage.of(KEY, "https://usher.example.org/")
    await store.write(add_staff, SAM, SAMS, machine_time())
    return desk_usher


async def told(usher: App, sender: Address = SAMS, text: str = "/desk", room: Address | None = None) -> Reply:
    ask = Ask(f"{sender}:{text}:{room}", sender, room or sender, text, MORNING)
    return (await usher.reception.take(ask)).reply


async def test_a_member_gets_a_link_that_signs_them_in(usher: App, store: Store) -> None:
    said = await told(usher)
    found = re.search(r"https://usher\.example\.org/desk#([\w-]{22})$", said.text)
    assert found
    assert said.private
    signed = await store.write(redeem_link, found[1], machine_time())
    assert signed
    assert signed.name == SAM


@ONE_DATABASE
@pytest.mark.parametrize("sender", [Address("telegram", "33"), Address("web", "amy"), Address("slack", "22")])
async def test_nobody_else_gets_one(usher: App, sender: Address) -> None:
    assert "#" not in (await told(usher, sender)).text


@ONE_DATABASE
async def test_none_is_given_where_others_read(usher: App) -> None:
    assert "#" not in (await told(usher, room=Address("telegram", "-100777"))).text


@ONE_DATABASE
async def test_where_no_address_is_known_they_are_told_who_can_make_one(usher: App) -> None:
    usher.reception.phrasing.pc_page = replace(usher.reception.phrasing.pc_page, address=None)
    assert f"python -m bot desk-link '{SAM}'" in (await told(usher)).text
