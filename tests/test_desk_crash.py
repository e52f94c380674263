"""A copy of Usher dies between any two steps of a reply: the next one goes on, and the asker gets it."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from handlers.reception import Reception
from handlers.support import REPLY
from models import inbox, outbox
from models.campaign import Campaign
from models.conversation import record
from models.message import Address, Ask, Reply
from models.people import add_staff
from models.store import Store
from models.support import Case, Opening, events_of, open_case
from scheduler.delivery import Also, Delivery
from tests.delivery_cast import NOW, Recorder, kept
from tests.reception_cast import MORNING

ROOM = Address("slack", "CDESK")
AMY, SAM = Address("slack", "T0:U0AMY"), Address("slack", "T0:U0SAM")
LATER = NOW + timedelta(minutes=10)  # every lease of the dead copy is over
STEPS = ("the event is written down", "the reply is kept", "the event is settled", "the message is claimed",
         "the message is sent", "the outcome is noted")  # fmt: skip


@dataclass
class Copy:
    """One copy of Usher, which does one step after the other and dies after the one it is told."""

    name: str
    store: Store
    reception: Reception
    channel: Recorder
    now: datetime

    async def reply(self, ask: Ask, dies_after: str) -> None:
        steps = self._steps(ask)
        async for step in steps:
            if step == dies_after:
                await steps.aclose()
                return

    async def goes_on(self) -> None:
        """What every copy does all the time: events and messages that nobody works on any more are taken over."""
        for person in await self.store.read(inbox.stale, self.now):
            for event in await self.store.write(inbox.take_over, person, self.name, self.now):
                await self.reception.hear(event.ask)
                await self._settle(event)
        sender = self._delivery()
        while claimed := await sender.take():
            for message in claimed:
                await sender.deliver(message)

    async def _steps(self, ask: Ask) -> AsyncGenerator[str, None]:
        event = (await self.store.write(inbox.take, [ask], self.name, self.now))[0]
        yield "the event is written down"
        await self.reception.hear(ask)
        yield "the reply is kept"
        await self._settle(event)
        yield "the event is settled"
        message = next(one for one in await self._delivery().take() if one.key.startswith("reply:"))
        yield "the message is claimed"
        reference = await self.channel.send(message.to, message.reply, message.key)
        yield "the message is sent"
        await self.store.write(outbox.note_sent, message, reference, self.now)
        yield "the outcome is noted"

    async def _settle(self, event: inbox.Taken) -> None:
        ended = [(event, inbox.State.ANSWERED, None, None)]
        await self.store.write(inbox.settle, ended, self.name, self.now)

    def _delivery(self) -> Delivery:
        desk = self.reception.support
        return Delivery(
            self.store, {"slack": self.channel}, campaign_time=lambda: MORNING, machine_time=lambda: self.now,
            copy=self.name, also=Also(failed=desk.undelivered),
        )  # fmt: skip


@pytest.fixture
async def channel(store: Store) -> Recorder:
    """Where everything is sent; Amy's question about cheques is case 1, and its card is in the room."""
    ask = Ask("e1", AMY, AMY, "May we pay by cheque?", MORNING)
    turn = await store.write(record, ask, Reply("The circular does not say.", "escalate"), recorded_at=NOW)
    await store.write(open_case, Opening(turn, MORNING, NOW))
    await store.write(add_staff, "Sam", SAM, NOW)
    return Recorder()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("words", [f"{REPLY} 1 Yes, by cheque.", "Yes, by cheque."])
async def test_a_reply_reaches_its_asker_wherever_the_bot_dies(
    store: Store, campaign: Campaign, understanding: Path, channel: Recorder, words: str, step: str
) -> None:
    def copy(name: str, now: datetime) -> Copy:
        reception = Reception(store, [campaign], lambda: now, understanding, [ROOM])
        return Copy(name, store, reception, channel, now)

    first, second = copy("one", NOW), copy("two", LATER)
    ask = Ask("e2", SAM, ROOM, words, MORNING)
    if not words.startswith("/"):
        ask = await under_the_card(store, first, words)
    await first.reply(ask, step)
    await second.goes_on()
    replies = [key for key in channel.sent if key.startswith("reply:")]
    assert replies == [f"reply:{ask.id}"] * (2 if step == "the message is sent" else 1)
    message = await kept(store, f"reply:{ask.id}")
    assert (message.state, message.address) == ("sent", str(AMY))
    assert "case 1" in message.reply.text
    assert "Yes, by cheque." in message.reply.text
    assert [event.kind for event in await store.read(events_of, 1)] == ["reply"]


async def under_the_card(store: Store, usher: Copy, words: str) -> Ask:
    """Sam's words as a reply to the card, which was sent a while ago."""
    desk = usher.reception.support
    await store.write(lambda session: desk.post_cards(session, session.get_one(Case, 1), MORNING))
    card = (await usher._delivery().take())[0]
    await store.write(outbox.note_sent, card, "slack:CDESK:1.1", NOW)
    return Ask("e2", SAM, ROOM, f"reply: {words}", MORNING, replies_to="slack:CDESK:1.1", overheard=True)
