"""Support gives the login information of a webinar once, and each who is registered gets it once."""

from pathlib import Path

import pytest

from bot.briefings import _post
from models.campaign import Campaign
from models.outbox import Message
from tests.program import told
from tests.town_cast import HARBOUR, Colleague, Town

KEY = "ccms-2fa-2023"
MEETING = "Meeting 123 456 789, passcode {brace} <b>"


async def give(town: Town, campaign: Campaign, text: str = MEETING, briefing: str = "25apr") -> int:
    phrasing = town.reception.phrasing
    return await town.store.write(_post, phrasing, True, campaign, campaign.briefing[briefing], text, "Sam")


async def logins(town: Town) -> list[Message]:
    return [row for row in await town.posted() if row.key.startswith("login:")]


async def test_who_is_registered_gets_it_once_by_mail_or_in_the_chat(
    town: Town, campaign: Campaign, ada: Colleague
) -> None:
    await ada.say(f"/with {KEY} 25apr {HARBOUR} me; Ben Lee ben@harbour.example")
    await ada.press("Yes")
    assert await give(town, campaign) == 2
    await give(town, campaign)  # the same text a second time tells nobody anew
    sent = await logins(town)
    assert sorted(row.address for row in sent) == ["mail:ben@harbour.example", str(ada.room)]
    assert all(MEETING in row.reply.text for row in sent)


async def test_who_registers_later_gets_it_at_once(town: Town, campaign: Campaign, ada: Colleague) -> None:
    await give(town, campaign)
    held = await ada.say(f"/take {KEY} 25apr {HARBOUR}")
    assert MEETING in held.text
    assert await logins(town) == []


async def test_another_text_is_sent_anew(town: Town, campaign: Campaign, ada: Colleague) -> None:
    await ada.say(f"/take {KEY} 25apr {HARBOUR}")
    await give(town, campaign)
    await give(town, campaign, "Meeting 987")
    assert [row.key.rpartition(":")[2] for row in await logins(town)] == ["1", "2"]


async def test_it_goes_to_nobody_at_another_briefing(town: Town, campaign: Campaign, ada: Colleague) -> None:
    await ada.say(f"/take {KEY} 26apr {HARBOUR}")
    assert await give(town, campaign) == 0
    assert await logins(town) == []
    assert MEETING not in (await ada.say("our seats")).text


def test_the_command_lists_the_briefings_and_keeps_what_is_given(tmp_path: Path) -> None:
    listed = told(tmp_path, "briefing", "list")
    assert "  25apr: 2023-04-25 16:30, 0 seats, 0 waiting, needs login information\n" in listed.stdout
    file = tmp_path / "login.txt"
    file.write_text("Meeting 1\nPasscode 2\n", encoding="utf-8")
    kept = told(tmp_path, "briefing", "login", "25apr", "--file", str(file), "--by", "Sam")
    assert (kept.returncode, kept.stderr) == (0, "")
    assert kept.stdout.startswith("Kept for 25apr.")


@pytest.mark.parametrize(("given", "says"), [
    (("24apr", "--text", "x"), "24apr is no webinar"),
    (("27apr", "--text", "x"), "There is not one briefing 27apr"),
    (("25apr", "--text", "  "), "is empty"),
    (("25apr", "--text", "x" * 2001), "2001 letters"),
    (("25apr", "--file", "nowhere.txt"), "cannot be read"),
    (("25apr", "--campaign", "other", "--text", "x"), "There is not one briefing other 25apr"),
])  # fmt: skip
def test_what_cannot_be_given_is_refused_in_a_sentence(given: tuple[str, ...], says: str, tmp_path: Path) -> None:
    ended = told(tmp_path, "briefing", "login", *given)
    assert ended.returncode == 2
    assert says in ended.stderr
    assert ended.stderr.count("\n") == 1
