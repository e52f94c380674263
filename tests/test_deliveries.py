"""Whoever runs Usher can prove who was told what and when, see what is in trouble, and send it once more."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from sqlmodel import Session, col, select

from handlers.phrasing import Phrasing
from handlers.reminders import Reminders
from models import outbox
from models.campaign import Campaign
from models.message import Address, Reply
from models.outbox import Message, Posting, Sender
from models.reminders import Times, Timetable, plan
from models.store import Store
from tests.channels_cast import ONE_DATABASE
from tests.delivery_cast import Recorder
from tests.firms import firm, person
from tests.program import told

DUE = datetime.fromisoformat("2023-04-13T10:00:05+08:00")
MACHINE = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
pytestmark = ONE_DATABASE  # the programs take a second each; models/deliveries.py has no dialects
ANN, BOB = Address("slack", "T1:ann"), Address("slack", "T1:bob")
Bot = Callable[..., CompletedProcess[str]]


@pytest.fixture
def bot(tmp_path: Path, database_url: str) -> Bot:
    """The real command line, in a folder of its own, with the test's database."""
    return lambda *arguments: told(tmp_path, *arguments, DATABASE_URL=database_url)


def reminded(session: Session, campaign: Campaign) -> None:
    """Ann was sent a reminder; Bob's failed, and so did a reply of support to him."""
    firm(session, "A1", "=Alpha")
    person(session, "Ann", ANN, "A1")
    person(session, "Bob", BOB, "A1")
    times, timetable = Times(DUE, MACHINE), Timetable([campaign])
    reminders = Reminders(Phrasing([campaign]), timetable, ("slack",), (), lambda: DUE, lambda: MACHINE)
    while plan(session, timetable, ("slack",), times, reminders.unreached):
        pass
    post_to_bob = Posting("reply:7", BOB, Reply("Yes, until 18:00."), due=DUE, about="case:7")
    outbox.post(session, post_to_bob, MACHINE)
    for _ in range(2):
        claimed = outbox.claim(session, Recorder(), Sender("one"), limit=9, campaign_now=DUE, now=MACHINE)
        for message in reminders.ready(session, claimed, DUE, MACHINE):
            if message.address == str(ANN):
                outbox.note_sent(session, message, "slack:C1:17.5", MACHINE)
            else:
                outbox.note_failed(session, message, "account_inactive", MACHINE)


def rows(ended: CompletedProcess[str]) -> list[dict[str, str]]:
    assert (ended.returncode, ended.stderr) == (0, "")
    return list(csv.DictReader(StringIO(ended.stdout.removeprefix("\ufeff"))))


async def test_every_message_stands_in_the_proof_with_its_words_its_times_and_its_outcome(
    store: Store, campaign: Campaign, bot: Bot
) -> None:
    await store.write(reminded, campaign)
    listed = [row for row in rows(bot("deliveries", "export")) if row["message"]]
    assert [(row["contact"], row["rule"], row["outcome"], row["reference"], row["reason"]) for row in listed] == [
        ("Ann", "briefing", "sent", "slack:C1:17.5", ""),
        ("Ann", "emails", "sent", "slack:C1:17.5", ""),
        ("Ann", "connection", "sent", "slack:C1:17.5", ""),
        ("Bob", "briefing", "failed", "", "account_inactive"),
        ("Bob", "emails", "failed", "", "account_inactive"),
        ("Bob", "connection", "failed", "", "account_inactive"),
        ("Bob", "", "failed", "", "account_inactive"),
    ]
    first = listed[1]
    assert (first["participant"], first["participant name"], first["lead"]) == ("A1", "'=Alpha", "10 business days")
    assert first["due (campaign time)"] == "2023-04-13T02:00:00+00:00"
    assert first["settled at (machine time)"] == "2026-02-03T04:05:06+00:00"
    assert first["text version"] == f"{campaign.key}@{campaign.content_hash[:12]}"
    assert "Thursday 27 April 2023" in first["text"]
    assert listed[-1]["text"] == "Yes, until 18:00."


async def test_a_lead_that_nobody_was_told_stands_there_with_the_reason(
    store: Store, campaign: Campaign, bot: Bot
) -> None:
    late = datetime.fromisoformat("2023-04-18T12:00:00+08:00")
    await store.write(plan, Timetable([campaign]), ("slack",), Times(late, MACHINE), lambda *_: None)
    left = [row for row in rows(bot("deliveries", "export")) if not row["message"]]
    assert ("briefing", "3 business days", "a later reminder was due by then") in [
        (row["rule"], row["lead"], row["reason"]) for row in left
    ]


async def test_what_is_in_trouble_is_counted_and_listed(store: Store, campaign: Campaign, bot: Bot) -> None:
    await store.write(reminded, campaign)
    shown = bot("deliveries", "trouble").stdout
    assert "slack      failed            2" in shown
    assert "slack      sent              1" in shown
    assert f"Bob <{BOB}>" in shown
    assert f"<{ANN}>" not in shown


async def test_what_failed_can_be_sent_once_more_and_what_was_sent_cannot(
    store: Store, campaign: Campaign, bot: Bot
) -> None:
    await store.write(reminded, campaign)
    states = await store.read(_states)
    failed = next(number for number, state in states.items() if state == "failed")
    sent = next(number for number, state in states.items() if state == "sent")
    assert bot("deliveries", "again", str(sent)).returncode == 2
    assert bot("deliveries", "again", str(max(states) + 1)).returncode == 2
    # The machine's present is long after the reminder was of use; the reply of support has no such end.
    assert bot("deliveries", "again", str(failed)).returncode == 2
    reply = max(states)
    assert bot("deliveries", "again", str(reply)).returncode == 0
    assert (await store.read(_states))[reply] == "pending"


def test_an_empty_proof_has_its_headings(bot: Bot) -> None:
    assert rows(bot("deliveries", "export")) == []
    assert "No message has failed" in bot("deliveries", "trouble").stdout


def _states(session: Session) -> dict[int, str]:
    return {message.id or 0: message.state for message in session.exec(select(Message).order_by(col(Message.id)))}
