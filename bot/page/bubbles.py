"""Shows a kept conversation as bubbles: who said what, when in the campaign's time zone, on which words it rests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, format_time

from models.campaign import Campaign
from models.conversation import Turn
from models.message import Choice, Reply

# A tag that says which writing is meant, for fonts and screen readers.
TAGS = {"zh-Hant": "zh-Hant-HK"}
SOURCE_WORDS = {"zh-Hant": "出處（英文原文）", "zh-Hans": "出处（英文原文）"}
PERSON_WORDS = {"zh-Hant": "你", "zh-Hans": "你"}


@dataclass(frozen=True)
class Moment:
    """An instant of campaign time, in words for a person and in figures for the browser."""

    day: str
    time: str
    iso: str


@dataclass(frozen=True)
class ShownChoice:
    label: str
    action: str
    chosen: bool


@dataclass(frozen=True)
class ShownSource:
    """`circular` names the circular only where several are served and the clause alone would not tell."""

    clause: str
    quote: str
    circular: str | None


@dataclass(frozen=True)
class Exchange:
    """One question and its answer as the page shows them. `new_day` is set on the first exchange of a day."""

    asked: str
    text: str
    lang: str
    person_word: str
    source_word: str
    moment: Moment
    new_day: str | None
    choices: tuple[ShownChoice, ...]
    sources: tuple[ShownSource, ...]


def exchanges(turns: Sequence[Turn], campaigns: Sequence[Campaign]) -> list[Exchange]:
    """The turns, oldest first, as the page shows them."""
    labels: dict[str, str] = {}
    day = None
    shown = []
    for turn, following in zip_longest(turns, turns[1:]):
        reply = turn.reply
        moment = moment_of(turn.at, _campaign_of(turn, campaigns), reply.language)
        shown.append(
            Exchange(
                # A pressed button was sent as its action; what the person saw and pressed was its label.
                asked=labels.get(turn.asked, turn.asked),
                text=reply.text,
                lang=TAGS.get(reply.language, reply.language),
                person_word=PERSON_WORDS.get(reply.language, "You"),
                source_word=SOURCE_WORDS.get(reply.language, "Source"),
                moment=moment,
                new_day=moment.day if moment.iso[:10] != day else None,
                choices=tuple(_choice(choice, following) for choice in reply.choices),
                sources=_sources(reply, campaigns),
            )
        )
        day = moment.iso[:10]
        labels |= {choice.action: choice.label for choice in reply.choices}
    return shown


def moment_of(at: datetime, campaign: Campaign, language: str = "en") -> Moment:
    """The instant as the campaign's readers write it: `Wed, 12 Apr 2023` and `10:00 HKT`."""
    local = at.astimezone(campaign.zone)
    locale = _locale(campaign, language)
    label = campaign.time_label.get(language, campaign.time_label[campaign.prevails])
    return Moment(
        day=format_skeleton("yMMMEd", local, locale=locale),
        time=f"{format_time(local, 'HH:mm', locale=locale)} {label}",
        iso=local.isoformat(timespec="seconds"),
    )


def _locale(campaign: Campaign, language: str) -> Locale:
    try:
        return Locale.parse(campaign.locales.get(language, language).replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


def _campaign_of(turn: Turn, campaigns: Sequence[Campaign]) -> Campaign:
    """The campaign that answered; where none did, the first speaks."""
    return next((campaign for campaign in campaigns if campaign.key == turn.campaign), campaigns[0])


def _choice(choice: Choice, following: Turn | None) -> ShownChoice:
    return ShownChoice(choice.label, choice.action, following is not None and following.asked == choice.action)


def _sources(reply: Reply, campaigns: Sequence[Campaign]) -> tuple[ShownSource, ...]:
    names = {campaign.key: campaign.name[campaign.prevails] for campaign in campaigns} if len(campaigns) > 1 else {}
    return tuple(ShownSource(source.clause, source.quote, names.get(source.campaign)) for source in reply.sources)
