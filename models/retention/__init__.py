"""Takes people's names, addresses and words out of what is kept, once the time for which they are kept is over."""

from collections import Counter
from datetime import datetime

from sqlalchemy import exists, select
from sqlmodel import Session

from models.retention import _looks as looks
from models.retention import _people as people
from models.retention import _words as words
from models.retention._due import Due, Over, due, kept_until
from models.store import in_turn

__all__ = ["Due", "Over", "due", "is_due", "kept_until", "purge"]


def is_due(session: Session, what: Due) -> bool:
    """Whether there is anything of it. Only looks."""
    sought = (
        words.old_turns(what),
        words.old_messages(what),
        *(people.old_attendees(kind, what) for kind in people.ATTENDED),
        *(looks.old_looks(kind, what) for kind in looks.LOOKED),
        people.old_evidence(what),
        people.old_reasons(what),
        *people.old_contacts(what),
        *people.old_choices(what),
    )
    return any(session.scalar(select(exists().where(where))) for where in sought)


def purge(session: Session, what: Due, machine_now: datetime, most: int = 20) -> Counter[str]:
    """Do a part of what is to be done, of so many people, and tell how much of what; nothing where all is done.

    Each part is whole in itself: cut off between two, the next call goes on.
    """
    in_turn(session, "retention")  # two copies would give two pseudonyms to one person
    of_words, of_people = (
        (words.conversations, words.messages),
        (people.attendees, people.evidence, people.reasons, people.contacts),
    )
    steps = (*of_words, looks.looks, *of_people, people.choices)
    return next((done for step in steps if (done := step(session, what, machine_now, most))), Counter())
