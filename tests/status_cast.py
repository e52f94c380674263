"""The cast of the status: two firms with their people, and the exact words that they read and press."""

import pytest
from sqlmodel import Session

from handlers.reception import Reception
from models import status
from models.message import Address, Choice, Reply
from models.store import Store
from tests.firms import firm, person
from tests.reception_cast import KEY, Person

ALPHA, BETA = "B01001", "B01002"
USERS, DAS, LINE = "emails.user", "emails.da", "connection"  # the tasks of the circular of 2023
TEN = "10:00 HKT on Wednesday 12 April 2023"


@pytest.fixture
async def two_firms(store: Store) -> dict[str, int]:
    """Amy Wong and Ben Lee act for Alpha, Cy for Beta, Dee for both; gives their numbers as contacts."""

    def made(session: Session) -> dict[str, int]:
        firm(session, ALPHA, "Alpha Securities")
        firm(session, BETA, "Beta Futures")
        return {
            "amy": person(session, "Amy Wong", Address("web", "amy"), ALPHA),
            "ben": person(session, "Ben Lee", Address("web", "ben"), ALPHA),
            "cy": person(session, None, Address("web", "cy"), BETA),
            "dee": person(session, None, Address("web", "dee"), ALPHA, BETA),
        }

    return await store.write(made)


@pytest.fixture
def cy_of_beta(reception: Reception) -> Person:
    return Person(reception, "cy")


@pytest.fixture
def dee_of_both(reception: Reception) -> Person:
    return Person(reception, "dee")


def action(word: str, task: str, code: str = ALPHA) -> str:
    return f"/{word} {KEY} {task} {code}"


def button(reply: Reply, label: str) -> Choice:
    (found,) = [choice for choice in reply.choices if choice.label == label]
    return found


def labels(reply: Reply) -> list[str]:
    return [choice.label for choice in reply.choices]


def tasks(reply: Reply) -> list[str]:
    """The lines of the tasks."""
    return [line for line in reply.text.split("\n") if line.startswith(("①", "②", "③"))]


async def said(store: Store, code: str = ALPHA) -> list[tuple[str, str]]:
    """Everything that was said, in order."""
    rows = await store.read(status.history, KEY, code)
    return [(row.task, row.what) for row in rows]
