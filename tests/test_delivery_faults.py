"""Neither a database that is away for a moment nor a copy of Usher that is killed loses a message."""

import asyncio
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session, select

from models.message import Address, SendError
from models.outbox import Message, State
from models.store import Store
from scheduler.delivery import Also, Delivery, Limits
from tests.delivery_cast import (
    APRIL,
    BEN,
    PATIENCE,
    Recorder,
    eventually,
    kept,
    machine_time,
    post,
    posting,
    sending,
    states,
)
from tests.delivery_drill import Program, says, sender

SHORT = Limits(poll=0.05, lease=timedelta(seconds=0.2))
MESSAGES = 300


@contextmanager
def failing(store: Store, when: Callable[[str], bool]) -> Iterator[list[str]]:
    """Let the database fail at those statements; gives what it refused."""
    refused: list[str] = []

    def refuse(connection: Connection, cursor: object, statement: str, *_: object) -> None:
        if when(statement):
            refused.append(statement)
            raise OperationalError(statement, None, OSError("the disk is full"))

    event.listen(store._writing, "before_cursor_execute", refuse)
    try:
        yield refused
    finally:
        event.remove(store._writing, "before_cursor_execute", refuse)


def a_note(statement: str) -> bool:
    return statement.startswith("UPDATE outbox") and "channel =" not in statement


# ----------------------------------------------------------------------------------------------------- the database


