"""The cast of the tests of Slack's forms: acts that need more than a button can tell, and who opens their windows."""

from typing import Any

import pytest

from handlers.permissions import Role, Where
from handlers.talk import Act, Talk
from models.message import Choice, Reply
from tests.acts_cast import know
from tests.slack_cast import answers
from tests.slack_platform import Platform
from tests.slack_workspace import Message, User, View

PEOPLE = "field-0/text"  # the field of the window
AMY = "Amy Wong, amy@example.com\nBen Ho, ben@example.com"
OFFER = "Register people"


def _offer(talk: Talk, argument: str) -> Reply:
    label = "登記" if talk.language.startswith("zh") else OFFER
    return Reply("Who comes?", choices=(Choice(label, "/with kom", form=True),), language=talk.language)


def _with(talk: Talk, argument: str) -> Reply:
    """Needs a briefing and people; asks for the people where they are missing."""
    if " " not in argument:
        talk.expect(f"/with {argument}")
        return Reply(f"Who comes to {argument}?", language=talk.language, private=True)
    return Reply(f"({talk.language}) Held: {argument}", language=talk.language, private=True)


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Usher know these acts, for one test."""
    know(monkeypatch, "/offer", Act(_offer))
    know(monkeypatch, "/with", Act(_with), where=Where.PRIVATE)
    know(monkeypatch, "/secret", Act(_with), Role.MEMBER, Where.PRIVATE)


async def offered(slack: Platform, ann: User, place: str = "", thread_ts: str | None = None) -> Message:
    if place:
        await slack.mention(ann, place, "/offer")
    else:
        await slack.say(ann, "/offer", thread_ts=thread_ts)
    (offer,) = await answers(slack, ann)
    return offer


async def opened(slack: Platform, ann: User, place: Any, words: str = OFFER) -> View:
    """The window that a press of the button shows."""
    before = slack.modals.get(ann.id)
    sent = await slack.press(ann, place, words)
    assert (sent.status, sent.body) == (200, "")
    return await slack.until(lambda: now if (now := slack.modals.get(ann.id)) is not before else None)
