"""What the store says it has kept is kept, and one failing write harms nobody else's."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from threading import Event

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlmodel import Session

from models.conversation import Turn
from models.store import Store, StoreError
from tests.database_cast import SQLITE
from tests.turns import add, add_and_fail, asked

only_sqlite = pytest.mark.parametrize("database_url", [SQLITE], indirect=True)


async def test_what_was_written_is_read(store: Store) -> None:
    await store.write(add, "a")
    assert await store.read(asked) == ["a"]


async def test_fifty_writes_at_once_are_all_kept(store: Store) -> None:
    await asyncio.gather(*(store.write(add, f"{number:02}") for number in range(50)))
    assert await store.read(asked) == [f"{number:02}" for number in range(50)]


async def test_rows_stay_usable_when_the_transaction_is_over(store: Store) -> None:
    written = await store.write(add, "a")
    assert (written.id, written.asked) == (1, "a")


async def test_a_failing_write_gets_its_own_error_and_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        await store.write(add_and_fail, "a")
    assert await store.read(asked) == []


async def test_a_failing_write_harms_none_of_those_that_wait_with_it(store: Store) -> None:
    results = await asyncio.gather(
        *(store.write(add_and_fail if number % 3 == 0 else add, str(number)) for number in range(9)),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [ZeroDivisionError, Turn, Turn] * 3
    assert await store.read(asked) == ["1", "2", "4", "5", "7", "8"]


async def test_a_broken_rule_of_the_database_harms_only_the_write_that_broke_it(store: Store) -> None:
    results = await asyncio.gather(*(store.write(add, key) for key in "aba"), return_exceptions=True)
    assert sorted(isinstance(result, IntegrityError) for result in results) == [False, False, True]
    assert await store.read(asked) == ["a", "b"]


async def test_reading_cannot_write(store: Store) -> None:
    with pytest.raises(DBAPIError):
        await store.read(add, "a")
    assert await store.read(asked) == []


async def test_a_write_is_answered_only_when_its_commit_is_done(store: Store) -> None:
    reached, let = Event(), Event()

    @event.listens_for(store._writing, "commit")
    def wait(_: object) -> None:
        reached.set()
        let.wait(10)

    writing = asyncio.create_task(store.write(add, "a"))
    await asyncio.to_thread(reached.wait, 10)
    await asyncio.sleep(0.05)
    answered_before = writing.done()
    let.set()
    await writing
    assert not answered_before


async def test_when_the_commit_itself_fails_the_writer_hears_of_it_and_the_next_write_is_kept(store: Store) -> None:
    orphan = "CREATE TABLE orphan (parent INTEGER REFERENCES turn (id) DEFERRABLE INITIALLY DEFERRED)"
    await store.write(lambda session: session.connection().execute(text(orphan)))

    def adopt(session: Session) -> None:
        add(session, "a")
        session.connection().execute(text("INSERT INTO orphan VALUES (99)"))  # found out at the commit, not before

    with pytest.raises(IntegrityError):
        await store.write(adopt)
    await store.write(add, "b")
    assert await store.read(asked) == ["b"]


@only_sqlite
async def test_writes_that_wait_together_share_a_transaction(store: Store) -> None:
    commits: list[object] = []
    event.listen(store._writing, "commit", commits.append)
    await behind_a_slow_write(store, [store.write(add, f"{number:02}") for number in range(50)])
    assert len(commits) == 2  # the slow one's, and the one of those that waited for it
    assert len(await store.read(asked)) == 50


@only_sqlite
async def test_when_sqlite_drops_a_shared_transaction_nobody_is_told_that_it_was_kept(store: Store) -> None:
    def drop(session: Session) -> None:
        session.connection().exec_driver_sql("ROLLBACK")  # as SQLite itself does when the disk is full

    results = await behind_a_slow_write(store, [store.write(add, "a"), store.write(drop), store.write(add, "b")])
    assert [type(result) for result in results] == [OperationalError] * 3
    assert await store.read(asked) == []
    await store.write(add, "c")
    assert await store.read(asked) == ["c"]


@only_sqlite
async def test_who_is_cancelled_before_the_turn_has_written_nothing(store: Store) -> None:
    async with busy_writer(store):
        waiting = asyncio.create_task(store.write(add, "a"))
        await asyncio.sleep(0.05)  # it has taken its place
        waiting.cancel()
        await asyncio.wait([waiting])
    await store.write(add, "b")
    assert waiting.cancelled()
    assert await store.read(asked) == ["b"]


async def test_who_is_cancelled_after_the_turn_began_has_written_and_others_go_on(store: Store) -> None:
    began, let = Event(), Event()

    def slow(session: Session) -> None:
        add(session, "a")
        began.set()
        let.wait(10)

    writing = asyncio.create_task(store.write(slow))
    await asyncio.to_thread(began.wait, 10)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    let.set()
    await store.write(add, "b")
    await store.close()  # waits for what was begun
    again = await Store.open(store._writing.url.render_as_string(hide_password=False))
    assert await again.read(asked) == ["a", "b"]
    await again.close()


async def test_closing_finishes_what_waits(database_url: str) -> None:
    store = await Store.open(database_url)
    writes = [asyncio.create_task(store.write(add, key)) for key in "abc"]
    await asyncio.sleep(0)  # each has taken its place
    await store.close()
    assert [row.asked for row in await asyncio.gather(*writes)] == ["a", "b", "c"]


async def test_a_closed_store_says_so(database_url: str) -> None:
    store = await Store.open(database_url)
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.write(add, "a")
    with pytest.raises(StoreError, match="closed"):
        await store.read(asked)


async def test_an_open_store_is_reachable_and_a_closed_one_is_not(database_url: str) -> None:
    store = await Store.open(database_url)
    assert await store.reachable()
    await store.close()
    assert not await store.reachable()


KILLED = """
import asyncio, sys
from models.store import Store
from tests.turns import add

