"""Writes times, names and dates of the circulars for the desk's pages, in the reader's language."""

from collections.abc import Callable
from datetime import datetime

from bot.page.desk._asked import Asked
from models.campaign import Campaign
from models.campaign import Words as Told
from models.wording import Wording, in_script, word_in

When = Callable[[datetime | None], str]


def when(asked: Asked) -> When:
    """Writes an instant to the minute, in the time zone of the first circular."""
    zone = asked.app.campaigns[0].zone
    return lambda at: f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else "–"


def zone_of(asked: Asked) -> str:
    """What that time is called."""
    first = asked.app.campaigns[0]
    return word(asked, first, first.time_label)


def word(asked: Asked, campaign: Campaign, words: Told) -> str:
    return in_script(word_in(words, asked.language, campaign.prevails), asked.language)


def wording(asked: Asked, campaign: Campaign) -> Wording:
    return Wording.of(campaign, asked.language, asked.at)