async def test_a_database_that_is_away_while_noting_loses_no_outcome(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder()
    recorder.answers["b"] = [SendError("gone", permanent=True)]
    async with sending(store, recorder, limits=SHORT):
        with failing(store, a_note) as refused:
            await post(store, posting("a", repeats=True), posting("b", BEN, repeats=True))
            await eventually(lambda: len(refused) >= 20)  # many times the lease
            assert await states(store) == {"sending": 2}
        await eventually(lambda: _are(store, {"sent": 1, "failed": 1}))
    assert [key for _, key in recorder.tried] == ["a", "b"]
    assert "cannot be noted yet" in caplog.text


async def test_a_database_that_is_away_while_claiming_delays_and_loses_nothing(store: Store) -> None:
    recorder = Recorder()
    async with sending(store, recorder, limits=SHORT):
        with failing(store, lambda statement: statement.startswith(("WITH", "UPDATE"))) as refused:
            await post(store, posting("a"))
            await eventually(lambda: len(refused) >= 3)
        await eventually(lambda: _are(store, {"sent": 1}))
    assert recorder.sent == ["a"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_database_server_that_drops_its_connections_loses_nothing(store: Store, database_url: str) -> None:
    recorder = Recorder()
    server, _, name = database_url.rpartition("/")
    async with sending(store, recorder, limits=SHORT):
        with psycopg.connect(server, dbname="postgres", autocommit=True) as admin:
            # They repeat: where the answer to a claim is lost, nobody knows that nothing was sent.
            await post(store, *(posting(f"{n}", Address("slack", f"{n}"), repeats=True) for n in range(100)))
            for _ in range(5):
                admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
                await asyncio.sleep(0.05)
        await eventually(lambda: _are(store, {"sent": 100}))
    assert sorted(recorder.sent, key=int) == [f"{n}" for n in range(100)]


async def test_a_bug_in_what_follows_a_failure_costs_that_message_and_nothing_else(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    def bug(session: Session, message: Message) -> None:
        raise IntegrityError("INSERT", None, ValueError("a bug"))

    recorder = Recorder()
    recorder.answers["a"] = [SendError("too long", refused=True)]
    await post(store, posting("a"), posting("b", BEN), posting("c"))
    delivery = Delivery(
        store,
        {"slack": recorder},
        campaign_time=lambda: APRIL,
        machine_time=machine_time,
        copy="one",
        also=Also(failed=bug),
        limits=SHORT,
    )
    delivery.start()
    await eventually(lambda: recorder.sent == ["b", "c"])
    await delivery.stop()
    assert (await kept(store, "a")).state == State.UNCERTAIN
    assert "a bug" in caplog.text


async def test_a_bug_while_claiming_for_one_channel_holds_up_no_other_and_does_not_end_all_sending(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    class Odd(Recorder):
        broken = True

        def pause(self, to: Address) -> float:
            if self.broken:
                raise ValueError("no such place")
            return 0.0

    mail, odd = Recorder("mail"), Odd()
    await post(store, posting("a"), posting("b", Address("mail", "ben")))
    async with sending(store, mail, odd, limits=SHORT):
        await eventually(lambda: "no such place" in caplog.text)
        await eventually(lambda: mail.sent == ["b"])
        odd.broken = False
        await eventually(lambda: _are(store, {"sent": 2}))
    assert odd.tried == [("slack:amy", "a")]


async def test_a_copy_that_lives_takes_over_what_a_dead_one_was_sending(store: Store) -> None:
    dead, recorder = Recorder(), Recorder()
    dead.meanwhile = lambda _: asyncio.Event().wait()
    await post(store, posting("a", repeats=True), posting("b", BEN))
    ended = Delivery(
        store, {"slack": dead}, campaign_time=lambda: APRIL, machine_time=machine_time, copy="dead", limits=SHORT
    )
    assert len(await ended.take()) == 2
    async with sending(store, recorder, copy="alive", limits=SHORT):
        await eventually(lambda: _are(store, {"sent": 1, "uncertain": 1}))
    assert recorder.sent == ["a"]


# ------------------------------------------------------------------------------------------------------ kill -9


async def many(store: Store) -> None:
    """Every second one is sent again when nobody knows whether it arrived."""
    await post(store, *(posting(f"{n}", Address("slack", f"{n % 80}"), repeats=n % 2 == 0) for n in range(MESSAGES)))


async def killed(program: Program, store: Store) -> set[str]:
    """Wait for its sudden end; gives what it was sending."""
    assert await asyncio.to_thread(program.wait, PATIENCE) == -signal.SIGKILL
    mine = select(Message.key).where(Message.state == str(State.SENDING), Message.copy_name == "first")
    return {*await store.read(lambda session: session.exec(mine).all())}


async def judge(store: Store, lines: Counter[str], in_flight: set[str]) -> None:
    """Nothing is lost, and only what was in flight at the kill is sent twice or uncertain."""
    assert 0 < len(in_flight) <= Limits().in_flight
    messages = await store.read(lambda session: session.exec(select(Message)).all())
    ended = {message.key: message.state for message in messages}
    uncertain = {key for key, state in ended.items() if state == State.UNCERTAIN}
    assert len(ended) == MESSAGES
    assert {*ended.values()} <= {State.SENT, State.UNCERTAIN}
    assert {*ended} - {*lines} <= uncertain
    assert uncertain <= {key for key in in_flight if int(key) % 2}
    assert {key for key, times in lines.items() if times > 1} <= {key for key in in_flight if int(key) % 2 == 0}
    assert max(lines.values()) <= 2


async def _are(store: Store, expected: dict[str, int]) -> bool:
    return await states(store) == expected


async def _no_longer(store: Store, *gone: str) -> bool:
    return not {*gone} & {*await states(store)}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_copy_that_was_killed_is_started_again_and_nothing_is_lost(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "sent"
    with sender(database_url, file, "first", 60) as first:
        await says(first, "ready")
        await many(store)
        in_flight = await killed(first, store)
    with sender(database_url, file, "second") as second:
        await says(second, "ready")
        await eventually(lambda: _no_longer(store, "pending", "sending"))
    await judge(store, Counter(_lines(file)), in_flight)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_of_two_copies_one_is_killed_and_the_other_takes_over_within_the_lease(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "sent"
    with (
        sender(database_url, file, "first", 20) as first,
        sender(database_url, file, "second") as second,
    ):
        await asyncio.gather(says(first, "ready"), says(second, "ready"))
        await many(store)
        in_flight = await killed(first, store)
        await eventually(lambda: _no_longer(store, "pending", "sending"))
    await judge(store, Counter(_lines(file)), in_flight)


def _lines(file: Path) -> list[str]:
    return file.read_text().split()
