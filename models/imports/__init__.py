"""Takes over tables that support has, of participants and of their people: all of a table, or nothing.

First the whole file is read, and every row that is wrong is named; then one transaction writes it. The rows wait in
between on the disk, so that a long table needs no more memory, and the database is held up only while it is written.
"""

from sqlmodel import Session, select

from models.imports._contacts import Domains, read_contacts
from models.imports._outcome import Outcome
from models.imports._participants import read_participants, write_participants
from models.imports._people import write_contacts
from models.imports._reading import BadRows, Problem, Progress, Unreadable
from models.imports._staging import Staging
from models.participants import Participant, ParticipantDomain

__all__ = [
    "BadRows",
    "Domains",
    "Outcome",
    "Problem",
    "Progress",
    "Staging",
    "Unreadable",
    "participants_known",
    "read_contacts",
    "read_participants",
    "write_contacts",
    "write_participants",
]  # fmt: skip


def participants_known(session: Session) -> Domains:
    """The participants there are, with the mail domains of each."""
    known: dict[str, set[str]] = {code: set() for code in session.exec(select(Participant.code))}
    for domain, code in session.exec(select(ParticipantDomain.domain, ParticipantDomain.participant)):
        known[code].add(domain)
    return known
