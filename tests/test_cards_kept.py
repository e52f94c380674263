"""Cards are changed soon after their case was: by one copy of Usher, at a pace, and until each shows how it stands."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
from sqlmodel import Session, col, select

from bot import cards
from bot.cards import Cards
from models.message import Address, Reply, SendError
from models.store import Store
from models.support import CaseCard, stale_cards
from tests.card_cast import KIM, ROOM, SAM, SECOND, Room
from tests.channels_cast import ONE_DATABASE
from tests.support_cast import Stage, web


@dataclass
class Recorder:
    """A platform that shows what it is told to; `fails` are what goes wrong first."""

    name: str = "slack"
    interval: float = 0.0
    between: float = 0.0
    shown: list[tuple[str, str, float]] = field(default_factory=list)
    fails: "deque[SendError]" = field(default_factory=deque)
    meanwhile: Callable[[], object] | None = None

    def pause(self, to: Address) -> float:
        return self.between

    async def send(self, to: Address, reply: Reply, key: str) -> str:
        raise AssertionError("cards are sent by the delivery")

    async def edit(self, reference: str, reply: Reply) -> None:
        if self.meanwhile:
            happens, self.meanwhile = self.meanwhile, None
            await happens()  # type: ignore[misc]  # whatever the test has happen
        if self.fails:
            raise self.fails.popleft()
        self.shown.append((reference, reply.text.splitlines()[0], asyncio.get_running_loop().time()))

    @property
    def heads(self) -> list[str]:
        return [head for _, head, _ in self.shown]


@pytest.fixture
def screen() -> Recorder:
    return Recorder()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cards, "PACE", 0.02)


Copies = Callable[[], Cards]


@pytest.fixture
async def another(room: Room, screen: Recorder, store: Store) -> AsyncIterator[Copies]:
    """Starts copies of the loop."""
    begun: list[Cards] = []

    def start() -> Cards:
        channels = {"slack": screen, "telegram": screen}
        loop = Cards(store, channels, (ROOM, SECOND), room.desk, lambda: room.now, room.desk.machine_time)
        begun.append(loop)
        loop.start()
        return loop

    yield start
    for loop in begun:
        await loop.stop()


async def settled(room: Room) -> None:
    """Until no card waits."""
    for _ in range(200):
        if not await room.store.read(waiting):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("a card still waits")


def waiting(session: Session) -> list[int]:
    return list(session.exec(select(CaseCard.case_number).where(col(CaseCard.stale))))


async def test_a_card_shows_what_was_done(room: Room, another: Copies, screen: Recorder) -> None:
    number = await room.ask()
    another()
    await room.press(SAM, f"/claim {number}")
    await settled(room)
    assert screen.heads == [f"Case {number} · open · Sam has it"]


async def test_two_copies_change_it_once(room: Room, another: Copies, screen: Recorder) -> None:
    number = await room.ask()
    for _ in range(3):
        another()
    await room.press(SAM, f"/claim {number}")
    await settled(room)
    assert len(screen.shown) == 1


@ONE_DATABASE
async def test_what_changes_meanwhile_is_shown_as_well(room: Room, another: Copies, screen: Recorder) -> None:
    number = await room.ask()
    screen.meanwhile = lambda: room.press(KIM, f"/resolve {number}")
    another()
    await room.press(SAM, f"/claim {number}")
    await settled(room)
    assert screen.heads == [f"Case {number} · open · Sam has it", f"Case {number} · resolved · Sam has it"]


@ONE_DATABASE
async def test_many_changes_are_one_where_they_come_at_once(room: Room, another: Copies, screen: Recorder) -> None:
    number = await room.ask()
    await room.press(SAM, f"/claim {number}")
    await room.press(SAM, f"/handover {number} Kim")
    await room.press(KIM, f"/waits {number}")
    another()
    await settled(room)
    assert screen.heads == [f"Case {number} · waiting for the asker or somebody else · Kim has it"]


@ONE_DATABASE
async def test_no_room_is_changed_faster_than_its_platform_takes(room: Room, another: Copies, screen: Recorder) -> None:
    numbers = [await room.ask(who) for who in ("amy", "ben", "cid")]
    screen.between = 0.2
    for number in numbers:
        await room.press(SAM, f"/claim {number}")
    another()
    await settled(room)
    first, second, third = (at for _, _, at in screen.shown)
    assert min(second - first, third - second) >= 0.19


@ONE_DATABASE
async def test_two_rooms_do_not_wait_for_each_other(room: Room, another: Copies, screen: Recorder) -> None:
    room.desk.rooms = (ROOM, SECOND)
    number = await room.ask()
    screen.between = 5.0
    await room.press(SAM, f"/claim {number}")
    another()
    await settled(room)
    assert sorted(reference.partition(":")[0] for reference, _, _ in screen.shown) == ["slack", "telegram"]


@ONE_DATABASE
@pytest.mark.parametrize("failing", [SendError("gone", permanent=True), SendError("no such message", refused=True)])
async def test_a_card_that_is_gone_is_given_up(
    room: Room, another: Copies, screen: Recorder, failing: SendError
) -> None:
    number = await room.ask()
    screen.fails.append(failing)
    await room.press(SAM, f"/claim {number}")
    another()
    await settled(room)
    assert screen.shown == []
    assert (await room.case(number)).holder == "Sam"


@ONE_DATABASE
async def test_what_failed_for_now_is_tried_again_later(room: Room, another: Copies, screen: Recorder) -> None:
    number = await room.ask()
    screen.fails.append(SendError("try later", retry_after=0.05))
    loop = another()
    await room.press(SAM, f"/claim {number}")
    for _ in range(100):
        if not screen.fails:
            break
        await asyncio.sleep(0.02)
    await loop.stop()
    assert screen.shown == []
    now = room.desk.machine_time()
    assert await room.store.read(stale_cards, [str(ROOM)], now) == []
    (card,) = await room.store.read(stale_cards, [str(ROOM)], now.replace(year=now.year + 1))
    assert card.case.number == number


@ONE_DATABASE
async def test_what_changed_on_the_way_to_the_room_is_shown_once_it_is_there(
    room: Room, another: Copies, screen: Recorder
) -> None:
    amy = Address("web", "amy")
    await room.hear(amy, amy, "/support")
    await room.hear(amy, amy, "Is there a dress code?")
    another()
    await room.press(SAM, "/claim 1")  # by the desk page: the card is not there yet
    assert len(await room.store.read(waiting)) == 1
    await room.deliver()
    await settled(room)
    assert screen.heads == ["Case 1 · open · Sam has it"]


@ONE_DATABASE
async def test_a_reply_that_arrives_is_shown_as_delivered(room: Room, another: Copies, screen: Recorder) -> None:
    number = await room.ask()
    await room.under_card(SAM, number, "reply: It is free.")
    another()
    await settled(room)
    seen = len(screen.shown)
    await room.deliver()
    await settled(room)
    assert len(screen.shown) == seen + 1
    assert "delivered ✓" in (await room.card(number)).text


@ONE_DATABASE
@pytest.mark.parametrize("desk", ["telegram"], indirect=True)
async def test_in_telegram_too_a_claim_is_shown_on_the_card_alone(desk: Stage) -> None:
    await web(desk)
    card, sam = await desk.card(), desk.telegram.chats.users[202]
    await desk.telegram.press(sam, card, "Claim")
    await desk.telegram.until(lambda: "open · Sam has it" in card.text)
    assert len(desk.room_texts) == 1