async def main():
    store = await Store.open(sys.argv[1])
    for number in range(10_000):
        await store.write(add, f"{number:05}")
        print(f"{number:05}", flush=True)

asyncio.run(main())
"""


def answered_before_the_kill(database_url: str) -> set[str]:
    with subprocess.Popen([sys.executable, "-c", KILLED, database_url], stdout=subprocess.PIPE, text=True) as usher:
        assert usher.stdout
        answered = [usher.stdout.readline().strip() for _ in range(20)]
        usher.send_signal(signal.SIGKILL)
        return {*answered, *usher.stdout.read().split()}


async def test_nothing_that_was_answered_is_lost_when_usher_is_killed(database_url: str) -> None:
    answered = await asyncio.to_thread(answered_before_the_kill, database_url)
    store = await Store.open(database_url)
    assert answered <= set(await store.read(asked))
    await store.close()


WRITES = """
import asyncio, sys
from models.store import Store
from tests.turns import add

async def main():
    store = await Store.open(sys.argv[1])
    await asyncio.gather(*(store.write(add, f"{sys.argv[2]}-{number}") for number in range(100)))
    await store.close()

print("ready", flush=True)
sys.stdin.readline()
asyncio.run(main())
"""


def complaints_of_four_copies(database_url: str) -> list[str]:
    copies = [copy_that_waits(database_url, number) for number in range(4)]
    assert [copy.stdout.readline() for copy in copies if copy.stdout] == ["ready\n"] * 4
    for copy in copies:  # nobody begins before all can
        assert copy.stdin
        copy.stdin.write("\n")
        copy.stdin.flush()
    return [copy.communicate(timeout=60)[1] for copy in copies]


def copy_that_waits(database_url: str, number: int) -> subprocess.Popen[str]:
    program = [sys.executable, "-c", WRITES, database_url, str(number)]
    pipe = subprocess.PIPE
    return subprocess.Popen(program, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


async def test_copies_that_start_and_write_at_once_on_a_new_database_do_not_collide(new_database_url: str) -> None:
    assert await asyncio.to_thread(complaints_of_four_copies, new_database_url) == [""] * 4
    store = await Store.open(new_database_url)
    assert len(await store.read(asked)) == 400
    await store.close()


@asynccontextmanager
async def busy_writer(store: Store) -> AsyncIterator[None]:
    """Keep SQLite's writer busy, so that what is written meanwhile has to wait."""
    began, let = Event(), Event()

    def slow(_: Session) -> None:
        began.set()
        let.wait(10)

    first = asyncio.create_task(store.write(slow))
    await asyncio.to_thread(began.wait, 10)
    yield
    let.set()
    await first


async def behind_a_slow_write(store: Store, writes: list[Awaitable[object]]) -> list[object]:
    """Let `writes` gather while the writer is busy, and return what became of each."""
    async with busy_writer(store):
        gathered = asyncio.gather(*writes, return_exceptions=True)
        await asyncio.sleep(0.05)  # each has taken its place
    return list(await gathered)
