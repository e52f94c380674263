"""Measures three copies of Usher on one database beside one alone, and kills copies while they send thousands."""

import asyncio
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks.delivery_claims import empty, store_name
from benchmarks.delivery_figure import Figure
from models.message import Address
from models.store import Store
from tests.delivery_cast import post, posting, states
from tests.delivery_drill import WITHIN, Found, Plan, drill, says, sender

SECONDS = 0.2  # that an answer takes
RATIO = 2.5  # the bar: messages a second of three copies to those of one


async def copies(url: str, messages: int) -> list[Figure]:
    """The same messages, to as many addresses, sent by one copy and then by three."""
    rates = {many: await _rate(url, many, messages) for many in (1, 3)}
    ratio = rates[3] / rates[1]
    told = f"{rates[3]:.0f} to {rates[1]:.0f} a second, {ratio:.2f} times"
    return [Figure(f"three copies to one, {messages:,} messages", told, f"{RATIO}", ratio >= RATIO)]


async def _rate(url: str, many: int, messages: int) -> float:
    """Messages a second of so many copies."""
    store = await Store.open(url)
    await store.write(empty)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        file = Path(folder) / "sent"
        programs = [stack.enter_context(sender(url, file, f"{n} of {many}", 0, SECONDS)) for n in range(many)]
        await asyncio.gather(*(says(program, "ready") for program in programs))
        await asyncio.sleep(1)
        await post(store, *(posting(f"{n}", Address("slack", f"{n}")) for n in range(messages)))
        began = time.monotonic()
        while await states(store) != {"sent": messages}:
            assert time.monotonic() < began + messages, "they do not come to an end"
            await asyncio.sleep(0.1)
        took = time.monotonic() - began
    await store.close()
    return messages / took


async def drills(url: str, messages: int, seed: int) -> list[Figure]:
    """SQLite: one copy, killed ten times and started again. PostgreSQL: three copies; two are killed and stay away."""
    alone = url.startswith("sqlite")
    plan = Plan(messages, 1 if alone else 3, 10 if alone else 2, returns=alone, seed=seed)
    store = await Store.open(url)
    await store.write(empty)
    with tempfile.TemporaryDirectory() as folder:
        found = await drill(store, url, Path(folder) / "sent", plan)
    await store.write(empty)
    await store.close()
    return _judged(f"{store_name(url)}, {messages:,} sends, {plan.kills} kills (seed {seed})", plan, found)


def _judged(what: str, plan: Plan, found: Found) -> list[Figure]:
    doubled, held, latest = found.doubled.total(), found.in_flight.total(), max(found.taken_over)
    try:
        found.check(plan)
        promises = True
    except AssertionError as broken:
        print(broken)
        promises = False
    return [
        Figure(f"lost, {what}", f"{len(found.lost)}", "0", not found.lost),
        Figure(f"doubled, {what}", f"{doubled}", f"the {held} in flight at the kills", doubled <= held),
        Figure(f"taken over, {what}", f"{latest:.1f} s after the kill at most", f"{WITHIN:.0f} s", latest <= WITHIN),
        Figure(f"every promise of the drill, {what}", "kept" if promises else "broken", "kept", promises),
    ]
