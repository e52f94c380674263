"""Measures what taking a message costs with ever more rows in the outbox, and a bare bulk insert of such rows."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import delete, insert, text
from sqlmodel import Session

from benchmarks.delivery_figure import Figure
from models import outbox
from models.conversation import packed
from models.message import Address, Choice, Reply
from models.outbox import Lane, Message, Sender, State
from models.store import Store

NOW = datetime(2026, 2, 3, 4, tzinfo=UTC)  # machine time
APRIL = datetime(2023, 4, 12, 2, tzinfo=UTC)  # campaign time
HOUR = timedelta(hours=1)
ROUNDS, TOGETHER = 100, 2  # rounds that are measured, and messages in each, as at Telegram's rate
AT_ONCE = 5_000  # rows in one statement
FLAT = 1.5  # times the round with the fewest rows; or so little more that nobody minds:
SLACK_MS = 0.5
SETTLING, LONGEST = 15, 20.0  # rounds before those that count; the seconds after which no further one begins


@dataclass(frozen=True)
class Cost:
    """Milliseconds of a message: of the claim, and of all that the sender asks of the outbox for it."""

    claim: float
    all: float


WORDED = packed(
    Reply(
        "Dear colleagues of Firm A, the e-mail addresses of your users have not been declared to us yet. Please do so "
        "by Wednesday 19 April 2023: without them nobody of your firm can be asked to set up the second factor, and "
        "the system cannot be entered from 28 April on. If it is done meanwhile, press the button.",
        choices=(Choice("Done", "/done ccms-2fa-2023 users"), Choice("Not now", "/snooze ccms-2fa-2023 users")),
    )
)


class Free:
    """A channel without a rate of its own, but one message a second in each chat. It is only claimed for."""

    name, interval = "telegram", 0.0

    def pause(self, to: Address) -> float:
        return 1.0

    async def send(self, to: Address, reply: Reply, key: str) -> str:
        raise NotImplementedError

    async def edit(self, reference: str, reply: Reply) -> None:
        raise NotImplementedError


def row(number: int, state: State, due: datetime) -> dict[str, Any]:
    """A reminder to a chat of its own."""
    settled = state != State.PENDING
    return {
        "key": f"reminder:{number}",
        "channel": "telegram",
        "address": f"telegram:{number}",
        "reply_json": WORDED,
        "about": f"reminder:{number}",
        "repeats": True,
        "due": due,
        "useful_until": due + 400 * HOUR,
        "posted_at": NOW - HOUR,
        "not_before": NOW - HOUR,
        "state": str(state),
        "attempts": int(settled),
        "settled_at": NOW - HOUR if settled else None,
        "reference": f"telegram:{number}:1" if settled else None,
    }


KINDS = {
    "sent before": lambda number: row(number, State.SENT, APRIL - 500 * HOUR),
    "waiting for another day": lambda number: row(number, State.PENDING, APRIL + 500 * HOUR),
    "waiting for their turn": lambda number: row(number, State.PENDING, APRIL - HOUR),
}


async def measure(url: str, sizes: list[int]) -> list[Figure]:
    """A round of the sender with ever more of each kind in the outbox: looking, claiming, noting, looking when next."""
    store = await Store.open(url)
    figures = []
    for kind, made in KINDS.items():
        await store.write(empty)
        costs: dict[int, Cost] = {}
        for had, size in zip([0, *sizes], sizes, strict=False):
            await fill(store, map(made, range(had, size)))
            costs[size] = await rounds(store, size)
        figures += _told(f"{store_name(url)}, {kind}", costs)
    await store.write(empty)
    await store.close()
    return figures


def store_name(url: str) -> str:
    return "SQLite" if url.startswith("sqlite") else "PostgreSQL"


def empty(session: Session) -> None:
    for table in (Message, Lane):
        session.connection().execute(delete(table))


async def fill(store: Store, rows: Iterator[dict[str, Any]]) -> None:
    """Insert them bare, in large statements."""
    while some := [one for one, _ in zip(rows, range(AT_ONCE), strict=False)]:
        await store.write(add, some)
    await store.write(analyze)


def add(session: Session, rows: list[dict[str, Any]]) -> None:
    session.connection().execute(insert(Message), rows)


def analyze(session: Session) -> None:
    """PostgreSQL does it by itself, some time later; SQLite never does."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text("ANALYZE"))


async def rounds(store: Store, size: int) -> Cost:
    """The medians of the rounds. What is taken is there beside the rows of that size."""
    first = 10_000_000 + size
    await fill(store, (row(first + n, State.PENDING, APRIL - 2 * HOUR) for n in range(TOGETHER * (ROUNDS + SETTLING))))
    costs, until = [], time.monotonic() + LONGEST
    for number in range(ROUNDS + SETTLING):
        costs.append(await one_round(store, NOW + timedelta(seconds=number / 15)))
        if time.monotonic() > until:
            break
    measured = costs[SETTLING:] or costs
    return Cost(median(one.claim for one in measured), median(one.all for one in measured))


async def one_round(store: Store, now: datetime) -> Cost:
    """What `scheduler.delivery` asks of the outbox for each few messages."""
    sender, began = Sender("one"), time.perf_counter()
    assert await store.read(outbox.open_channels, ["telegram"], APRIL, now)
    claims = time.perf_counter()
    taken = await store.write(outbox.claim, Free(), sender, limit=TOGETHER, campaign_now=APRIL, now=now)
    claimed = time.perf_counter()
    assert len(taken) == TOGETHER
    await asyncio.gather(*(store.write(outbox.note_sent, one, f"telegram:{one.id}:2", now) for one in taken))
    await store.read(outbox.next_at, APRIL, now)
    ended = time.perf_counter()
    return Cost((claimed - claims) * 1000 / TOGETHER, (ended - began) * 1000 / TOGETHER)


def _told(what: str, costs: dict[int, Cost]) -> list[Figure]:
    claims = {size: cost.claim for size, cost in costs.items()}
    return [
        _flat(f"claiming a message, {what}", claims),
        _flat(f"all of a message, {what}", {size: cost.all for size, cost in costs.items()}),
    ]


def _flat(what: str, cost: dict[int, float]) -> Figure:
    least, most = cost[min(cost)], cost[max(cost)]
    told = ", ".join(f"{size:,} rows {ms:.2f} ms" for size, ms in cost.items())
    return Figure(
        what, told, f"at most {FLAT} times, or {SLACK_MS} ms more", most <= max(least * FLAT, least + SLACK_MS)
    )
