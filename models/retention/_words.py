"""Takes out who said what to Usher, and what Usher sent to whom."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, case, false, or_, select, update
from sqlmodel import Session, col

from models.conversation import Turn, packed, unpacked
from models.forgetting import Person, Veil, directs_in
from models.message import Reply
from models.outbox import FREED, Message, State
from models.pseudonyms import is_left, is_pseudonym, new_pseudonym
from models.retention._due import Due
from models.support import LIVE, Case, CaseEvent, Example
from models.support import State as CaseState

USHER = "usher:itself"  # what Usher put into a conversation belongs to the one whose room it is

_who = case((col(Turn.sender) == USHER, col(Turn.room)), else_=col(Turn.sender))
_IS_BARE = '{"text":"",'  # how a stored reply without words begins


def old_turns(what: Due) -> ColumnElement[bool]:
    has_words = or_(col(Turn.asked) != "", ~col(Turn.reply_json).startswith(_IS_BARE))
    return and_(what.of(col(Turn.campaign), col(Turn.at)), or_(~is_left(_who), has_words))


def conversations(session: Session, what: Due, now: datetime, most: int) -> Counter[str]:
    """Who asked what: left is that somebody asked, when, and which answer it was."""
    run, old = session.connection().execute, old_turns(what)
    people = run(select(_who).where(old).distinct().limit(most)).scalars().all()
    if not people:
        return Counter()
    pseudonyms = {one: one if is_pseudonym(one) else f"{one.partition(':')[0]}:{new_pseudonym()}" for one in people}
    fields = (col(Turn.id), col(Turn.room), col(Turn.sender), col(Turn.action), col(Turn.reply_json))
    # All of theirs at once: no index leads to who asked.
    found = run(select(_who.label("who"), *fields).where(old, _who.in_(people))).all()
    asked = select(col(Case.number), _who.label("who")).join(Turn, col(Turn.id) == col(Case.turn_id))
    cases = run(asked.where(old, _who.in_(people))).all()
    run(_TAKE_OUT, [_left_of(row, pseudonyms[row.who]) for row in found])
    for number, who in cases:
        _take_out_case(session, number, pseudonyms[who])
    return Counter(turns=len(found), cases=len(cases))


def _left_of(row: Row[Any], pseudonym: str) -> dict[str, Any]:
    return {
        "which": row.id,
        "there": pseudonym if row.room == row.who else row.room,
        "by": pseudonym if row.sender == row.who else row.sender,
        "name": f"{pseudonym}:{row.id}",
        "did": row.action and row.action.partition(" ")[0],
        "said": _bare(row.reply_json),
    }


_TAKE_OUT = (
    update(Turn)
    .where(col(Turn.id) == bindparam("which"))
    .values(
        room=bindparam("there"),
        sender=bindparam("by"),
        ask_id=bindparam("name"),
        in_reply_to=None,
        asked="",
        files=None,
        action=bindparam("did"),
        reply_json=bindparam("said"),
    )
)


def _take_out_case(session: Session, number: int, pseudonym: str) -> None:
    run, is_live = session.connection().execute, col(Case.state).in_([str(one) for one in LIVE])
    state = case((is_live, str(CaseState.FORGOTTEN)), else_=col(Case.state))
    values = {"name": None, "question": "", "said": "", "state": state, "waits_since": None}
    values |= dict.fromkeys(("room", "place", "sender"), pseudonym)
    run(update(Case).where(col(Case.number) == number).values(values))
    run(update(CaseEvent).where(col(CaseEvent.case_number) == number).values(text="", files=None))
    run(update(Example).where(col(Example.case_number) == number).values(text=""))


def _bare(reply_json: str) -> str:
    """What kind of reply it was."""
    reply = unpacked(reply_json)
    return packed(Reply("", reply.behaviour, answer=reply.answer, language=reply.language))


# ----------------------------------------------------------------------------------------------------------- messages


def old_messages(what: Due) -> ColumnElement[bool]:
    until = (col(Message.due) <= one.until for one in what.parts if one.campaign is None)
    has_words = ~col(Message.reply_json).startswith(_IS_BARE)
    return and_(or_(false(), *until), or_(~is_left(col(Message.address)), has_words))


def messages(session: Session, what: Due, now: datetime, most: int) -> Counter[str]:
    """What was sent: left is that something was, when, and what it was about. They are of no campaign by themselves."""
    old, done = old_messages(what), Counter[str]()
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
