"""Measures the planning of reminders for very many recipients, beside a bare bulk insert of as many rows."""

import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert
from sqlmodel import Session, func, select

from benchmarks.delivery_claims import APRIL, empty, fill, row, store_name
from benchmarks.delivery_figure import Figure
from models.campaign import load
from models.contacts import Contact, ContactAddress, Membership
from models.outbox import Message, State
from models.participants import Participant
from models.reminders import Times, Timetable, Unreached, plan
from models.store import Store

CAMPAIGN = Path(__file__).parents[1] / "campaigns" / "ccms-2fa-2023"
FIRST_LEAD = datetime.fromisoformat("2023-04-06T10:00:01+08:00")  # one rule is due: for briefings
MACHINE = datetime(2026, 2, 3, tzinfo=UTC)
TIMES = 3.0  # the bar: planning to the bare insert


async def measure(url: str, recipients: int) -> list[Figure]:
    """Both in the same run, on the same empty outbox."""
    store = await Store.open(url)
    bare = await bare_insert(store, recipients)
    planning = await plan_reminders(store, recipients)
    await store.close()
    told = f"{planning:.1f} s, {planning / bare:.1f} times the bare insert's {bare:.1f} s"
    what = f"planning {recipients:,} recipients, {store_name(url)}"
    return [Figure(what, told, f"{TIMES} times", planning <= bare * TIMES)]


async def bare_insert(store: Store, rows: int) -> float:
    """The seconds that as many rows of the outbox take; they are taken away again."""
    made = [row(number, State.PENDING, APRIL) for number in range(rows)]
    began = time.monotonic()
    await fill(store, iter(made))
    took = time.monotonic() - began
    await store.write(empty)
    return took


async def plan_reminders(store: Store, recipients: int) -> float:
    """The seconds of planning one reminder for as many contacts on Telegram, ten of each participant."""
    await store.write(_people, recipients)
    timetable, times = Timetable([load(CAMPAIGN)]), Times(FIRST_LEAD, MACHINE)
    began = time.monotonic()
    while await store.write(plan, timetable, ("telegram",), times, _nobody):
        pass
    took = time.monotonic() - began
    planned = await store.read(lambda session: session.exec(select(func.count()).select_from(Message)).one())
    assert planned == recipients, f"{planned} messages were planned"
    return took


def _people(session: Session, recipients: int) -> None:
    """As an import leaves them."""
    run = session.connection().execute
    firms = range((recipients + 9) // 10)
    run(insert(Participant), [{"code": f"P{n:05}", "name": f"Firm {n}", "imported_at": MACHINE} for n in firms])
    people = range(1, recipients + 1)
    run(insert(Contact), [{"id": n, "name": f"Person {n}", "created_at": MACHINE} for n in people])
    run(insert(ContactAddress), [{"address": f"telegram:{n}", "contact_id": n, "since": MACHINE} for n in people])
    acting = [
        {"contact_id": n, "participant": f"P{(n - 1) // 10:05}", "how": "import", "since": MACHINE} for n in people
    ]
    run(insert(Membership), acting)


def _nobody(session: Session, unreached: Unreached) -> None:
    raise AssertionError(f"{len(unreached.participants)} participants were not reached")
