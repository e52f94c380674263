"""Makes the codes that support hands to participants, and takes in the people who send them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from models.codes._guessing import SpentCode, WrongCode, check_pace, note_wrong
from models.codes._rows import CodeUse, EnrolmentCode
from models.codes._signs import ENROL, code_in, digest, hint, new_code
from models.contacts import Contact, Membership, enrol, in_contacts_turn, known, removed_at
from models.message import Address
from models.participants import Participant


@dataclass(frozen=True)
class Enrolled:
    """Who was recognised, and for which participants they act by that. `new`: for one of them they did not before."""

    contact: Contact
    participants: list[Participant]
    new: bool


@dataclass(frozen=True)
class Listed:
    """A code, and who used it when."""

    code: EnrolmentCode
    used_by: list[tuple[Contact, datetime]]

    def state(self, now: datetime) -> str:
        """`revoked`, `expired`, `used up` or `open`."""
        if self.code.revoked_at:
            return "revoked"
        if self.code.expires_at <= now:
            return "expired"
        return "used up" if len(self.used_by) >= self.code.uses else "open"


class SeveralCodes(Exception):  # noqa: N818 - named after the situation
    """Several codes begin in that way. `codes` are the number, the hint and the participant of each."""

    def __init__(self, codes: list[EnrolmentCode]) -> None:
        self.codes = [(code.id or 0, code.hint, code.participant) for code in codes]
        super().__init__(self.codes)


def make(
    session: Session, participant: str, uses: int, expires_at: datetime, now: datetime, code: str | None = None
) -> str:
    """Make a code by which `uses` people may enrol, and give it: it can be read nowhere later. Machine time.

    A demonstration may give its own `code`: made again, it is as new.
    """
    row = _given(session, code) if code else None
    code = code or new_code(ENROL)
    row = row or EnrolmentCode(
        digest=digest(code), hint=hint(code), participant=participant, uses=uses, created_at=now, expires_at=expires_at
    )
    row.participant, row.uses, row.expires_at, row.revoked_at = participant, uses, expires_at, None
    session.add(row)
    return code


def redeem(session: Session, code: str, person: Address, now: datetime, name: str | None = None) -> Enrolled:
    """Take the person in for the code's participant. Raises `WrongCode`, `SpentCode`, `TooManyGuesses`.

    Who acts for the participant already uses nothing up, and the same person with the same code uses it once.
    """
    in_contacts_turn(session)
    check_pace(session, person, now)
    row = _given(session, code)
    if row is None:
        note_wrong(session, person, "code", now)
        raise WrongCode
    participant = session.get_one(Participant, row.participant)
    contact = known(session, person)
    if contact and _acts_for(session, contact, participant):
        return Enrolled(contact, [participant], new=False)
    _check_spent(session, row, contact, now)
    contact = enrol(session, person, row.participant, f"code:{row.id}", now, name=name)
    _note_use(session, row, contact, now)
    return Enrolled(contact, [participant], new=True)


def revoke(session: Session, which: int | str, now: datetime) -> EnrolmentCode | None:
    """Let nobody use the code any more: by its number, its beginning (`USHER-7K3M`), or all of it; None for no code.

    Who was enrolled by it stays enrolled. Raises `SeveralCodes`.
    """
    found = session.exec(select(EnrolmentCode).where(_named(which))).all()
    held = [row for row in found if row.revoked_at is None]
    if len(held) > 1:
        raise SeveralCodes(held)
    if not found:
        return None
    row = (held or found)[0]
    row.revoked_at = row.revoked_at or now
    session.add(row)
    return row


def listed(session: Session, participant: str | None = None) -> list[Listed]:
    """The codes of a participant or of all, in the order in which they were made, with those who used them."""
    codes = select(EnrolmentCode).order_by(col(EnrolmentCode.id))
    uses = select(CodeUse, Contact).join(Contact, col(Contact.id) == col(CodeUse.contact_id))
    if participant is not None:
        codes = codes.where(EnrolmentCode.participant == participant)
        uses = uses.join(EnrolmentCode, col(EnrolmentCode.id) == col(CodeUse.code_id))
        uses = uses.where(EnrolmentCode.participant == participant)
    used_by = _by_code(session.exec(uses.order_by(col(CodeUse.used_at), col(CodeUse.id))))
    return [Listed(code, used_by.get(code.id or 0, [])) for code in session.exec(codes)]


def _given(session: Session, code: str) -> EnrolmentCode | None:
    return session.exec(select(EnrolmentCode).where(EnrolmentCode.digest == digest(code))).first()


def _by_code(uses: Iterable[tuple[CodeUse, Contact]]) -> dict[int, list[tuple[Contact, datetime]]]:
    used_by: dict[int, list[tuple[Contact, datetime]]] = {}
    for use, contact in uses:
        used_by.setdefault(use.code_id, []).append((contact, use.used_at))
    return used_by


def _named(which: int | str) -> ColumnElement[bool]:
    if isinstance(which, int):
        return col(EnrolmentCode.id) == which
    if code := code_in(which):
        return col(EnrolmentCode.digest) == digest(code)
    return col(EnrolmentCode.hint) == which.upper().removeprefix(f"{ENROL}-").strip("-…")


def _acts_for(session: Session, contact: Contact, participant: Participant) -> bool:
    mine = select(Membership.id).where(Membership.contact_id == contact.id, Membership.participant == participant.code)
    return session.exec(mine.where(col(Membership.until).is_(None))).first() is not None


def _check_spent(session: Session, row: EnrolmentCode, contact: Contact | None, now: datetime) -> None:
    if row.revoked_at:
        raise SpentCode("revoked")
    if row.expires_at <= now:
        raise SpentCode("expired")
    # What support has ended, a code that the person may still have from before must not begin again.
    removed = removed_at(session, contact.id, row.participant) if contact and contact.id else None
    if removed and row.created_at <= removed:
        raise SpentCode("removed")
    users = select(func.count()).where(CodeUse.code_id == row.id)
    mine = users.where(CodeUse.contact_id == (contact.id if contact else None))
    if session.exec(users).one() >= row.uses and not session.exec(mine).one():
        raise SpentCode("used")


def _note_use(session: Session, row: EnrolmentCode, contact: Contact, now: datetime) -> None:
    mine = select(CodeUse).where(CodeUse.code_id == row.id, CodeUse.contact_id == contact.id)
    if session.exec(mine).first() is None:
        session.add(CodeUse(code_id=row.id or 0, contact_id=contact.id or 0, used_at=now))
        session.flush()
