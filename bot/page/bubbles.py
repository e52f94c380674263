"""Shows a kept conversation as bubbles: who said what, when in the campaign's time zone, on which words it rests."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, format_time

from bot.page.downloads import safe_name
from bot.page.own import labels
from bot.page.words import Words, tag, words
from handlers.commands import starts
from handlers.facts import ANSWER, SUPPORT
from handlers.support import alternatives
from models.campaign import Campaign
from models.conversation import Turn
from models.message import File, Reply
from models.wording import in_script, word_in

PRESS = "press-"  # the nonces of buttons under a reply begin with it


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
class ShownFile:
    """A file that can be fetched; `kind` and `size` are in words."""

    name: str
    kind: str
    size: str
    link: str


@dataclass(frozen=True)
class Exchange:
    """One question and its answer as the page shows them. `new_day` is set on the first exchange of a day.

    `nonce` is that of the form that asked, with the action if it was a press; `press` the one for its buttons: pressed
    in two tabs, each asks once, until one was answered. Where they are alternatives, `once`, none of them can be
    pressed any more when one was chosen, `settled`.
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
    once: bool
    settled: bool
    sources: tuple[ShownSource, ...]
    files: tuple[ShownFile, ...]


def exchanges(turns: Sequence[Turn], campaigns: Sequence[Campaign], others: Sequence[Turn] = ()) -> list[Exchange]:
    """The turns, oldest first, as the page shows them. `others` are turns that pressed their buttons, or had buttons
    that they pressed.
    """
    everything = {turn.ask_id: turn for turn in (*others, *turns)}
    pressed: dict[str, list[str | None]] = {}
    for turn in everything.values():
        if turn.in_reply_to:
            pressed.setdefault(turn.in_reply_to, []).append(turn.action)
    day = None
    shown = []
    for turn in turns:
        reply = turn.reply
        moment = moment_of(turn.at, _campaign_of(turn, campaigns), reply.language)
        made, once = pressed.get(turn.ask_id, []), _is_once(reply)
        shown.append(
            Exchange(
                number=turn.id or 0,
                nonce=_nonce(turn),
                press=f"{PRESS}{turn.id:012d}-{len(made)}",
                asked=_asked(turn, everything.get(turn.in_reply_to or ""), campaigns),
                text=reply.text,
                lang=tag(reply.language),
                words=words(reply.language),
                moment=moment,
                new_day=moment.day if moment.iso[:10] != day else None,
                choices=tuple(ShownChoice(one.label, one.action, one.action in made) for one in reply.choices),
                once=once,
                settled=once and bool(made),
                sources=_sources(reply, campaigns),
                files=tuple(_file(turn, number, one) for number, one in enumerate(reply.files, 1)),
            )
        )
        day = moment.iso[:10]
    return shown


def _is_once(reply: Reply) -> bool:
    """Whether choosing one of the choices decides against the others. A list of things to do has one for each."""
    return reply.behaviour == "clarify" or alternatives(reply)


def _nonce(turn: Turn) -> str:
    """All buttons under a reply have one nonce: what was pressed tells them apart."""
    nonce = turn.ask_id.rpartition(":")[2].rpartition("-")[0]
    return f"{nonce} {turn.asked}" if nonce.startswith(PRESS) else nonce


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
    if label := {**labels(language), **quick_starts(campaigns, language)}.get(action):
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


def _file(turn: Turn, number: int, file: File) -> ShownFile:
    told = words(turn.language or "en")
    kind = told["file_calendar"] if file.media_type == "text/calendar" else file.media_type.rpartition("/")[2].upper()
    return ShownFile(safe_name(file.name), kind, _size(len(file.content.encode())), f"/file/{turn.id}/{number}")


def _size(count: int) -> str:
    return f"{max(count / 1000, 0.1):.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


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
