"""What the page shows to one visitor alone: for whom they act, and what they can ask for then."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.page.words import words
from handlers import front
from handlers.calendar import CALENDAR
from handlers.enrolment import JOIN
from handlers.front import Reader
from handlers.seats import SEATS
from handlers.status import STATUS
from models.campaign import Campaign
from models.participants import Participant

NAMED = 3  # participants that are named; of more there is a count


@dataclass(frozen=True)
class Own:
    """`acting` says for whom the visitor acts, empty where for nobody; `starts` are buttons, action and label.

    `stamp` changes when a page that was made earlier is out of date; of nobody's page it is empty.
    """

    acting: str
    starts: Mapping[str, str]
    stamp: str


def own(
    participants: Sequence[Participant], campaigns: Sequence[Campaign], common: Mapping[str, str], language: str
) -> Own:
    """What is shown to somebody who acts for these participants; `common` are the buttons that everybody has."""
    told = labels(language)
    offered = _offered(campaigns)
    if not participants:
        starts = {**common, **({JOIN: told[JOIN]} if offered else {})}
    else:
        starts = {**{action: told[action] for action in offered}, **common}
    acting = _acting(participants, language)
    return Own(acting, starts, hashlib.sha256(acting.encode()).hexdigest()[:12] if acting else "")


@lru_cache(maxsize=8)
def labels(language: str) -> Mapping[str, str]:
    """What a button says that asks for something of one's own."""
    readers = (Reader(language), Reader(language, ("any",)))
    return {one.action: one.label for reader in readers for one in front.own(reader)}


def _offered(campaigns: Sequence[Campaign]) -> list[str]:
    """What the circulars leave to be done for a participant."""
    has_tasks = any(campaign.tasks for campaign in campaigns)
    has_briefings = any(campaign.briefings for campaign in campaigns)
    offered = {STATUS: has_tasks, SEATS: has_briefings, CALENDAR: has_tasks}
    return [action for action, so in offered.items() if so]


def _acting(participants: Sequence[Participant], language: str) -> str:
    if not participants:
        return ""
    if len(participants) == 1:
        names = f"{participants[0].name} ({participants[0].code})"
    else:
        names = ", ".join(one.code for one in participants[:NAMED])
        names += f" +{len(participants) - NAMED}" if len(participants) > NAMED else ""
    return words(language)["acting"].format(names=names)
