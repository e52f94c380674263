"""The cast of those who ask the desk: what was opened for them, and what belongs to it."""

from sqlmodel import Session, col, select

from models.store import Store
from models.support import Case, CaseEvent

FEE = "How much does it cost?"
PHONES = "Do the tokens come with a blue ribbon?"
DOWN = "Is the server down?"


def _all_cases(session: Session) -> list[Case]:
    return list(session.exec(select(Case).order_by(col(Case.number))))


def _all_events(session: Session) -> list[CaseEvent]:
    return list(session.exec(select(CaseEvent).order_by(col(CaseEvent.id))))


async def all_cases(store: Store) -> list[Case]:
    return await store.read(_all_cases)


async def joined(store: Store, number: int = 1) -> list[str]:
    """The words that joined the case."""
    events = await store.read(_all_events)
    return [event.text for event in events if event.case_number == number and event.kind == "said"]


async def files(store: Store) -> list[str | None]:
    return [event.files for event in await store.read(_all_events) if event.kind == "said"]
