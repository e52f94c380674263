"""Copies of Usher that are killed at random moments lose nothing, double only what they held, and plan nothing twice.

The long form, with thousands of messages, is in benchmarks/delivery.py. DRILL_SEED repeats a run.
"""

import asyncio
import os
import random
from pathlib import Path

import pytest

from models.store import Store
from tests.delivery_cast import eventually, states
from tests.delivery_drill import Plan, drill, lines, says, sender

MESSAGES = 400


@pytest.fixture
def seed() -> int:
    chosen = int(os.environ.get("DRILL_SEED") or random.randrange(10**6))
    print(f"DRILL_SEED={chosen}")
    return chosen


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_one_copy_that_is_killed_again_and_again_and_started_anew_loses_nothing(
    store: Store, database_url: str, tmp_path: Path, seed: int
) -> None:
    plan = Plan(MESSAGES, copies=1, kills=3, returns=True, seed=seed)
    (await drill(store, database_url, tmp_path / "sent", plan)).check(plan)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_of_three_copies_two_are_killed_and_the_last_takes_over_within_the_lease(
    store: Store, database_url: str, tmp_path: Path, seed: int
) -> None:
    plan = Plan(MESSAGES, copies=3, kills=2, returns=False, seed=seed)
    (await drill(store, database_url, tmp_path / "sent", plan)).check(plan)


async def test_two_copies_that_plan_the_same_messages_at_once_send_each_once(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    file, given = tmp_path / "sent", (0, 0.02, MESSAGES)
    with sender(database_url, file, "first", *given) as first, sender(database_url, file, "second", *given) as second:
        await asyncio.gather(says(first, "ready"), says(second, "ready"))
        for program in (first, second):
            assert program.stdin
            program.stdin.write("go\n")
            program.stdin.flush()
        await asyncio.gather(says(first, "planned"), says(second, "planned"))
        await eventually(lambda: _all_sent(store))
    assert lines(file) == {f"{n}": 1 for n in range(MESSAGES)}


async def _all_sent(store: Store) -> bool:
    return await states(store) == {"sent": MESSAGES}
