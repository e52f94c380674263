"""Buttons in Slack are pressed once, twice, in threads, in the Home, under what only one person sees, or forged."""

from typing import Any

import pytest

from bot.app import App
from models.support import open_cases
from tests import slack_events as events
from tests.channels_cast import ROOM
from tests.slack_cast import DEADLINES, NO, UNKNOWN, YES, answers, buttons, idle, only_sqlite, shown
from tests.slack_platform import Fault, Platform
from tests.slack_workspace import Message, User

pytestmark = only_sqlite


@pytest.fixture
def ann(slack: Platform) -> User:
    return slack.users["U0ANN"]


async def asked(slack: Platform, ann: User, place: str = "") -> Message:
    """A question that only support can answer, and Usher's offer."""
    await (slack.mention(ann, place, UNKNOWN) if place else slack.say(ann, UNKNOWN))
    (offer,) = await answers(slack, ann)
    assert buttons(offer.blocks) == [YES, NO]
    return offer


@pytest.mark.parametrize("place", ["", "C0GEN"])
async def test_a_press_is_answered_in_its_place_and_shown_as_made(
    in_slack: App, slack: Platform, ann: User, place: str
) -> None:
    offer = await asked(slack, ann, place)
    sent = await slack.press(ann, offer, YES)
    _, told = await answers(slack, ann, 2, offer.channel)
    assert (sent.status, sent.body) == (200, "")
    assert told.text.startswith("Your question is noted as case 1")
    assert (told.channel, told.thread_ts, told.only_for) == (offer.channel, offer.thread_ts, None)
    await slack.until(lambda: f"✓ {YES}" in shown(offer))
    assert buttons(offer.blocks) == []


async def test_a_double_press_is_answered_once(in_slack: App, slack: Platform, ann: User) -> None:
    offer = await asked(slack, ann)
    first, second = (events.press(slack, ann, offer, YES) for _ in range(2))
    assert [(await slack.interact(press)).status for press in (first, second)] == [200, 200]
    await answers(slack, ann, 2)
    assert await idle(in_slack) == {"answered": 2}
    assert len(await in_slack.store.read(open_cases)) == 1


async def test_a_double_press_under_what_only_its_presser_sees_is_answered_once(
    in_slack: App, slack: Platform, ann: User
) -> None:
    await slack.command(ann, "C0GEN", UNKNOWN)
    (offer,) = await answers(slack, ann)
    for press in [events.press(slack, ann, offer, YES) for _ in range(2)]:
        await slack.interact(press)
    _, told = await answers(slack, ann, 2, offer.channel)
    assert told.text.startswith("Your question is noted as case 1")
    assert (told.channel, told.only_for) == ("C0GEN", ann.id)
    assert await idle(in_slack) == {"answered": 2}


async def test_quick_starts_can_be_pressed_again_and_again(in_slack: App, slack: Platform, ann: User) -> None:
    await slack.say(ann, "help")
    (offer,) = await answers(slack, ann)
    start = buttons(offer.blocks)[0]
    for count in (2, 3):
        await slack.press(ann, offer, start)
        await answers(slack, ann, count)
    await idle(in_slack)
    _, first, second = slack.shown_to(ann)
    assert shown(first) == shown(second)
    assert start in buttons(offer.blocks)


async def test_a_start_in_the_home_is_answered_in_a_direct_message_each_time(
    in_slack: App, slack: Platform, ann: User
) -> None:
    await slack.open_home(ann)
    home = await slack.until(lambda: slack.home(ann))
    for count in (1, 2):
        await slack.press(ann, home, "Deadlines")
        await answers(slack, ann, count)
    assert [(one.channel, DEADLINES in shown(one)) for one in slack.shown_to(ann)] == [("D0ANN", True)] * 2


async def test_the_press_of_somebody_else_in_the_channel_passes_nothing_on(
    in_slack: App, slack: Platform, ann: User
) -> None:
    offer = await asked(slack, ann, "C0GEN")
    await slack.press(slack.users["U0SAM"], offer, YES)
    await answers(slack, ann, 2)
    await idle(in_slack)
    assert await in_slack.store.read(open_cases) == []


async def test_a_choice_that_slack_will_not_show_as_made_is_made(in_slack: App, slack: Platform, ann: User) -> None:
    offer = await asked(slack, ann)
    slack.fail("chat.update", Fault("edit_window_closed"))
    await slack.press(ann, offer, YES)
    await slack.until(lambda: slack.called("chat.update"))
    assert await idle(in_slack) == {"answered": 2}


async def test_a_forged_value_does_nothing(in_slack: App, slack: Platform, ann: User) -> None:
    offer = await asked(slack, ann)
    forged = ("/support ffffffffffffffff", "/a other deadlines", "/reply 1 hello", "/nothing of the kind", "a" * 2000)
    for number, value in enumerate(forged, start=2):
        press = events.press(slack, ann, offer, YES)
        press["actions"][0]["value"] = value
        assert (await slack.interact(press)).ok
        await answers(slack, ann, number)
    await idle(in_slack)
    assert await in_slack.store.read(open_cases) == []
    assert slack.shown_to(slack.users["U0SAM"], ROOM) == []


NO_PRESS: tuple[dict[str, Any], ...] = (
    {"actions": []},
    {"actions": [{"type": "static_select", "selected_option": {"value": "/help"}}]},
    {"actions": [{"type": "button"}]},
    {"user": {}},
    {"container": {"type": "message"}},
    {"actions": None},
)


async def test_a_press_that_makes_no_sense_does_nothing(in_slack: App, slack: Platform, ann: User) -> None:
    offer = await asked(slack, ann)
    answered = [(await slack.interact(events.press(slack, ann, offer, YES) | broken)).status for broken in NO_PRESS]
    assert answered == [400, 200, 200, 400, 400, 400]
    assert await idle(in_slack) == {"answered": 1}
