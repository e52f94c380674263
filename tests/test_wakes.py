"""A commit wakes those who watch what it announced, in this copy of Usher and in others, and nothing else does."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
from sqlmodel import Session

from models.store import Store, Watch, announce

SOON = 3.0
NOTHING: frozenset[str] = frozenset()


def tell(session: Session, *topics: str, fail: bool = False) -> None:
    for topic in topics:
        announce(session, topic)
    if fail:
        raise ValueError("taken back")


async def begun(store: Store, *watches: Watch) -> None:
    """Wait for the connection to the other copies: it wakes everybody once, for what may have been missed before."""
    if store._wakes._listener:
        assert all([await watch.news(SOON) for watch in watches])
        for watch in watches:
            await watch.news(0.1)  # one with several topics is woken for each


async def test_whoever_watches_a_topic_is_woken_by_its_commit(store: Store) -> None:
    with store.watch("a", "b") as watch, store.watch("c") as other:
        await begun(store, watch, other)
        await store.write(tell, "a")
        assert await watch.news(SOON) == {"a"}
        assert await watch.news(0.05) == NOTHING
        assert await other.news(0.05) == NOTHING


async def test_several_commits_before_one_looks_are_told_together(store: Store) -> None:
    with store.watch("a", "b") as watch:
        for topic in ("a", "b", "a"):
            await store.write(tell, topic)
        assert await watch.news(SOON) | await watch.news(0.2) == {"a", "b"}


async def test_what_was_taken_back_wakes_nobody(store: Store) -> None:
    with store.watch("a") as watch:
        await begun(store, watch)
        with pytest.raises(ValueError, match="taken back"):
            await store.write(tell, "a", fail=True)
        assert await watch.news(0.1) == NOTHING


async def test_in_a_group_only_what_was_committed_wakes(store: Store) -> None:
    with store.watch("good", "bad") as watch:
        await begun(store, watch)
        await asyncio.gather(
            *(store.write(tell, *topic, fail=topic == ("bad",)) for topic in (("good",), ("bad",))),
            return_exceptions=True,
        )
        assert await watch.news(SOON) == {"good"}
        assert await watch.news(0.1) == NOTHING


async def test_after_watching_nothing_is_kept_and_announcing_is_no_error(store: Store) -> None:
    with store.watch("a"):
        pass
    await store.write(tell, "a")
    assert store._wakes._watching == {}


async def test_at_the_end_a_watch_of_another_loop_is_no_error(store: Store) -> None:
    async def watch_and_leave() -> None:
        store.watch("a").__enter__()

    await asyncio.to_thread(asyncio.run, watch_and_leave())
    await store.write(tell, "a")


# ------------------------------------------------------------------------------------------------ several copies


@pytest.fixture
async def copies(new_database_url: str) -> AsyncIterator[tuple[Store, Store, str]]:
    one, other = await Store.open(new_database_url), await Store.open(new_database_url)
    yield one, other, new_database_url
    await one.close()
    await other.close()


@pytest.mark.parametrize("new_database_url", ["postgresql"], indirect=True)
async def test_a_commit_of_one_copy_wakes_the_other_and_itself_once(copies: tuple[Store, Store, str]) -> None:
    one, other, _ = copies
    with one.watch("a") as here, other.watch("a") as there:
        await begun(one, here)
        await begun(other, there)
        await one.write(tell, "a")
        assert [await watch.news(SOON) for watch in (here, there)] == [{"a"}, {"a"}]
        assert [await watch.news(0.2) for watch in (here, there)] == [NOTHING, NOTHING]


@pytest.mark.parametrize("new_database_url", ["postgresql"], indirect=True)
async def test_a_lost_connection_comes_back_and_wakes_everybody_for_what_was_missed(
    copies: tuple[Store, Store, str], caplog: pytest.LogCaptureFixture
) -> None:
    one, other, url = copies
    with other.watch("a") as there:
        await begun(other, there)
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
        assert await there.news(SOON) == {"a"}
        await one.write(tell, "a")
        assert await there.news(SOON) == {"a"}
    assert "no news of other copies" in caplog.text
