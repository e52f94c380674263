"""What stands around the conversation: the circulars' names, their timeline, quick starts, a demonstration's time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.app import App
from bot.page.bubbles import Moment, moment_of, quick_starts
from bot.page.own import Own, own
from bot.page.words import Words, offered, tag, words
from handlers.facts import Event, Standing, next_event, standings, timeline
from models.campaign import Campaign
from models.participants import Participant
from models.wording import Wording

STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}  # that a demonstration's time is moved by


@dataclass(frozen=True)
class Row:
    """One line of a timeline; `safe` is the last safe day, where the circular names the day after it."""

    when: str
    name: str
    standing: Standing
    safe: str | None


@dataclass(frozen=True)
class Circular:
    """A circular as the head of the page tells of it."""

    key: str
    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Demonstration:
    """The time at which a demonstration lives, and what comes next in it."""

    moment: Moment
    event: Event | None
    moves: int


@dataclass(frozen=True)
class Frame:
    """Everything that the layout needs. `language` is the page's own; answers may stand in another."""

    language: str
    lang: str
    words: Words
    others: Mapping[str, str]
    circulars: tuple[Circular, ...]
    starts: Mapping[str, str]
    demonstration: Demonstration | None
    stamp: str


class Frames:
    """Makes frames, and keeps the last of each language for as long as it holds: it has some forty dates in words."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._made: dict[str, Frame] = {}

    def of(self, language: str) -> Frame:
        made = self._made.get(language)
        if made is None or made.stamp != stamp(self._app):
            made = self._made[language] = _frame(self._app, language)
        return made

    def own(self, participants: Sequence[Participant], language: str) -> Own:
        """What stands there for one visitor alone, who acts for these participants."""
        return own(participants, self._app.campaigns, self.of(language).starts, language)


def _frame(app: App, language: str) -> Frame:
    now = app.clock.now()
    return Frame(
        language=language,
        lang=tag(language),
        words=words(language),
        others={other: words(other)["name"] for other in offered(app.campaigns) if other != language},
        circulars=tuple(_circular(campaign, language, now) for campaign in app.campaigns),
        starts=quick_starts(app.campaigns, language),
        demonstration=_demonstration(app, language, now),
        stamp=stamp(app),
    )


def stamp(app: App) -> str:
    """Changes when a frame made earlier is out of date: at midnight; in a demonstration by the minute or a move."""
    now = app.clock.now()
    days = sorted({f"{now.astimezone(campaign.zone):%Y-%m-%d}" for campaign in app.campaigns})
    if not app.settings.demo:
        return " ".join(days)
    moves = app.demonstration.moves if app.demonstration else 0
    return " ".join([*days, f"{now.astimezone(app.campaigns[0].zone):%H:%M}", str(moves)])


def destination(app: App, by: str, now: datetime) -> datetime | None:
    """Where a demonstration's time goes by a step's name or, by `event`, to the next one; None where there is none."""
    if by in STEPS:
        return now + STEPS[by]
    event = next_event([Wording.of(campaign, campaign.prevails, now) for campaign in app.campaigns])
    return event.at if event and by == "event" else None


def _circular(campaign: Campaign, language: str, now: datetime) -> Circular:
    wording = Wording.of(campaign, language, now)
    items = timeline(wording)
    rows = tuple(
        Row(wording.listed(item.when), item.name, stands, wording.on(item.safe, "list_date") if item.safe else None)
        for item, stands in zip(items, standings(items, wording.today), strict=True)
    )
    return Circular(campaign.key, wording.word(campaign.name), rows)


def _demonstration(app: App, language: str, now: datetime) -> Demonstration | None:
    if not app.settings.demo:
        return None
    event = next_event([Wording.of(campaign, language, now) for campaign in app.campaigns])
    moves = app.demonstration.moves if app.demonstration else 0
    return Demonstration(moment_of(now, app.campaigns[0], language), event, moves)
