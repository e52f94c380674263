"""Takes people's names, addresses and words out of what is kept, once the time for which they are kept is over."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, case, delete, exists, false, or_, select, update
from sqlmodel import Session, SQLModel, col

from models.campaign import Campaign
from models.codes import LinkCode
from models.contacts import Contact, ContactAddress, Membership
from models.conversation import Turn, packed, unpacked
from models.forgetting import Person, Veil, directs_in
from models.message import Reply
from models.outbox import FREED, Message, State
from models.people import Preference
from models.pseudonyms import is_left, is_pseudonym, new_pseudonym
from models.reach import Closed
from models.seats import Seat, SeatEvent, Waiting
from models.status import Declaration
from models.store import in_turn
from models.support import Case, CaseReply

ENDED_BY = "retention"  # who ended a membership, where its time was over
USHER = "usher:itself"  # what Usher put into a conversation belongs to the one whose room it is


@dataclass(frozen=True)
class Over:
    """Everything personal of `campaign` that is from before `until`, campaign time.

    None stands for no campaign, and those that are served no more; messages belong there as well.
    """

    campaign: str | None
    until: datetime


@dataclass(frozen=True)
class Due:
    """What is kept no longer: parts of what came in, and the contacts who came `before`, machine time, if that is so.

    `served` are the campaigns that there are.
    """

    parts: Sequence[Over]
    served: frozenset[str]
    before: datetime | None

    def of(self, campaign: SQLColumnExpression[Any], at: SQLColumnExpression[datetime]) -> ColumnElement[bool]:
        """Whether a row of that campaign, of that time, is among it."""
        other = or_(campaign.is_(None), campaign.not_in(self.served))
        parts = (and_(campaign == one.campaign if one.campaign else other, at <= one.until) for one in self.parts)
        return or_(false(), *parts)


def kept_until(campaigns: Collection[Campaign]) -> datetime:
    """When people are forgotten by themselves."""
    return max(_ends(campaign) for campaign in campaigns)


def due(campaigns: Collection[Campaign], now: datetime, machine_now: datetime) -> Due:
    """What is kept no longer at `now`, campaign time.

    Of what came in after a campaign's last date the days are counted from then. What belongs to no campaign goes with
    those that had begun when it came in. Contacts go when every campaign is over, and as many days have passed since
    they came.
    """
    longest = max(map(_days, campaigns))
    ended = [campaign for campaign in campaigns if _ends(campaign) <= now]
    begun = (datetime.combine(one.calendar.first, time(), one.zone) for one in campaigns if one not in ended)
    parts = [
        *(Over(campaign.key, now - _days(campaign)) for campaign in ended),
        Over(None, min([now - longest, *begun])),
    ]
    before = machine_now - longest if len(ended) == len(campaigns) else None
    return Due(parts, frozenset(campaign.key for campaign in campaigns), before)


def is_due(session: Session, what: Due) -> bool:
    """Whether there is anything of it. Only looks."""
    wheres = (_old_turns(what), *(_old_attendees(kind, what) for kind in _ATTENDED), _old_evidence(what),
              _old_messages(what), *_old_contacts(what), *_old_choices(what))  # fmt: skip
    return any(session.scalar(select(exists().where(where))) for where in wheres)


def purge(session: Session, what: Due, machine_now: datetime, most: int = 200) -> Counter[str]:
    """Do a part of what is to be done, and tell how much of what; nothing where all is done.

    Each part is whole in itself: cut off between two, the next call goes on.
    """
    in_turn(session, "retention")  # two copies would give two pseudonyms to one person
    steps = (_conversations, _attendees, _evidence, _messages, _contacts, _choices)
    return next((done for step in steps if (done := step(session, what, machine_now, most))), Counter())


def _days(campaign: Campaign) -> timedelta:
    return timedelta(days=campaign.retention_days)


def _ends(campaign: Campaign) -> datetime:
    return campaign.ends + _days(campaign)


# ------------------------------------------------------------------------------------------------------ conversations


_who = case((col(Turn.sender) == USHER, col(Turn.room)), else_=col(Turn.sender))
_IS_BARE = '{"text":"",'  # how a stored reply without words begins


def _old_turns(what: Due) -> ColumnElement[bool]:
    has_words = or_(col(Turn.asked) != "", ~col(Turn.reply_json).startswith(_IS_BARE))
    return and_(what.of(col(Turn.campaign), col(Turn.at)), or_(~is_left(_who), has_words))


def _conversations(session: Session, what: Due, now: datetime, most: int) -> Counter[str]:
    """Who asked what: left is that somebody asked, when, and which answer it was."""
    old, done = _old_turns(what), Counter[str]()
    for person in session.connection().execute(select(_who).where(old).distinct().limit(most)).scalars().all():
        done += _conversation(session, person, and_(old, _who == person))
    return done


def _conversation(session: Session, person: str, which: ColumnElement[bool]) -> Counter[str]:
    pseudonym = person if is_pseudonym(person) else f"{person.partition(':')[0]}:{new_pseudonym()}"
    rows = select(*(col(getattr(Turn, name)) for name in ("id", "room", "sender", "action", "reply_json"))).where(which)
    found = session.connection().execute(rows).all()
    for row in found:
        values = {
            "room": pseudonym if row.room == person else row.room,
            "sender": pseudonym if row.sender == person else row.sender,
            "ask_id": f"{pseudonym}:{row.id}",
            "in_reply_to": None,
            "asked": "",
            "action": row.action and row.action.partition(" ")[0],
            "reply_json": _bare(row.reply_json),
        }
        session.connection().execute(update(Turn).where(col(Turn.id) == row.id).values(values))
    cases = _cases(session, [row.id for row in found], pseudonym)
    return Counter(turns=len(found), cases=cases)


def _cases(session: Session, turns: Collection[int], pseudonym: str) -> int:
    run, theirs = session.connection().execute, col(Case.turn_id).in_(turns)
    numbers = run(select(col(Case.number)).where(theirs)).scalars().all()
    if not numbers:
        return 0
    words = {"name": None, "question": "", "said": ""}
    state = case((col(Case.state) == "open", "forgotten"), else_=col(Case.state))
    run(update(Case).where(theirs).values(room=pseudonym, place=pseudonym, sender=pseudonym, state=state, **words))
    run(update(CaseReply).where(col(CaseReply.case_number).in_(numbers)).values(text=""))
    return len(numbers)


def _bare(reply_json: str) -> str:
    """What kind of reply it was."""
    reply = unpacked(reply_json)
    return packed(Reply("", reply.behaviour, answer=reply.answer, language=reply.language))


# ---------------------------------------------------------------------------------------------- seats and declarations


_ATTENDED: tuple[type[Any], ...] = (Seat, Waiting, SeatEvent)


def _old_attendees(kind: type[Any], what: Due) -> ColumnElement[bool]:
    came = kind.at if kind is SeatEvent else kind.since
    return and_(what.of(col(kind.campaign), col(came)), ~is_left(col(kind.attendee_name)))


def _attendees(session: Session, what: Due, now: datetime, most: int) -> Counter[str]:
    """Who sat or waited: left is that somebody did, for which firm."""
    names: dict[str, str] = {}
    for kind in _ATTENDED:
        some = select(kind).where(_old_attendees(kind, what)).order_by(col(kind.id)).limit(most)
        rows: Sequence[Seat | Waiting | SeatEvent] = session.scalars(some).all()
        for row in rows:
            pseudonym = names.setdefault(row.attendee_email or row.attendee_name, new_pseudonym())
            values = {"attendee_name": pseudonym, "attendee_email": None} | _own(row, pseudonym)
            session.connection().execute(update(kind).where(col(kind.id) == row.id).values(values))
        if rows:
            return Counter({str(kind.__tablename__): len(rows)})
    return Counter()


def _own(row: Seat | Waiting | SeatEvent, pseudonym: str) -> dict[str, Any]:
    """What else a row of that kind says of the attendee. Numbers of contacts and seats name nobody."""
    if isinstance(row, SeatEvent):
        return {} if row.what in ("swapped", "moved", "given") else {"note": None}
    key = row.attendee_key if row.attendee_key.startswith("contact:") else f"{pseudonym}:{row.id}"
    return {"attendee_key": key} | ({"booked_reference": None} if isinstance(row, Seat) else {})


def _old_evidence(what: Due) -> ColumnElement[bool]:
    return and_(what.of(col(Declaration.campaign), col(Declaration.at)), col(Declaration.evidence).is_not(None))


def _evidence(session: Session, what: Due, now: datetime, most: int) -> Counter[str]:
    """What was written down beside a declaration; the declaration itself stays."""
    said = update(Declaration).where(_old_evidence(what)).values(evidence=None)
    return +Counter(evidence=session.connection().execute(said).rowcount)


# ----------------------------------------------------------------------------------------------------------- messages


def _old_messages(what: Due) -> ColumnElement[bool]:
    until = (col(Message.due) <= one.until for one in what.parts if one.campaign is None)
    has_words = ~col(Message.reply_json).startswith(_IS_BARE)
    return and_(or_(false(), *until), or_(~is_left(col(Message.address)), has_words))


def _messages(session: Session, what: Due, now: datetime, most: int) -> Counter[str]:
    """What was sent: left is that something was, when, and what it was about. They are of no campaign by themselves."""
    old, done = _old_messages(what), Counter[str]()
    for address in (
        session.connection().execute(select(col(Message.address)).where(old).distinct().limit(most)).scalars().all()
    ):
        done += _sent(session, address, old, now)
    return done


def _sent(session: Session, address: str, old: ColumnElement[bool], now: datetime) -> Counter[str]:
    rows = session.scalars(select(Message).where(old, col(Message.address) == address)).all()
    email = {address.removeprefix("mail:")} if address.startswith("mail:") else ()
    directs = directs_in(text for row in rows for text in (row.key, row.reference) if text)
    pseudonym = new_pseudonym()
    veil = Veil(Person(frozenset({address}), emails=frozenset(email), directs=directs), pseudonym)
    for row in rows:
        key = veil.text(row.key, with_names=False)
        values: dict[str, Any] = {
            "key": row.key if key == row.key else f"{key}#{row.id}",
            "address": address if is_pseudonym(address) else f"{row.channel}:{pseudonym}",
            "reply_json": _bare(row.reply_json),
            "reference": None,
            "reason": row.reason and veil.text(row.reason, with_names=False),
        }
        if row.state in (State.PENDING, State.SENDING):  # whatever kept it for so long: nobody waits for it
            values |= {"state": str(State.CANCELLED), "reason": "no longer kept", "settled_at": now} | FREED
        session.connection().execute(update(Message).where(col(Message.id) == row.id).values(values))
    return Counter(messages=len(rows))


# ----------------------------------------------------------------------------------------------------------- contacts


def _old_contacts(what: Due) -> list[ColumnElement[bool]]:
    if what.before is None:
        return []
    return [and_(col(Contact.forgotten_at).is_(None), col(Contact.created_at) <= what.before)]


def _contacts(session: Session, what: Due, now: datetime, most: int) -> Counter[str]:
    """Who the people of the firms are, once no campaign needs them any more."""
    run = session.connection().execute
    ids = (
        run(select(col(Contact.id)).where(or_(false(), *_old_contacts(what))).order_by(col(Contact.id)).limit(most))
        .scalars()
        .all()
    )
    if not ids:
        return Counter()
    for one in ids:
        values = {"name": new_pseudonym(), "email": None, "language": None, "forgotten_at": now}
        run(update(Contact).where(col(Contact.id) == one).values(values))
    theirs = col(ContactAddress.contact_id).in_(ids)
    addresses = run(select(col(ContactAddress.address)).where(theirs)).scalars().all()
    for gone in (
        delete(Preference).where(col(Preference.address).in_(addresses)),
        delete(Closed).where(col(Closed.address).in_(addresses)),
        delete(LinkCode).where(col(LinkCode.contact_id).in_(ids)),
        delete(ContactAddress).where(theirs),
    ):
        run(gone)
    acting = update(Membership).where(col(Membership.contact_id).in_(ids), col(Membership.until).is_(None))
    run(acting.values(until=now, ended_by=ENDED_BY))
    return Counter(contacts=len(ids))


def _old_choices(what: Due) -> list[ColumnElement[bool]]:
    if what.before is None:
        return []
    return [col(Preference.chosen_at) <= what.before, col(Closed.closed_at) <= what.before]


def _choices(session: Session, what: Due, now: datetime, most: int) -> Counter[str]:
    """What is remembered of an address, whoever writes there."""
    kinds: tuple[type[SQLModel], ...] = (Preference, Closed)
    gone = zip(kinds, _old_choices(what), strict=False)
    return +Counter({str(kind.__tablename__): session.connection().execute(delete(kind).where(old)).rowcount
                     for kind, old in gone})  # fmt: skip
