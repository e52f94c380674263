"""Remembers what each participant says it has done, and what support has verified: every word of it, in order."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, Literal, NamedTuple

from sqlalchemy import Select, case, func
from sqlalchemy import select as columns
from sqlmodel import Field, Index, Session, SQLModel, col, select

from models.campaign import Campaign
from models.contacts import Contact
from models.participants import Participant
from models.store import in_turn

State = Literal["not_said", "done", "verified"]

DONE, TAKEN_BACK, VERIFIED, UNVERIFIED = "done", "taken_back", "verified", "unverified"
AT_ONCE = 500  # participants of which the standing is read at a time


class Declaration(SQLModel, table=True):
    """One thing that was said of a task; the last one holds, the others stay. `at` is campaign time.

    `what`: done, taken_back (by a contact, or by support for somebody who phoned), verified, unverified (by support).
    `by` is the name of who of support said it.
    """

    __table_args__ = (Index(None, "campaign", "participant", "task", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    campaign: str
    participant: str = Field(foreign_key="participant.code")
    task: str
    what: str
    contact_id: int | None = Field(default=None, foreign_key="contact.id")
    by: str | None = None
    evidence: str | None = None
    at: datetime
    recorded_at: datetime


@dataclass(frozen=True)
class Duty:
    """What one participant has to do: a task of a campaign."""

    campaign: str
    participant: str
    task: str


@dataclass(frozen=True)
class Behalf:
    """Who of support says it for a participant, which contact of it phoned, if that is known, and why (`evidence`)."""

    by: str
    contact_id: int | None
    evidence: str


@dataclass(frozen=True)
class Said:
    """Who said something last, and when: `at` is campaign time. A contact without a name, or forgotten, has None.

    `for_them`: somebody of support said it for the participant.
    """

    by: str | None
    at: datetime
    recorded_at: datetime
    evidence: str | None = None
    contact_id: int | None = None
    for_them: bool = False


@dataclass(frozen=True)
class Standing:
    """How a task stands: what the participant's people say, and what support says. Neither overrules the other."""

    declared: Said | None = None
    verified: Said | None = None

    @property
    def state(self) -> State:
        return "verified" if self.verified else "done" if self.declared else "not_said"


NOT_SAID = Standing()


# ------------------------------------------------------------------------------------------------------------- saying


def declare(
    session: Session, duty: Duty, contact_id: int, at: datetime, machine: datetime, evidence: str | None = None
) -> bool:
    """Have a contact say that it is done. What is said already is not said again: False then."""
    said = Declaration(**vars(duty), what=DONE, contact_id=contact_id, evidence=evidence, at=at, recorded_at=machine)
    return _say(session, said)


def take_back(session: Session, duty: Duty, contact_id: int, at: datetime, machine: datetime) -> bool:
    """Have a contact take back what they or a colleague said; False where nothing was. What support verified stands."""
    return _say(session, Declaration(**vars(duty), what=TAKEN_BACK, contact_id=contact_id, at=at, recorded_at=machine))


def say_for(session: Session, duty: Duty, what: str, behalf: Behalf, at: datetime, machine: datetime) -> bool:
    """Have somebody of support say it for the participant, which phoned: `DONE` or `TAKEN_BACK`. False as above."""
    return _say(session, Declaration(**vars(duty), what=what, **vars(behalf), at=at, recorded_at=machine))


def verify(session: Session, duty: Duty, by: str, at: datetime, machine: datetime, evidence: str | None = None) -> bool:
    """Have support say that it has seen it done; False where it said so already."""
    said = Declaration(**vars(duty), what=VERIFIED, by=by, evidence=evidence, at=at, recorded_at=machine)
    return _say(session, said)


def unverify(session: Session, duty: Duty, by: str, at: datetime, machine: datetime) -> bool:
    """Have support take that back; False where it had not said it. What the participant says stands."""
    return _say(session, Declaration(**vars(duty), what=UNVERIFIED, by=by, at=at, recorded_at=machine))


def _say(session: Session, said: Declaration) -> bool:
    in_turn(session, f"status {said.campaign} {said.participant}")
    if _last_of_side(session, said) == said.what:
        return False
    session.add(said)
    session.flush()  # the next word of this transaction sees it
    return True


