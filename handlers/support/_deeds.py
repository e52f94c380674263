"""What the people of the desk do with a case, by a button, a word or the desk page: done once, and told in a phrase."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import Session

from handlers.support._rulings import answer_named, rule
from handlers.support._turns import key_of
from models import support
from models.people import Staff, staff
from models.pseudonyms import is_pseudonym
from models.support import By, Case

if TYPE_CHECKING:
    from handlers.support import Support

CLAIM, REPLY, HAND_OVER, WAITS, RESOLVE, REOPEN, NOTE, THIS_IS = (
    "/claim", "/reply", "/handover", "/waits", "/resolve", "/reopen", "/note", "/thisis"
)  # fmt: skip


TO_ALL = "-"  # to whom a case is given that is given back


@dataclass(frozen=True)
class Deed:
    """What is to be done with case `number`: the word says what, `rest` more of it. `key` names this one wish of it:
    the same a second time changes nothing. `at` is campaign time.
    """

    word: str
    number: int
    rest: str
    key: str
    at: datetime


@dataclass(frozen=True)
class Said:
    """What is told of it: a phrase and its fields. `done`: it is so now, and the card shows it."""

    phrase: str
    fields: Mapping[str, object] = field(default_factory=dict)
    done: bool = True


def perform(desk: "Support", session: Session, member: Staff, deed: Deed) -> Said:
    by = By(member.name, deed.at, desk.machine_time())
    told = {"number": deed.number or "?", "name": member.name}
    try:
        return _DEEDS[deed.word](desk, session, deed, by)
    except support.NoCase:
        return Said("reply.no_case", told, done=False)
    except support.Held as held:
        return Said("desk.held", told | {"holder": held.holder}, done=False)
    except support.Ended as ended:
        phrase = "reply.forgotten" if ended.state == support.State.FORGOTTEN else "desk.ended"
        return Said(phrase, told, done=False)


def _claim(desk: "Support", session: Session, deed: Deed, by: By) -> Said:
    support.claim(session, deed.number, deed.key, by)
    return _told("desk.claimed", deed, by)


def _hand_over(desk: "Support", session: Session, deed: Deed, by: By) -> Said:
    named = deed.rest.strip()
    to = _colleague(session, named)
    if to is None and named not in ("", TO_ALL):
        return _told("desk.nobody", deed, by, done=False, to=named)
    support.hand_over(session, deed.number, to, deed.key, by)
    return _told("desk.handed_over" if to else "desk.given_back", deed, by, to=to)


def _colleague(session: Session, named: str) -> str | None:
    """Who of the desk is meant, by the name, however its letters are written, or by its short key."""
    names = [member.name for member in staff(session)]
    told = named.casefold()
    return next((name for name in names if told in (name.casefold(), key_of(name))), None)


def _wait(desk: "Support", session: Session, deed: Deed, by: By) -> Said:
    support.wait(session, deed.number, deed.key, by)
    return _told("desk.waits", deed, by)


def _resolve(desk: "Support", session: Session, deed: Deed, by: By) -> Said:
    support.resolve(session, deed.number, deed.key, by)
    return _told("desk.resolved", deed, by)


def _reopen(desk: "Support", session: Session, deed: Deed, by: By) -> Said:
    support.reopen(session, deed.number, deed.key, by)
    return _told("desk.reopened", deed, by)


def _note(desk: "Support", session: Session, deed: Deed, by: By) -> Said:
    if not deed.rest.strip():
        return _told("desk.empty_note", deed, by, done=False)
    support.note(session, deed.number, deed.rest.strip(), f"note:{deed.key}", by)
    return _told("desk.noted", deed, by)


def _reply(desk: "Support", session: Session, deed: Deed, by: By) -> Said:
    case = _case(session, deed)
    if is_pseudonym(case.sender):
        return _told("reply.forgotten", deed, by, done=False)
    if not deed.rest.strip():
        return _told("reply.empty", deed, by, done=False)
    desk.send_reply(session, case, by, deed.rest.strip(), deed.key)
    if case.by_phone:
        return _told("reply.by_phone", deed, by, who=case.name or case.participant)
    return _told("reply.sent", deed, by)


def _this_is(desk: "Support", session: Session, deed: Deed, by: By) -> Said:
    """The circular's own answer, whose key is the rest: `campaign key`."""
    case, chosen = _case(session, deed), answer_named(desk, deed.rest)
    if is_pseudonym(case.sender):
        return _told("reply.forgotten", deed, by, done=False)
    if chosen is None:
        return _told("desk.no_answer", deed, by, done=False)
    sent = rule(desk, session, case, chosen, by)
    return _told("desk.ruled" if sent else "desk.ruled.again", deed, by)


def _case(session: Session, deed: Deed) -> Case:
    case = support.case_of(session, deed.number)
    if case is None:
        raise support.NoCase
    return case


def _told(phrase: str, deed: Deed, by: By, *, done: bool = True, **more: object) -> Said:
    return Said(phrase, {"number": deed.number, "name": by.name, **more}, done=done)


_DEEDS: Mapping[str, Callable[["Support", Session, Deed, By], Said]] = {
    CLAIM: _claim, HAND_OVER: _hand_over, WAITS: _wait, RESOLVE: _resolve, REOPEN: _reopen, NOTE: _note, REPLY: _reply,
    THIS_IS: _this_is,
}  # fmt: skip
