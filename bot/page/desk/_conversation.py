"""Shows one case with all that belongs to it: what its asker and Usher said, and all that the desk has done since."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from bot.page.bubbles import Exchange, Moment, exchanges, moment_of
from bot.page.words import Words
from handlers.support import Background, Support
from models import support
from models.campaign import Campaign
from models.conversation import Turn, offering
from models.message import Source
from models.outbox import Message, State
from models.people import staff
from models.support import Case, CaseEvent, Kind
from models.wording import Wording, in_script

BEFORE, SINCE = 10, 40  # turns of the asker around the question that are shown
_WAYS = {State.SENT: "delivered", State.PENDING: "on_its_way", State.SENDING: "on_its_way",
         State.UNCERTAIN: "uncertain"}  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One entry, as it is shown: `kind` says how it looks, `mark` which wish it was, `became` whether it arrived."""

    kind: str
    who: str
    moment: Moment
    text: str
    mark: str = ""
    files: Sequence[tuple[str, str]] = ()
    became: str = ""
    arrived: str = ""


@dataclass(frozen=True)
class Known:
    """A case as its page shows it. `before` was said earlier; `around` is what the desk knows of who asks."""

    case: Case
    before: Sequence[Item]
    items: Sequence[Item]
    head: Sequence[str]
    around: Sequence[str]
    would_have_said: str
    sources: Sequence[Source]
    colleagues: Sequence[str]


@dataclass(frozen=True)
class Reading:
    """What a case is shown with: the circulars, the desk, the reader's language and its words, the time."""

    campaigns: Sequence[Campaign]
    desk: Support
    language: str
    words: Words
    at: datetime


def known_of(session: Session, number: int, reading: Reading) -> Known | None:
    """All of it; None where there is no such case."""
    case = support.case_of(session, number)
    if case is None:
        return None
    campaign = reading.desk.phrasing.spoken_of(case.campaign)
    background = Background(session, reading.desk, case, Wording.of(campaign, reading.language, reading.at))
    events = support.events_of(session, number)
    told = _Told(background, reading, _messages(session, events))
    joined = {event.key.removeprefix("said:") for event in events if event.kind == Kind.SAID}
    before, since = _turns(session, case)
    later = [(turn.recorded_at, list(told.turn(turn, one))) for turn, one in _shown(session, since, reading)
             if turn.ask_id not in joined]  # fmt: skip
    entries = sorted([*later, *((one.recorded_at, [told.event(one)]) for one in events)], key=lambda entry: entry[0])
    return Known(
        case=case,
        before=[item for turn, one in _shown(session, before, reading) for item in told.turn(turn, one)],
        items=[item for _, items in entries for item in items],
        head=_lines(background.head, reading)[1:],
        around=_lines(background.standing, reading),
        would_have_said="" if background.was_answered else in_script(case.said, reading.language),
        sources=background.sources,
        colleagues=[one.name for one in staff(session) if one.name != case.holder],
    )


def _lines(text: str, reading: Reading) -> list[str]:
    return in_script(text, reading.language).split("\n") if text else []


def _turns(session: Session, case: Case) -> tuple[list[Turn], list[Turn]]:
    """What the asker wrote in that room before, and from the question on. In a group others wrote as well."""
    theirs = select(Turn).where(Turn.room == case.room, Turn.sender == case.sender)
    before = theirs.where(col(Turn.id) < case.turn_id).order_by(col(Turn.id).desc()).limit(BEFORE)
    since = theirs.where(col(Turn.id) >= case.turn_id).order_by(col(Turn.id)).limit(SINCE)
    return list(session.exec(before))[::-1], list(session.exec(since))


def _shown(session: Session, turns: Sequence[Turn], reading: Reading) -> Iterator[tuple[Turn, Exchange]]:
    return zip(turns, exchanges(turns, reading.campaigns, offering(session, turns)), strict=True)


def _messages(session: Session, events: Sequence[CaseEvent]) -> Mapping[str, Message]:
    keys = [event.key for event in events if event.kind in (Kind.REPLY, Kind.RULING)]
    found = session.exec(select(Message).where(col(Message.key).in_(keys))) if keys else ()
    return {message.key: message for message in found}


@dataclass(frozen=True)
class _Told:
    """Makes entries of what was kept."""

    background: Background
    reading: Reading
    messages: Mapping[str, Message]

    @property
    def person(self) -> str:
        return self.background.case.name or self.reading.words["asker"]

    def turn(self, turn: Turn, one: Exchange) -> Iterator[Item]:
        """What was asked, and what Usher said."""
        moment = self._moment(turn.at)
        if one.asked:
            kind = "question" if turn.id == self.background.case.turn_id else "asked"
            yield Item(kind, self.person, moment, one.asked)
        yield Item("usher", "Usher", moment, one.text)

    def event(self, event: CaseEvent) -> Item:
        moment, mark = self._moment(event.at), event.key
        if event.kind == Kind.SAID:
            return Item("asked", self.person, moment, event.text, files=_files(event))
        who = event.by or self.person
        if event.kind in (Kind.NOTE, Kind.TALK):
            return Item(str(event.kind), who, moment, event.text, mark, _files(event))
        if event.kind in (Kind.REPLY, Kind.RULING):
            way, became = self._became(event)
            return Item(str(event.kind), who, moment, event.text, mark, became=became, arrived=way)
        did = "given_back" if event.kind == Kind.HAND_OVER and not event.to else event.kind.replace(" ", "_")
        text = self.reading.words[f"did_{did}"].format(by=who, to=event.to or "")
        return Item("deed", who, moment, text + (f"\n{event.text}" if event.text else ""), mark)

    def _became(self, event: CaseEvent) -> tuple[str, str]:
        """Whether a reply has arrived: in a word and in a sentence."""
        told, message = self.reading.words, self.messages.get(event.key)
        if message is None:
            by_phone = self.background.case.by_phone
            return ("by_phone", told["became_by_phone"]) if by_phone else ("settled", told["became_settled"])
        way = _WAYS.get(State(message.state), "failed")
        other = self.background.other_way(message) if way in {"failed", "uncertain"} else ""
        reason = message.reason or ""
        sentence = told[f"became_{way}"].format(reason=reason, other=in_script(other, self.reading.language))
        return way, sentence.strip()

    def _moment(self, at: datetime) -> Moment:
        return moment_of(at, self.background.campaign, self.reading.language)


def _files(event: CaseEvent) -> list[tuple[str, str]]:
    """The names of what came with it, each with its link, if that leads somewhere."""
    listed = (line.rpartition(" ") for line in (event.files or "").splitlines())
    return [(name, link) if name and link.startswith("https://") else (f"{name} {link}".strip(), "")
            for name, _, link in listed]  # fmt: skip
