"""The cast of the tests of the reception: the 2023 circular, and people who write and press in rooms of their own."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from handlers.reception import Reception
from handlers.understand import Understander
from models.campaign import Campaign, load
from models.conversation import Turn, turns
from models.message import Address, Ask, Choice, Reply
from models.store import Store
from models.support import Case, open_cases

ROOT = Path(__file__).parents[1]
KEY = "ccms-2fa-2023"
MORNING = datetime(2023, 4, 12, 2, tzinfo=UTC)  # 10:00 in Hong Kong


@pytest.fixture(scope="session")
def campaign() -> Campaign:
    return load(ROOT / "campaigns" / KEY)


@pytest.fixture
def understanding(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where what was learned is kept, for all tests: learning takes seconds."""
    return tmp_path_factory.getbasetemp() / "understanding"


@pytest.fixture(scope="session", autouse=True)
def _learned_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whoever understands one circular by what all tests learned is pure, and made once: that takes 0.1 s."""
    shared, real = tmp_path_factory.getbasetemp() / "understanding", Understander.of
    made: dict[int, Understander] = {}

    def of(campaign: Campaign, keep: Path | None = None) -> Understander:
        if keep != shared:
            return real(campaign, keep)
        # It holds its campaign: no other can get this one's id.
        return made.get(id(campaign)) or made.setdefault(id(campaign), real(campaign, keep))

    patch = pytest.MonkeyPatch()
    patch.setattr(Understander, "of", of)
    yield
    patch.undo()


@pytest.fixture
def reception(store: Store, campaign: Campaign, understanding: Path) -> Reception:
    ticks = count()
    machine = datetime(2026, 2, 3, tzinfo=UTC)
    return Reception(store, [campaign], lambda: machine + timedelta(seconds=next(ticks)), understanding)


class Person:
    """Somebody who writes and presses buttons in a room of their own."""

    def __init__(self, reception: Reception, name: str) -> None:
        self._reception, self._name, self._numbers = reception, name, count(1)
        self.room = Address("web", name)

    async def say(self, text: str, at: datetime = MORNING, ask_id: str | None = None) -> Reply:
        ask_id = ask_id or f"{self._name}-{next(self._numbers)}"
        return (await self._reception.take(Ask(ask_id, self.room, self.room, text, at))).reply

    async def press(self, choice: Choice, at: datetime = MORNING) -> Reply:
        return await self.say(choice.action, at)


@pytest.fixture
def amy(reception: Reception) -> Person:
    return Person(reception, "amy")


@pytest.fixture
def ben(reception: Reception) -> Person:
    return Person(reception, "ben")


async def kept(store: Store, person: Person) -> list[Turn]:
    return await store.read(turns, person.room, 100)


async def cases(store: Store) -> list[Case]:
    return await store.read(open_cases)
