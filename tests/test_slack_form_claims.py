"""What a form of Slack brings back is a claim: it gives no right, leads nowhere else, and is shown as written."""

import json
from typing import Any

import pytest

from bot.app import App
from tests import slack_events as events
from tests.slack_cast import answers, idle, only_sqlite, shown
from tests.slack_forms import AMY, PEOPLE, offered, opened, register
from tests.slack_platform import Platform
from tests.slack_workspace import User

pytestmark = only_sqlite


@pytest.fixture(autouse=True)
def _acts(monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)


@pytest.fixture
def ann(slack: Platform) -> User:
    return slack.users["U0ANN"]


HOSTILE = "<b>A & B</b> *C* <!channel> &amp; \u202e\x00 𠮷 \ud83d @here"


async def test_every_letter_in_a_field_arrives_as_it_was_written(in_slack: App, slack: Platform, ann: User) -> None:
    view = await opened(slack, ann, await offered(slack, ann))
    await slack.submit(ann, view, {PEOPLE: HOSTILE})
    told = (await answers(slack, ann, 2))[-1]
    assert told.blocks[0]["text"]["type"] == "plain_text"
    assert shown(told) == "(en) Held: kom <b>A & B</b> *C* <!channel> &amp; \u202e 𠮷 ? @here"


def forged(sent: dict[str, Any], number: int, **meant: Any) -> dict[str, Any]:
    """The same form, which claims something else to have been meant."""
    said = json.loads(sent["view"]["private_metadata"]) | meant
    return sent | {"view": sent["view"] | {"id": f"V0FORGED{number}", "private_metadata": json.dumps(said)}}


async def test_a_form_that_claims_another_action_gives_no_right_to_it(
    in_slack: App, slack: Platform, ann: User
) -> None:
    view = await opened(slack, ann, await offered(slack, ann))
    sent = events.submission(slack, ann, view, {PEOPLE: "1 Pay me."})
    said = {"/secret kom": "For that I must know which CP", "/reply": "Only named members of the support team"}
    for number, (action, begins) in enumerate(said.items(), start=2):
        assert (await slack.interact(forged(sent, number, action=action))).ok
        assert shown((await answers(slack, ann, number))[-1]).startswith(begins)


async def test_a_form_leads_nowhere_but_to_who_sent_it(in_slack: App, slack: Platform, ann: User) -> None:
    view = await opened(slack, ann, await offered(slack, ann))
    sent = events.submission(slack, ann, view, {PEOPLE: AMY})
    for number, thread in enumerate(("C0GEN", "C0GEN:1.2", "slack:D0SAM", "D0SAM:1.2", "", None), start=2):
        assert (await slack.interact(forged(sent, number, thread=thread, pressed="slack:C0GEN:1.2"))).ok
        assert (await answers(slack, ann, number))[-1].channel == "D0ANN"
    sam = slack.users["U0SAM"]
    other = forged(sent, 99) | {"user": {"id": sam.id, "team_id": sam.team, "name": sam.name}}
    assert (await slack.interact(other)).ok
    (told,) = await answers(slack, sam)
    assert (told.channel, len(slack.shown_to(ann))) == ("D0SAM", 7)


BROKEN: tuple[dict[str, Any], ...] = (
    {"action": 7},
    {"action": None},
    {"action": "/with " + "k" * 60},
    {"language": "<script>"},
    {"language": None},
    {"thread": 7},
    {"pressed": ["slack:C0GEN:1.2"]},
)


async def test_a_form_that_makes_no_sense_does_nothing(in_slack: App, slack: Platform, ann: User) -> None:
    view = await opened(slack, ann, await offered(slack, ann))
    sent = events.submission(slack, ann, view, {PEOPLE: AMY})
    for number, meant in enumerate(BROKEN):
        assert (meant, (await slack.interact(forged(sent, number, **meant))).status) == (meant, 400)
    for text in ("", "[]", "7", '"action"', "{}"):
        assert (await slack.interact(sent | {"view": sent["view"] | {"private_metadata": text}})).status == 400
    states: tuple[dict[str, Any], ...] = ({}, {"values": {}}, {"values": {"field-0": {}}})
    for state in states:
        assert (await slack.interact(sent | {"view": sent["view"] | {"state": state}})).status == 400
    assert await idle(in_slack) == {"answered": 1}
