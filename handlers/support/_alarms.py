"""Tells the desk by itself: of cases that nobody has claimed in time, and in the morning of all that are open."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlmodel import Session

from handlers.support._background import span
from handlers.support._deeds import CLAIM
from handlers.support._turns import short
from models import support
from models.message import Address, Choice, Reply
from models.outbox import Posting, exists, post_to_each
from models.store import in_turn
from models.support import Case, State

if TYPE_CHECKING:
    from handlers.support import Support

FIRST, SECOND = 1, 2
DIGEST = timedelta(hours=2)  # how long after the opening it is still the morning
LISTED = 20  # cases in one line


def tick(session: Session, desk: "Support", at: datetime) -> None:
    """Tell what is due, each once, whoever ticks and however often: within the hours of the desk, never at night."""
    if not desk.open_rooms:
        return
    for tier, minutes in zip((FIRST, SECOND), desk.alarms, strict=True):
        if _rooms(desk, tier) and (late := _late(session, desk, tier, minutes, at)):
            in_turn(session, "desk alarms")
            for case in late:
                _alarm(session, desk, case, tier, at)
    _digest(session, desk, at)


def _rooms(desk: "Support", tier: int) -> list[Address]:
    if tier == FIRST:
        return desk.open_rooms
    second = desk.second_tier
    return [second] if second and not desk.is_closed(second) else []


def _late(session: Session, desk: "Support", tier: int, minutes: int, at: datetime) -> list[Case]:
    """Those that nobody has claimed for so long while people were there, and they are there now."""
    found = support.unclaimed(session, tier, at, minutes)
    return [case for case in found if _is_late(desk, case, minutes, at)]


def _is_late(desk: "Support", case: Case, minutes: int, at: datetime) -> bool:
    hours = desk.hours_of(case.campaign)
    if case.waits_since is None or not hours.is_open(at):
        return False
    return hours.worked(case.waits_since, at) >= timedelta(minutes=minutes)


def _alarm(session: Session, desk: "Support", case: Case, tier: int, at: datetime) -> None:
    if case.waits_since is None or not support.keep_alarm(session, case, tier, at):
        return
    wording = desk.wording(case.campaign, at)
    worked = span(desk.hours_of(case.campaign).worked(case.waits_since, at), wording)
    said = wording.say(f"desk.alarm.{tier}", number=case.number, worked=worked, question=short(case.question))
    claim = Choice(wording.say("card.claim"), f"{CLAIM} {case.number}")
    reply = Reply(said, choices=(claim,), language=wording.language)
    rooms, since = _rooms(desk, tier), int(case.waits_since.timestamp())
    key = f"alarm:{tier}:{case.number}:{since}"
    post_to_each(session, rooms, Posting(key, rooms[0], reply, at, about=f"case:{case.number}"), desk.machine_time())
    if tier == SECOND:
        desk.post_card(session, case, rooms[0], at)
    support.touch(session, case, desk.machine_time())  # the cards say how long it waits


def _digest(session: Session, desk: "Support", at: datetime) -> None:
    """Once on the morning of each business day, of what was open when people came: nothing where nothing was."""
    hours = desk.hours_of(None)
    if not hours.is_open(at):
        return
    local = at.astimezone(hours.zone)
    opened = datetime.combine(local.date(), hours.opens, hours.zone)
    key = f"digest:{local.date().isoformat()}"
    if at - opened > DIGEST or exists(session, key):
        return
    if cases := support.live_before(session, opened):
        rooms = desk.open_rooms
        said = Reply("\n".join(_told(desk, cases, at)), language=desk.phrasing.first.prevails)
        until = opened + DIGEST
        post_to_each(
            session, rooms, Posting(key, rooms[0], said, at, "digest", useful_until=until), desk.machine_time()
        )


def _told(desk: "Support", cases: Sequence[Case], at: datetime) -> Iterator[str]:
    wording = desk.wording(None, at)
    yield wording.say("desk.digest", count=len(cases))
    held: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        if case.state == State.OPEN and case.holder:
            held[case.holder].append(case)
    nobodys = [case for case in cases if case.state == State.OPEN and not case.holder]
    if nobodys:
        yield wording.say("desk.digest.nobody", cases=_listed(nobodys))
    for holder, theirs in sorted(held.items()):
        yield wording.say("desk.digest.holder", holder=short(holder, 80), cases=_listed(theirs))
    if waiting := [case for case in cases if case.state == State.WAITING]:
        yield wording.say("desk.digest.waiting", cases=_listed(waiting))
    waits = [(desk.hours_of(case.campaign).worked(case.waits_since, at), -(case.number or 0)) for case in cases
             if case.waits_since]  # fmt: skip
    if waits:
        worked, number = max(waits)
        yield wording.say("desk.digest.oldest", number=-number, worked=span(worked, wording))


def _listed(cases: Sequence[Case]) -> str:
    numbers = [str(case.number) for case in cases[:LISTED]]
    return ", ".join([*numbers, "…"] if len(cases) > LISTED else numbers)
