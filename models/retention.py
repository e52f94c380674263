"""Takes people's names, addresses and words out of what is kept, once the time for which they are kept is over."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, false, or_, select, update
from sqlmodel import Session, col

from models.campaign import Campaign
from models.codes import LinkCode
from models.contacts import Contact, ContactAddress, Membership
from models.conversation import Turn, packed, unpacked
from models.forgetting import Person, Veil, directs_in
from models.message import Reply
from models.outbox import FREED, Message, State
from models.people import Preference
from models.pseudonyms import is_left, new_pseudonym
from models.reach import Closed
from models.seats import Seat, SeatEvent, Waiting
from models.status import Declaration
from models.store import in_turn
from models.support import Case, CaseReply

ENDED_BY = "retention"  # who ended a membership, where its time was over
USHER = "usher:itself"  # what Usher put into a conversation belongs to the one whose room it is


@dataclass(frozen=True)
class Over:
    """Of `campaign` (of none, where that is None) everything personal that is from before `until`, campaign time."""

    campaign: str | None
    until: datetime


def kept_until(campaigns: Collection[Campaign]) -> datetime:
    """When people are forgotten by themselves."""
    return max(_ends(campaign) for campaign in campaigns)


def over(campaigns: Collection[Campaign], now: datetime) -> list[Over]:
    """What is kept no longer at `now`, campaign time.

    Of what came in after a campaign's last date the days are counted from then. What belongs to no campaign goes with
    those that had begun when it came in.
    """
    ended = [campaign for campaign in campaigns if _ends(campaign) <= now]
    if not ended:
        return []
    begun = (datetime.combine(one.calendar.first, time(), one.zone) for one in campaigns if one not in ended)
    without = min([now - max(map(_days, ended)), *begun])
    return [*(Over(campaign.key, now - _days(campaign)) for campaign in ended), Over(None, without)]


def purge(
    session: Session, campaigns: Collection[Campaign], now: datetime, machine_now: datetime, most: int = 200
) -> Counter[str]:
    """Do a part of what is to be done, and tell how much of what; nothing where all is done.

    Each part is whole in itself: cut off between two, the next call goes on. Contacts are forgotten once every campaign
    is over, and as many days have passed since they came, by the machine's time.
    """
    in_turn(session, "retention")  # two copies would give two pseudonyms to one person
    parts = over(campaigns, now)
    for step in (_conversations, _attendees, _evidence, _messages):
        if done := step(session, parts, machine_now, most):
            return done
    if campaigns and all(_ends(campaign) <= now for campaign in campaigns):
        return _contacts(session, machine_now - max(map(_days, campaigns)), machine_now, most)
    return Counter()


def _days(campaign: Campaign) -> timedelta:
    return timedelta(days=campaign.retention_days)


def _ends(campaign: Campaign) -> datetime:
    return campaign.ends + _days(campaign)


def _first(steps: Iterable[Counter[str]]) -> Counter[str]:
    """What the first of them has done that found something to do."""
    return next((done for done in steps if done), Counter())


# ------------------------------------------------------------------------------------------------------ conversations


def _conversations(session: Session, parts: Sequence[Over], now: datetime, most: int) -> Counter[str]:
    """Who asked what: left is that somebody asked, when, and which answer it was."""
    who = case((col(Turn.sender) == USHER, col(Turn.room)), else_=col(Turn.sender))
    # Of all that is over together: somebody's conversation gets one pseudonym, whatever it was about.
    over_by_now = (
        and_(col(Turn.campaign).is_not_distinct_from(one.campaign), col(Turn.at) <= one.until) for one in parts
    )
    old = and_(or_(false(), *over_by_now), ~is_left(who))
    done: Counter[str] = Counter()
    for person in session.connection().execute(select(who).where(old).distinct().limit(most)).scalars().all():
        done += _conversation(session, person, and_(old, who == person))
    return done


def _conversation(session: Session, person: str, which: ColumnElement[bool]) -> Counter[str]:
    pseudonym = f"{person.partition(':')[0]}:{new_pseudonym()}"
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


def _attendees(session: Session, parts: Sequence[Over], now: datetime, most: int) -> Counter[str]:
    """Who sat or waited: left is that somebody did, for which firm."""
    return _first(_attended(session, part, most) for part in parts)


def _attended(session: Session, part: Over, most: int) -> Counter[str]:
    names: dict[str, str] = {}
    kinds: tuple[tuple[Any, Any], ...] = ((Seat, Seat.since), (Waiting, Waiting.since), (SeatEvent, SeatEvent.at))
    for kind, came in kinds:
        old = and_(col(kind.campaign) == part.campaign, col(came) <= part.until, ~is_left(col(kind.attendee_name)))
        some = select(kind).where(old).order_by(col(kind.id)).limit(most)
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


def _evidence(session: Session, parts: Sequence[Over], now: datetime, most: int) -> Counter[str]:
    """What was written down beside a declaration; the declaration itself stays."""
    old = (and_(col(Declaration.campaign) == one.campaign, col(Declaration.at) <= one.until) for one in parts)
    said = update(Declaration).where(or_(false(), *old), col(Declaration.evidence).is_not(None)).values(evidence=None)
    return +Counter(evidence=session.connection().execute(said).rowcount)


# ----------------------------------------------------------------------------------------------------------- messages


def _messages(session: Session, parts: Sequence[Over], now: datetime, most: int) -> Counter[str]:
    """What was sent: left is that something was, when, and what it was about. They are of no campaign by themselves."""
    until = [one.until for one in parts if one.campaign is None]
    old = and_(or_(false(), *(col(Message.due) <= one for one in until)), ~is_left(col(Message.address)))
    addresses = session.connection().execute(select(col(Message.address)).where(old).distinct().limit(most)).scalars()
    return sum((_sent(session, address, old, now) for address in addresses.all()), Counter())


def _sent(session: Session, address: str, old: ColumnElement[bool], now: datetime) -> Counter[str]:
    rows = session.scalars(select(Message).where(old, col(Message.address) == address)).all()
    email = {address.removeprefix("mail:")} if address.startswith("mail:") else ()
    directs = directs_in(text for row in rows for text in (row.key, row.reference) if text)
    veil = Veil(Person(frozenset({address}), emails=frozenset(email), directs=directs), new_pseudonym())
    for row in rows:
        key = veil.text(row.key, with_names=False)
        values: dict[str, Any] = {
            "key": row.key if key == row.key else f"{key}#{row.id}",
            "address": veil.text(address, with_names=False),
            "reply_json": _bare(row.reply_json),
            "reference": None,
            "reason": row.reason and veil.text(row.reason, with_names=False),
        }
        if row.state in (State.PENDING, State.SENDING):  # whatever kept it for so long: nobody waits for it
            values |= {"state": str(State.CANCELLED), "reason": "no longer kept", "settled_at": now} | FREED
        session.connection().execute(update(Message).where(col(Message.id) == row.id).values(values))
    return Counter(messages=len(rows))


# ----------------------------------------------------------------------------------------------------------- contacts


def _contacts(session: Session, before: datetime, now: datetime, most: int) -> Counter[str]:
    """Who the people of the firms are, once no campaign needs them any more; and what others have chosen."""
    run = session.connection().execute
    due = select(col(Contact.id)).where(col(Contact.forgotten_at).is_(None), col(Contact.created_at) <= before)
    ids = run(due.order_by(col(Contact.id)).limit(most)).scalars().all()
    if not ids:
        chosen = run(delete(Preference).where(col(Preference.chosen_at) <= before)).rowcount
        return +Counter(preferences=chosen, closed=run(delete(Closed).where(col(Closed.closed_at) <= before)).rowcount)
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
