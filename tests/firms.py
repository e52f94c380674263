"""Puts firms and their people into the database, as an import and an enrolment leave them behind."""

from sqlmodel import Session

from models.contacts import enrol
from models.message import Address
from models.participants import Participant
from tests.web_cast import MORNING


def firm(session: Session, code: str, name: str) -> None:
    session.add(Participant(code=code, name=name, imported_at=MORNING))
    session.flush()


def person(session: Session, name: str | None, address: Address, *codes: str) -> int:
    """Somebody who writes from that address and acts for those firms; gives their number as a contact."""
    contacts = [enrol(session, address, code, "import", MORNING, name=name) for code in codes]
    return contacts[0].id or 0
