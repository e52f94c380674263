"""`python -m bot deliveries`: the proof of who was told what and when; what is in trouble, and sending it once more."""

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlmodel import Session

    from bot.tables import Row
    from models.deliveries import Delivery

HEADINGS = (
    "message", "outcome", "channel", "address", "contact", "participant", "participant name", "campaign", "rule",
    "lead", "due (campaign time)", "useful until (campaign time)", "planned at (machine time)",
    "settled at (machine time)", "reference", "attempts", "reason", "text version", "text", "key",
)  # fmt: skip


def register(commands: Any) -> None:
    parser = commands.add_parser("deliveries", help="list what was sent to whom, and what could not be")
    what = parser.add_subparsers(required=True, metavar="WHAT")
    export = what.add_parser("export", help="write a row for each message, and each thing it reminds of, as CSV")
    export.add_argument("--out", metavar="FILE", type=Path, help="instead of standard output; written whole or not")
    export.add_argument("--force", action="store_true", help="replace the file if it is there")
    export.set_defaults(run=_export)
    trouble = what.add_parser("trouble", help="count all messages, and list those that failed or may not have arrived")
    trouble.set_defaults(run=_trouble)
    again = what.add_parser("again", help="send one of these once more; who has it already gets it twice")
    again.add_argument("message", metavar="MESSAGE", type=int, help="its number in the list")
    again.set_defaults(run=_again)


def _export(given: argparse.Namespace) -> int:
    from bot.tables import put, write
    from bot.terminal import with_store

    def fill(file: IO[bytes]) -> int:
        return with_store(lambda store: store.read(lambda session: write(file, HEADINGS, _rows(session))))

    count = put(fill, given.out, force=given.force)
    if given.out:
        print(f"{given.out}: {count} {'row' if count == 1 else 'rows'}")
    return 0


def _trouble(_: argparse.Namespace) -> int:
    from bot.terminal import with_store
    from models.deliveries import counts, in_trouble

    counted, troubled = with_store(lambda store: store.read(lambda session: (counts(session), in_trouble(session))))
    for (channel, state), count in sorted(counted.items()):
        print(f"{channel:10} {state:10} {count:8}")
    if not troubled:
        print("No message has failed, and of none it is unknown whether it arrived.")
    for one in troubled:
        print(f"\n{_about(one)}")
    return 0


def _again(given: argparse.Namespace) -> int:
    from bot.clock import machine_time
    from bot.terminal import with_store
    from models.deliveries import send_again
    from models.demonstration import time_of

    def anew(session: "Session") -> bool:
        now = machine_time()
        return send_again(session, given.message, time_of(session, now), now)

    if with_store(lambda store: store.write(anew)):
        print(f"Message {given.message} is sent once more.")
        return 0
    print(
        f"Message {given.message} is not sent again: only one that failed or may not have arrived can be, while it is "
        "of use. See: python -m bot deliveries trouble",
        file=sys.stderr,
    )
    return 2


def _rows(session: "Session") -> Iterator["Row"]:
    from models.deliveries import deliveries
    from models.reminders import left_out

    for one in deliveries(session):
        yield _row(one)
    for lead in left_out(session):
        named = lead.campaign, lead.rule, lead.lead, _moment(lead.due), "", _moment(lead.recorded_at)
        yield "", "nobody was told", "", "", "", "", "", *named, "", "", "", lead.reason, "", "", ""


def _row(one: "Delivery") -> "Row":
    message, of = one.message, one.reminder
    named = (of.campaign, of.rule, of.lead) if of else ("", "", "")
    due, until = (of.due, of.until) if of else (message.due, message.useful_until)
    return (
        message.id, one.outcome, message.channel, message.address, one.contact, of.participant if of else "",
        one.participant, *named, _moment(due), _moment(until), _moment(message.posted_at), _moment(message.settled_at),
        message.reference, message.attempts, one.reason, of.version if of else "", one.text, message.key,
    )  # fmt: skip


def _about(one: "Delivery") -> str:
    from bot.terminal import shown

    message = one.message
    who = " ".join(filter(None, (one.contact, f"<{message.address}>")))
    when = _moment(message.settled_at or message.posted_at)
    return f"{message.id}  {message.state}  {when}  {who}\n    {shown(one.reason or '')}\n    {shown(one.text[:200])}"


def _moment(at: datetime | None) -> str:
    """ISO 8601, in UTC."""
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else ""
