"""On the web, in Slack and in Telegram alike: a firm's people press what is done, and see it of one another."""

import pytest

from models import status
from tests.channels_cast import ONE_DATABASE
from tests.journeys_cast import HARBOUR, PEAK, Journey, Somebody
from tests.reception_cast import KEY

pytestmark = ONE_DATABASE
OWN = "This is your firm's own declaration, not HKCC's record."
USERS = "① CCMS users' e-mail addresses:"


async def member(journey: Journey, name: str, *firms: str) -> Somebody:
    """Somebody who acts for those firms, and has said their name."""
    person = journey.meet(name)
    for firm in firms:
        await person.say(journey.code[firm])
    await person.say(f"/name {name}")
    return person


async def said(journey: Journey, firm: str = HARBOUR) -> list[tuple[str, str]]:
    return [(row.task, row.what) for row in await journey.store.read(status.history, KEY, firm)]


async def test_what_one_presses_a_colleague_reads_and_takes_back(journey: Journey) -> None:
    amy, ben = await member(journey, "Amy", HARBOUR), await member(journey, "Ben", HARBOUR)
    shown = await amy.say("/status")
    assert f"{USERS} not said" in shown
    assert "Deadline ①②③: by Thursday 27 April 2023" in shown
    assert OWN in shown
    noted = await amy.press("Mark ① as registered")
    assert "Noted for Harbour Futures (A001):" in noted
    assert f"{USERS} said done by Amy, " in noted
    assert OWN in noted

    assert f"{USERS} said done by Amy, " in await ben.say("our status")
    assert f"{USERS} not said" in await ben.press("Take back ①")
    assert f"{USERS} not said" in await amy.say("/status")
    assert await said(journey) == [("emails.user", "done"), ("emails.user", "taken_back")]


async def test_one_presses_on_from_task_to_task_and_back_to_all(journey: Journey) -> None:
    amy = await member(journey, "Amy", HARBOUR)
    await amy.say("/status")
    for label in ("Mark ①", "Mark ②", "Mark ③"):
        await amy.press(label)
    assert (await amy.press("Our status")).count("said done by Amy") == 3
    assert [what for _, what in await said(journey)] == ["done"] * 3


async def test_free_words_note_nothing_until_a_button_is_pressed(journey: Journey) -> None:
    amy = await member(journey, "Amy", HARBOUR)
    assert "I note nothing until you press a button" in await amy.say("we have verified the connection")
    assert await said(journey) == []
    await amy.press("Mark ③ as verified")
    assert await said(journey) == [("connection", "done")]


async def test_another_firm_s_button_is_refused(journey: Journey, caplog: pytest.LogCaptureFixture) -> None:
    eve = await member(journey, "Eve", PEAK)
    refused = await eve.say(f"/done {KEY} connection {HARBOUR}")
    assert "I can only do that for a CP that you act for." in refused
    assert f"may not act for {HARBOUR}: refused" in caplog.text
    assert await said(journey) == []


async def test_a_button_is_for_the_firm_that_it_names(journey: Journey) -> None:
    dee = await member(journey, "Dee", HARBOUR, PEAK)
    for firm, name in ((PEAK, "Peak Clearing (B002)"), (HARBOUR, "Harbour Futures (A001)")):
        assert name in await dee.say(f"/status {KEY} {firm}")
        assert f"Noted for {name}:" in await dee.press("Mark ②")
        assert await said(journey, firm) == [("emails.da", "done")]
