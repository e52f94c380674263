"""Shows a kept conversation as bubbles: who said what, when in the campaign's time zone, on which words it rests."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, format_time

from bot.page.words import Words, tag, words
from handlers.commands import starts
from handlers.facts import ANSWER, SUPPORT
from models.campaign import Campaign
from models.conversation import Turn
from models.message import Reply
from models.wording import in_script, word_in


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
    link: str | None
    lang: str


@dataclass(frozen=True)
class Exchange:
    """One question and its answer as the page shows them. `new_day` is set on the first exchange of a day.

    `nonce` is that of the form that asked, `press` the one for its buttons: pressed in two tabs, each asks once. Once a
    choice was made, `settled`, none of them can be pressed any more.
    """

    number: int
    nonce: str
    press: str
    asked: str
    text: str
    lang: str
    words: Words
    moment: Moment
    new_day: str | None
    choices: tuple[ShownChoice, ...]
    settled: bool
    sources: tuple[ShownSource, ...]


def exchanges(turns: Sequence[Turn], campaigns: Sequence[Campaign], others: Sequence[Turn] = ()) -> list[Exchange]:
    """The turns, oldest first, as the page shows them. `others` are turns that pressed their buttons, or had buttons
    that they pressed.
    """
    everything = {turn.ask_id: turn for turn in (*others, *turns)}
    pressed: dict[str, set[str | None]] = {}
    for turn in everything.values():
        if turn.in_reply_to:
            pressed.setdefault(turn.in_reply_to, set()).add(turn.action)
    day = None
    shown = []
    for turn in turns:
        reply = turn.reply
        moment = moment_of(turn.at, _campaign_of(turn, campaigns), reply.language)
        made = pressed.get(turn.ask_id, set())
        shown.append(
            Exchange(
                number=turn.id or 0,
                nonce=turn.ask_id.rpartition(":")[2].rpartition("-")[0],
                press=f"press-{turn.id:012d}",
                asked=_asked(turn, everything.get(turn.in_reply_to or ""), campaigns),
                text=reply.text,
                lang=tag(reply.language),
                words=words(reply.language),
                moment=moment,
                new_day=moment.day if moment.iso[:10] != day else None,
                choices=tuple(ShownChoice(one.label, one.action, one.action in made) for one in reply.choices),
                settled=bool(made),
                sources=_sources(reply, campaigns),
            )
        )
        day = moment.iso[:10]
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


def _asked(turn: Turn, offered: Turn | None, campaigns: Sequence[Campaign]) -> str:
    """The words that were typed. A pressed button was sent as its action: what the person pressed was its label."""
    if turn.action != turn.asked:
        return turn.asked
    if offered:
        labels = {choice.action: choice.label for choice in offered.reply.choices}
        return labels.get(turn.asked, turn.asked)
    return label_of(turn.asked, campaigns, turn.language or "en")


def label_of(action: str, campaigns: Sequence[Campaign], language: str) -> str:
    """What a button with that action says, wherever it stood."""
    if label := quick_starts(campaigns, language).get(action):
        return label
    if action.startswith(f"{SUPPORT} "):
        return quick_starts(campaigns, language)[SUPPORT]
    titled = {f"{ANSWER} {one.key} {answer.key}": (one, answer) for one in campaigns for answer in one.answers}
    if action not in titled:
        return action
    campaign, answer = titled[action]
    return in_script(word_in(answer.title, language, campaign.prevails), language)


def quick_starts(campaigns: Sequence[Campaign], language: str) -> Mapping[str, str]:
    """The buttons above the question box, action and label: what the campaigns offer first, and the way to support."""
    return {choice.action: choice.label for choice in starts(campaigns, language)}


def _sources(reply: Reply, campaigns: Sequence[Campaign]) -> tuple[ShownSource, ...]:
    served = {campaign.key: campaign for campaign in campaigns}
    shown = []
    for source in reply.sources:
        campaign = served.get(source.campaign)
        name = campaign.name[campaign.prevails] if campaign and len(served) > 1 else None
        link = f"/circular/{source.campaign}/{mark(source.quote)}#quote" if campaign else None
        written = campaign.prevails if campaign else "en"
        shown.append(ShownSource(source.clause, source.quote, name, link, tag(written)))
    return tuple(shown)


def mark(quote: str) -> str:
    """A short name of a quote, for the address of the page that shows it in its circular."""
    return hashlib.sha256(quote.encode()).hexdigest()[:12]