def _last_of_side(session: Session, said: Declaration) -> str:
    """What was said last by the side that speaks now, the participant's or support's; at first nothing is done."""
    own = (DONE, TAKEN_BACK) if said.what in (DONE, TAKEN_BACK) else (VERIFIED, UNVERIFIED)
    of_side = select(Declaration.what).where(
        Declaration.campaign == said.campaign,
        Declaration.participant == said.participant,
        Declaration.task == said.task,
        col(Declaration.what).in_(own),
    )
    return session.exec(of_side.order_by(col(Declaration.id).desc()).limit(1)).first() or own[1]


# ------------------------------------------------------------------------------------------------------------ reading


def standing(session: Session, campaign: str, participant: str) -> Mapping[str, Standing]:
    """How every task stands of which something was said; of others nothing was."""
    words = map(_Word._make, session.connection().execute(_last_words(campaign, [participant])))
    return {task: _standing(said) for task, said in groupby(words, attrgetter("task"))}


def history(session: Session, campaign: str, participant: str) -> Sequence[Declaration]:
    """Every word, in the order in which it was said."""
    said = select(Declaration).where(Declaration.campaign == campaign, Declaration.participant == participant)
    return session.exec(said.order_by(col(Declaration.id))).all()


def closed_tasks(session: Session, campaign: str, participants: Sequence[str] | None = None) -> set[tuple[str, str]]:
    """Each participant with each task that it, or support, says is done; of these participants, or of all."""
    words = _last_words(campaign, participants).with_only_columns(col(Declaration.participant), col(Declaration.task))
    said = words.where(col(Declaration.what).in_((DONE, VERIFIED))).order_by(None)
    return {(participant, task) for participant, task in session.connection().execute(said)}


def open_tasks(session: Session, campaign: Campaign) -> Iterator[tuple[str, str]]:
    """Each participant with each task that nobody says is done, by the order of the codes."""
    closed = closed_tasks(session, campaign.key)
    for code in session.exec(select(Participant.code).order_by(col(Participant.code))):
        yield from ((code, task) for task in campaign.task if (code, task) not in closed)


def all_standings(session: Session, campaign: Campaign) -> Iterator[tuple[str, str, str, Standing]]:
    """Code, name, task and standing: each participant with each task, also where nothing was said; a few at a time.

    Each participant's are of one moment.
    """
    everybody = columns(col(Participant.code), col(Participant.name)).order_by(col(Participant.code)).limit(AT_ONCE)
    page = session.connection().execute(everybody).all()
    while page:
        words = session.connection().execute(_last_words(campaign.key, [code for code, _ in page]))
        said: dict[tuple[str, str], list[_Word]] = defaultdict(list)
        for word in map(_Word._make, words):
            said[word.participant, word.task].append(word)
        for code, name in page:
            yield from ((code, name, task, _standing(said[code, task])) for task in campaign.task)
        page = session.connection().execute(everybody.where(col(Participant.code) > page[-1][0])).all()


class _Word(NamedTuple):
    """The last that one side said of a task."""

    participant: str
    task: str
    what: str
    by: str | None
    evidence: str | None
    at: datetime
    recorded_at: datetime
    contact_id: int | None
    name: str | None
    forgotten_at: datetime | None

    @property
    def said(self) -> Said:
        name = None if self.forgotten_at else self.name
        for_them = self.what == DONE and self.by is not None
        return Said(self.by or name, self.at, self.recorded_at, self.evidence, self.contact_id, for_them)


def _last_words(campaign: str, participants: Sequence[str] | None = None) -> Select[*tuple[Any, ...]]:
    """For each participant and task the last word of its people and the last one of support, with who said it."""
    side = case((col(Declaration.what).in_((VERIFIED, UNVERIFIED)), 1), else_=0)
    duty = col(Declaration.participant), col(Declaration.task)
    newest = columns(func.max(col(Declaration.id))).where(col(Declaration.campaign) == campaign)
    if participants is not None:
        newest = newest.where(col(Declaration.participant).in_(participants))
    said = columns(
        *duty,
        col(Declaration.what),
        col(Declaration.by),
        col(Declaration.evidence),
        col(Declaration.at),
        col(Declaration.recorded_at),
        col(Declaration.contact_id),
        col(Contact.name),
        col(Contact.forgotten_at),
    )
    with_names = said.outerjoin(Contact, col(Contact.id) == col(Declaration.contact_id))
    return with_names.where(col(Declaration.id).in_(newest.group_by(*duty, side))).order_by(*duty)


def _standing(words: Iterable[_Word]) -> Standing:
    told = {word.what: word.said for word in words}
    return Standing(told.get(DONE), told.get(VERIFIED))
