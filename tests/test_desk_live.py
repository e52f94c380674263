"""What an open page of the desk hears by itself: each change, once read for all, for as long as its reader may."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from httpx import AsyncClient

from bot.app import App
from bot.clock import machine_time
from bot.page.desk import _board
from models.people import remove_staff
from models.store import Store
from models.support import By, claim, note
from tests.database_cast import POSTGRESQL
from tests.desk_cast import OLIVIA, SAM, link_for, open_one, use_link
from tests.page_server import served
from tests.reminders_cast import ONE_DATABASE
from tests.web_cast import MORNING


@asynccontextmanager
async def reader(app: App, address: str, name: str) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(base_url=address, headers={"accept-language": "en"}, timeout=30) as client:
        await use_link(client, await link_for(app.store, name))
        yield client


class Stream:
    """The events of one open page, in order."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def next(self, *names: str) -> Any:
        """The data of the next event of that name; ends where the stream does."""
        name = ""
        async with asyncio.timeout(20):
            async for line in self._lines:
                field, _, value = line.partition(": ")
                name = value if field == "event" else name
                if field == "data" and name in names:
                    return json.loads(value)
        raise AssertionError(f"the stream ended without {names}")


@asynccontextmanager
async def stream(client: AsyncClient, path: str) -> AsyncIterator[Stream]:
    async with client.stream("GET", path) as response:
        assert response.status_code == 200
        yield Stream(response.aiter_lines())


async def test_all_who_have_a_list_open_hear_of_a_new_case_and_of_who_claims_it(desk_usher: App, store: Store) -> None:
    async with (
        served(desk_usher) as address,
        reader(desk_usher, address, SAM) as sam,
        reader(desk_usher, address, OLIVIA) as olivia,
        stream(sam, "/desk/stream?tab=unclaimed") as his,
        stream(olivia, "/desk/stream?tab=mine") as hers,
    ):
        assert (await his.next("list"))["order"] == []
        assert (await hers.next("mine"))["count"] == 0
        number = await store.write(open_one)
        told = await his.next("list")
        assert (told["order"], told["counts"]["unclaimed"]) == ([number], 1)
        assert "&lt;b&gt;cheque&lt;/b&gt;" in told["rows"][str(number)]
        await store.write(claim, number, "c", By(OLIVIA, MORNING, machine_time()))
        assert (await his.next("list"))["order"] == []
        assert (await hers.next("mine"))["count"] == 1


@ONE_DATABASE
async def test_a_page_that_shows_the_list_as_it_is_hears_of_changes_only_and_only_of_those_rows(
    desk_usher: App, store: Store
) -> None:
    first = await store.write(open_one)
    async with served(desk_usher) as address, reader(desk_usher, address, SAM) as sam:
        stamp = (await sam.get("/desk")).text.partition('data-stamp="')[2].partition('"')[0]
        async with stream(sam, f"/desk/stream?tab=unclaimed&stamp={stamp}") as his:
            second = await store.write(open_one, "ben")
            told = await his.next("list")
            assert set(told["order"]) == {first, second}
            assert set(told["rows"]) == {str(second)}


@ONE_DATABASE
async def test_a_hundred_changes_at_once_are_a_few_events(desk_usher: App, store: Store) -> None:
    number = await store.write(open_one)
    async with (
        served(desk_usher) as address,
        reader(desk_usher, address, SAM) as sam,
        stream(sam, "/desk/stream?tab=unclaimed") as his,
    ):
        await his.next("list")
        by = By(SAM, MORNING, machine_time())
        for one in range(40):
            await store.write(open_one, f"amy{one}")
            await store.write(note, number, "Noted.", f"n{one}", by)
        events = 1
        while len((await his.next("list"))["order"]) < 41:
            events += 1
        assert events < 20


@ONE_DATABASE
@pytest.mark.parametrize("path", ["/desk/stream", "/desk/case/1/stream"])
async def test_who_is_removed_by_another_program_loses_the_open_page_and_hears_nothing_more(
    desk_usher: App, store: Store, database_url: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_board, "LOOKS", 0.1)
    await store.write(open_one)
    other = await Store.open(database_url)
    async with (
        served(desk_usher) as address,
        reader(desk_usher, address, SAM) as sam,
        stream(sam, path) as his,
    ):
        await his.next("list", "case")
        await other.write(remove_staff, SAM, machine_time())
        await his.next("gone")
    await other.close()


@ONE_DATABASE
async def test_one_case_tells_what_changed_in_it_part_by_part(desk_usher: App, store: Store) -> None:
    await store.write(open_one)
    async with (
        served(desk_usher) as address,
        reader(desk_usher, address, SAM) as sam,
        stream(sam, "/desk/case/1/stream?nonce=mine") as his,
    ):
        assert set((await his.next("case"))["parts"]) == {"head", "timeline", "around"}
        await store.write(note, 1, "Between <us>.", "n", By(OLIVIA, MORNING, machine_time()))
        parts = (await his.next("case"))["parts"]
        assert set(parts) == {"timeline"}
        assert "Between &lt;us&gt;." in parts["timeline"]


@pytest.mark.parametrize("database_url", [POSTGRESQL], indirect=True)
async def test_what_another_copy_does_is_heard_as_well(desk_usher: App, store: Store, database_url: str) -> None:
    other = await Store.open(database_url)
    async with (
        served(desk_usher) as address,
        reader(desk_usher, address, SAM) as sam,
        stream(sam, "/desk/stream?tab=unclaimed") as his,
    ):
        assert (await his.next("list"))["order"] == []
        number = await other.write(open_one)
        async with stream(sam, f"/desk/case/{number}/stream?nonce=mine") as case:
            assert (await his.next("list"))["order"] == [number]
            await case.next("case")
            await other.write(note, number, "Between us.", "n", By(OLIVIA, MORNING, machine_time()))
            assert "Between us." in (await case.next("case"))["parts"]["timeline"]
    await other.close()
