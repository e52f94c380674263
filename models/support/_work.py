"""What the people of the desk do with a case: each deed once, in order, under their name."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from models.store import announce
from models.support._rows import Case, CaseCard, CaseEvent, Example, Kind, State

NEWS = "cases"  # the topic that is announced when any case changes
CARDS = "cards"  # and the one for cards that are to be edited


class Held(Exception):  # noqa: N818 - named after the situation
    """Somebody else has claimed the case."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


class Ended(Exception):  # noqa: N818 - as above
    """The case is over: nothing of that kind can be done with it any more."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class NoCase(Exception):  # noqa: N818 - as above
    """There is no case of that number."""


@dataclass(frozen=True)
class By:
    """Who of the desk (None: the asker), at which campaign time, at which machine time."""

    name: str | None
    at: datetime
    recorded_at: datetime


@dataclass(frozen=True)
class Entry:
    """What is to be added to a case: `CaseEvent` says what its parts mean."""

    key: str
    kind: Kind
    text: str = ""
    to: str | None = None
    files: str | None = None
    number: int | None = None


def claim(session: Session, number: int, key: str, by: By) -> Case:
    """Take the case. Twice is once. Raises `Held` where somebody else has it, `Ended` or `NoCase`."""
    case = _live(session, number)
    if case.holder == by.name:
        return case
    if case.holder:
        raise Held(case.holder)
    return _done(session, case, Entry(key, Kind.CLAIM), by, holder=by.name)


def hand_over(session: Session, number: int, to: str | None, key: str, by: By) -> Case:
    """Give the case to a colleague; to None, back to all. Raises `Ended` or `NoCase`."""
    case = _live(session, number)
    if case.holder == to:
        return case
    return _done(session, case, Entry(key, Kind.HAND_OVER, to=to), by, holder=to)


def wait(session: Session, number: int, key: str, by: By) -> Case:
    """Note that it waits for somebody else than the desk; the asker's next words open it again."""
    case = _live(session, number)
    if case.state == State.WAITING:
        return case
    return _done(session, case, Entry(key, Kind.WAIT), by, state=State.WAITING, waits_since=None)


def resolve(session: Session, number: int, key: str, by: By) -> Case:
    case = _found(session, number)
    if case.state == State.RESOLVED:
        return case
    if not case.is_live:
        raise Ended(case.state)
    return _done(session, case, Entry(key, Kind.RESOLVE), by, state=State.RESOLVED, waits_since=None)


def reopen(session: Session, number: int, key: str, by: By) -> Case:
    """Go on with a case that is over, or that waits. Raises `Ended` where its asker was forgotten."""
    case = _found(session, number)
    if case.state == State.FORGOTTEN:
        raise Ended(case.state)
    if case.state == State.OPEN:
        return case
    return _done(session, case, Entry(key, Kind.REOPEN), by, state=State.OPEN, waits_since=by.at)


def note(session: Session, number: int, text: str, key: str, by: By) -> Case:
    """Keep a note, which never leaves the desk."""
    return _done(session, _found(session, number), Entry(key, Kind.NOTE, text), by)


def talk(session: Session, number: int, text: str, key: str, by: By) -> Case:
    """Keep what was said under the card and was no reply. `by` may be somebody who is not named as of the desk."""
    return _done(session, _found(session, number), Entry(key, Kind.TALK, text), by)


def reply(session: Session, number: int, text: str, key: str, by: By) -> CaseEvent | None:
    """Keep a reply, which counts from 1: the case waits for its asker from now on. None where it was kept before.

    `key` is that of the message that brings it. Raises `Ended` where nobody can be replied to, or `NoCase`.
    """
    return _outward(session, number, Entry(key, Kind.REPLY, text), by)


def rule(session: Session, number: int, answer: str, text: str, key: str, by: By) -> CaseEvent | None:
    """Keep that the circular's answer `campaign/key` was sent, and suggest the question as an example of it."""
    event = _outward(session, number, Entry(key, Kind.RULING, text, answer), by)
    if event:
        case, (campaign, _, name) = _found(session, number), answer.partition("/")
        if not session.exec(select(Example.id).where(Example.case_number == number)).first():
            session.add(
                Example(
                    case_number=number,
                    campaign=campaign,
                    answer=name,
                    text=case.question,
                    language=case.language,
                    by=by.name or "",
                    at=by.at,
                    recorded_at=by.recorded_at,
                )
            )
    return event


def come_back(session: Session, case: Case, since: datetime, now: datetime) -> None:
    """A reply did not reach its asker: the case waits for the desk again, since then, with who holds it."""
    if case.state == State.WAITING:
        case.state, case.waits_since = State.OPEN, since
    touch(session, case, now)


def record_event(session: Session, case: Case, entry: Entry, by: By) -> CaseEvent | None:
    """Add an entry to the case; None where this one was added before. Whoever calls it says `touch` as well."""
    if session.exec(select(CaseEvent.id).where(CaseEvent.key == entry.key)).first():
        return None
    event = CaseEvent(
        case_number=case.number or 0,
        key=entry.key,
        kind=entry.kind,
        by=by.name,
        text=entry.text,
        to=entry.to,
        files=entry.files,
        number=entry.number,
        at=by.at,
        recorded_at=by.recorded_at,
    )
    session.add(event)
    return event


def touch(session: Session, case: Case, now: datetime, *, new: bool = False) -> None:
    """Have the case shown anew, on its cards and on the desk page. Machine time."""
    if not new:
        case.version += 1
    case.changed_at = now
    session.add(case)
    session.flush()
    mine = update(CaseCard).where(col(CaseCard.case_number) == case.number, ~col(CaseCard.stale))
    session.connection().execute(mine.values(stale=True, tried_at=None))
    announce(session, NEWS)
    announce(session, CARDS)
    announce(session, news_of(case.number or 0))


def news_of(number: int) -> str:
    """The topic that is announced when this case changes."""
    return f"case:{number}"


def _outward(session: Session, number: int, entry: Entry, by: By) -> CaseEvent | None:
    case = _found(session, number)
    if case.state == State.FORGOTTEN:
        raise Ended(case.state)
    event = record_event(session, case, replace(entry, number=case.replies + 1), by)
    if event is None:
        return None
    case.replies += 1
    case.holder = case.holder or by.name
    # A reply to a case that is over is a last word, and does not begin it anew.
    if case.is_live:
        case.state, case.waits_since = State.WAITING, None
    touch(session, case, by.recorded_at)
    return event


def _found(session: Session, number: int) -> Case:
    case = session.get(Case, number, with_for_update=True, populate_existing=True)
    if case is None:
        raise NoCase
    return case


def _live(session: Session, number: int) -> Case:
    case = _found(session, number)
    if not case.is_live:
        raise Ended(case.state)
    return case


def _done(session: Session, case: Case, entry: Entry, by: By, **is_now: object) -> Case:
    if record_event(session, case, entry, by):
        for name, value in is_now.items():
            setattr(case, name, value)
        touch(session, case, by.recorded_at)
    return case
