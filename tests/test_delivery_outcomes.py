"""What a platform says against a message decides whether it is sent later, elsewhere, never, or nobody knows."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from models import outbox, reach
from models.message import Address, SendError
from models.outbox import LEASE, Message, State
from models.store import Store
from scheduler.delivery import LONGEST_PAUSE, Also, Delivery, Limits, pause_after
from tests.delivery_cast import AMY, APRIL, BEN, NOW, Clock, Recorder, kept, post, posting

NEW_ROOM = Address("slack", "new")


class Copy:
    """One copy of Usher whose machine's clock stands still: its messages are sent when the test says so."""

    def __init__(self, store: Store, recorder: Recorder, attempts: int = 3) -> None:
        self.store, self.recorder, self.machine, self.campaign = store, recorder, Clock(NOW), Clock(APRIL)
        self.told: list[tuple[str, str | None]] = []
        self._delivery = Delivery(
            store,
            {recorder.name: recorder},
            campaign_time=self.campaign,
            machine_time=self.machine,
            copy="one",
            also=Also(failed=self._failed),
            limits=Limits(attempts=attempts, send=5),
        )

    async def round(self) -> None:
        for message in await self._delivery.take():
            await self._delivery.deliver(message)

    async def all_rounds(self) -> None:
        while (before := len(self.recorder.tried)) >= 0:
            await self.round()
            if len(self.recorder.tried) == before:
                return

    def _failed(self, session: Session, message: Message) -> None:
        self.told.append((message.key, message.reason))
        outbox.post(session, posting(f"undelivered:{message.key}", BEN, APRIL + timedelta(days=1)), NOW)


@pytest.fixture
def copy(store: Store) -> Copy:
    return Copy(store, Recorder())


async def test_a_platform_that_asks_to_wait_is_obeyed_to_the_second_and_it_is_no_attempt(
    store: Store, copy: Copy
) -> None:
    await post(store, posting("a"))
    copy.recorder.answers["a"] = [SendError("too many requests", retry_after=30)]
    await copy.round()
    await post(store, posting("b", BEN))
    message = await kept(store, "a")
    assert (message.state, message.attempts, message.not_before) == ("pending", 0, NOW + timedelta(seconds=30))
    copy.campaign.forward(3600)
    copy.machine.forward(29.999)
    await copy.round()
    assert len(copy.recorder.tried) == 1
    copy.machine.forward(0.001)
    await copy.round()
    assert copy.recorder.sent == ["a", "b"]


async def test_what_was_not_sent_is_tried_again_later_and_later_and_fails_in_the_end(store: Store, copy: Copy) -> None:
    await post(store, posting("a"))
    copy.recorder.answers["a"] = [SendError("busy") for _ in range(5)]
    waits = []
    for _ in range(2):
        await copy.round()
        message = await kept(store, "a")
        assert message.state == State.PENDING
        waits.append((message.not_before - copy.machine.at).total_seconds())
        copy.campaign.forward(3600)
        await copy.round()
        assert (await kept(store, "a")).attempts == len(waits), "a pause is machine time"
        copy.machine.forward(waits[-1])
    assert 1 <= waits[0] <= 2 <= waits[1] <= 4
    await copy.round()
    message = await kept(store, "a")
    assert (message.state, message.attempts, message.reason) == ("failed", 3, "busy")
    assert copy.told == [("a", "busy")]


def test_a_pause_grows_to_some_minutes_and_is_never_the_same() -> None:
    assert all(2**n / 2 <= pause_after(n) <= 2**n for n in range(1, 8))
    assert all(LONGEST_PAUSE / 2 <= pause_after(n) <= LONGEST_PAUSE for n in (9, 30))
    assert len({pause_after(5) for _ in range(20)}) > 1


async def test_an_address_that_is_gone_is_closed_and_it_is_told_in_the_same_transaction(
    store: Store, copy: Copy
) -> None:
    await post(store, posting("a"))
    copy.recorder.answers["a"] = [SendError("blocked by the user", permanent=True)]
    await copy.round()
    assert (await kept(store, "a")).state == State.FAILED
    assert await store.read(reach.closed, AMY)
    assert copy.told == [("a", "blocked by the user")]
    assert (await kept(store, "undelivered:a")).state == State.PENDING


async def test_a_message_that_is_refused_fails_and_closes_nothing(store: Store, copy: Copy) -> None:
    await post(store, posting("a"), posting("b"))
    copy.recorder.answers["a"] = [SendError("too long", refused=True)]
    await copy.all_rounds()
    assert (await kept(store, "a")).state == State.FAILED
    assert await store.read(reach.closed, AMY) is None
    assert copy.told == [("a", "too long")]
    assert copy.recorder.sent == ["b"]


@pytest.mark.parametrize("error", [SendError("no answer", outcome_unknown=True), ValueError("a bug"), TimeoutError()])
async def test_what_may_have_been_sent_is_uncertain_or_sent_again_after_the_lease(
    store: Store, copy: Copy, error: Exception
) -> None:
    await post(store, posting("a"), posting("b", BEN, repeats=True))
    copy.recorder.answers = {"a": [error], "b": [error]}
    await copy.all_rounds()
    assert (await kept(store, "a")).state == State.UNCERTAIN
    copy.machine.forward(LEASE.total_seconds() - 0.001)
    await copy.round()
    assert copy.recorder.sent == []
    copy.machine.forward(0.001)
    await copy.round()
    assert copy.recorder.sent == ["b"]


async def test_what_is_meant_for_an_address_that_moved_goes_to_the_new_one(store: Store, copy: Copy) -> None:
    await post(store, posting("a"), posting("b"), posting("c", BEN))
    copy.recorder.answers["a"] = [SendError("moved", moved_to=NEW_ROOM)]
    await copy.all_rounds()
    await post(store, posting("later"))
    await copy.all_rounds()
    moved = [("slack:amy", "a"), *((str(NEW_ROOM), key) for key in ("a", "b", "later"))]
    assert [tried for tried in copy.recorder.tried if tried[1] != "c"] == moved


async def test_two_addresses_that_each_say_they_moved_to_the_other_come_to_an_end(store: Store, copy: Copy) -> None:
    await post(store, posting("a"))
    copy.recorder.answers["a"] = [SendError("moved", moved_to=to) for to in (BEN, AMY) * 3]
    await copy.all_rounds()
    assert (await kept(store, "a")).state == State.FAILED


async def test_what_was_cancelled_is_never_sent(store: Store, copy: Copy) -> None:
    await post(store, posting("a"), posting("b"))
    await store.write(outbox.cancel, "a", "withdrawn", NOW)
    await copy.all_rounds()
    assert copy.recorder.sent == ["b"]
    assert not await store.write(outbox.cancel, "b", "withdrawn", NOW)
