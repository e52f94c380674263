"""What the tests of Slack share: what a person sees and can press there, and when Usher has nothing left to do."""

import asyncio
from typing import Any

import pytest

from bot.app import App
from models import inbox
from tests.database_cast import SQLITE
from tests.slack_platform import Platform
from tests.slack_workspace import Message, User

only_sqlite = pytest.mark.parametrize("database_url", [SQLITE], indirect=True)

DEADLINE = "When is the deadline?"
DEADLINES = "There are 3 deadlines:"
UNKNOWN = "Who pays for the parking of my helicopter?"  # what the circular does not say
YES, NO = "Yes, ask support", "No, thanks"


def channel(app: App) -> Any:
    """The Slack channel of this Usher."""
    assert app.channels
    return app.channels.listening["slack"]


def refused(app: App) -> dict[str, int]:
    return dict(channel(app).refused)


async def idle(app: App) -> dict[str, int]:
    """Wait until every event that was taken has ended; how many there are in each state."""
    while True:
        states = await app.store.read(inbox.counted)
        if not any(states.get(state) for state in inbox.OPEN):
            return states
        await asyncio.sleep(0.01)


async def answers(slack: Platform, user: User, count: int = 1, at: str | None = None) -> list[Message]:
    """What this person sees of Usher, once there is so much of it."""
    return await slack.until(lambda: seen if len(seen := slack.shown_to(user, at)) >= count else None)


def shown(message: Message) -> str:
    """Everything that the blocks show, without the buttons."""
    found = []
    for block in message.blocks:
        found += [block["text"]["text"]] if block["type"] == "section" else []
        found += [part["text"] for part in block["elements"]] if block["type"] == "context" else []
    return "\n".join(found)


def buttons(blocks: list[dict[str, Any]]) -> list[str]:
    return [one["text"]["text"] for block in blocks if block["type"] == "actions" for one in block["elements"]]
