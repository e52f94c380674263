"""Somebody is forgotten while Usher is busy with them: what ends afterwards keeps nothing of them either."""

from sqlmodel import Session

from bot.clock import machine_time
from models import inbox, outbox
from models.forgetting import forget
from models.inbox import Event
from models.message import Address, Ask, Reply
from models.outbox import Message, Posting, Sender, State
from models.store import Store
from tests.delivery_cast import Recorder
from tests.forgetting_cast import SLACK, dump, found, rows
from tests.reception_cast import MORNING

NOW = machine_time()
ASK = Ask("slack:said:D0ANN:7.7", SLACK, SLACK, "/forget yes", MORNING)


async def test_a_copy_that_dies_over_the_answer_leaves_nothing_of_her_in_the_inbox(store: Store) -> None:
    (event,) = await store.write(inbox.take, [ASK], "a", NOW)
    await store.write(begin_and_forget, event.id)
    later = NOW + 10 * inbox.LEASE
    assert await store.write(inbox.take_over, str(SLACK), "b", later) == []
    assert found(await store.read(dump), ["D0ANN", "U0ANN"]) == []


async def test_what_waits_behind_it_is_answered_in_its_turn(store: Store) -> None:
    behind = Ask("slack:said:D0ANN:8.8", SLACK, SLACK, "hello?", MORNING)
    (event,) = await store.write(inbox.take, [ASK, behind], "a", NOW)
    await store.write(begin_and_forget, event.id)
    done = [(event, inbox.State.ANSWERED, "slack:D0ANN:9.9", None)]
    (following,) = await store.write(inbox.settle, done, "a", NOW)
    assert following.ask == behind
    kept = await store.read(rows, Event)
    assert "D0ANN" not in str(kept[0].model_dump())


async def test_a_message_that_is_on_its_way_leaves_no_reference_of_hers(store: Store) -> None:
    channel = Recorder("slack")
    await store.write(outbox.post, Posting("k", SLACK, Reply("hello"), MORNING), NOW)
    (message,) = await store.write(outbox.claim, channel, Sender("a"), limit=5, campaign_now=MORNING, now=NOW)
    await store.write(forget, SLACK, NOW)
    await store.write(outbox.note_again, message, "busy", NOW, counts=True)
    await store.write(outbox.note_sent, message, "slack:D0ANN:9.9", NOW)
    (kept,) = await store.read(rows, Message)
    assert kept.state == State.SENT
    assert found(await store.read(dump), ["D0ANN", "U0ANN"]) == []


async def test_nothing_is_sent_any_more_to_who_was_forgotten(store: Store) -> None:
    gone = await store.write(forget, SLACK, NOW)
    to = Address("slack", gone.pseudonym)
    await store.write(outbox.post, Posting("k", to, Reply("hello"), MORNING), NOW)
    (kept,) = await store.read(rows, Message)
    assert kept.state == State.CANCELLED


def begin_and_forget(session: Session, event: int) -> None:
    inbox.begin_sending(session, event, "a")
    forget(session, SLACK, NOW, ASK)
