"""An action names a seat; whether it may be done is looked up each time: who asks, and what the seat is now."""

from datetime import timedelta

import pytest

from tests.channels_cast import ONE_DATABASE
from tests.test_seat_talk import BEN, held, take_both
from tests.town_cast import Colleague, Town

pytestmark = ONE_DATABASE  # what is kept is tested on both databases with the models


@pytest.mark.parametrize("action", [
    "/seats ccms-2fa-2023 A001", "/seat ccms-2fa-2023 24apr A001", "/take ccms-2fa-2023 24apr A001",
    "/with ccms-2fa-2023 24apr A001 Eve, eve@peak.example", "/free 1", "/free 1 yes", "/swap 1", "/move 1 25apr",
    "/swap 1 Eve, eve@peak.example", "/wait ccms-2fa-2023 24apr A001", "/booked ccms-2fa-2023 24apr A001 X",
    "/unbooked ccms-2fa-2023 24apr A001",
])  # fmt: skip
async def test_another_firms_keys_do_nothing_and_show_nothing(
    town: Town, ada: Colleague, cleo: Colleague, action: str, caplog: pytest.LogCaptureFixture
) -> None:
    await take_both(ada)
    refused = await cleo.say(action)
    assert "I can only do that for a CP that you act for" in refused.text
    assert "Ada" not in refused.text
    assert await held(town) == ["Ada Chan", "Ben Lee"]
    assert "may not act for A001" in caplog.text


@pytest.mark.parametrize("action", [
    "/seat", "/seat x", "/seat ccms-2fa-2023", "/seat ccms-2fa-2023 nope A001", "/seat nope 24apr A001", "/free",
    "/free x",
    "/free 99999999999999999999", "/free -1", "/free ٣", "/swap", "/move 77 25apr", "/accept 5", "/unwait", "/unwait 9",
    "/hold", "/hold abc", "/queue zz", "/booked", "/take ccms-2fa-2023", "/seats nope",
])  # fmt: skip
async def test_what_names_nothing_is_answered_and_changes_nothing(town: Town, ada: Colleague, action: str) -> None:
    reply = await ada.say(action)
    assert reply.text
    assert await held(town) == []


async def test_a_read_back_of_another_person_cannot_be_said_yes_to(town: Town, ada: Colleague, bob: Colleague) -> None:
    await ada.say("2 seats on the 24th for me and a colleague")
    asked = await ada.say(BEN)
    await bob.say(asked.choices[0].action)
    assert await held(town) == []


async def test_a_read_back_of_a_quarter_of_an_hour_ago_holds_nothing(town: Town, ada: Colleague) -> None:
    await ada.say("2 seats on the 24th for me and a colleague")
    asked = await ada.say(BEN)
    town.machine += timedelta(minutes=16)
    await ada.say(asked.choices[0].action)
    assert await held(town) == []
