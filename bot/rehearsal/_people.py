"""Brings people to a rehearsal: made-up ones in every situation, or those of the operator's own tables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain, count, product
from pathlib import Path
from typing import BinaryIO

from sqlmodel import Session, col, select

from bot.settings import SettingsError
from bot.terminal import Bar
from models import status
from models.campaign import Campaign
from models.contacts import Membership
from models.imports import (
    Staging,
    participants_known,
    read_contacts,
    read_participants,
    write_contacts,
    write_participants,
)
from models.imports._staging import Row
from models.message import Address
from models.participants import Participant, participants
from models.seats import Seat
from models.status import Duty
from models.store import Store
from models.wording import SIMPLIFIED

MOST = 1000  # samples: where there are more combinations only the telling ones are played
CHATS = ("slack", "telegram")  # where made-up people are reached, in turn


@dataclass(frozen=True)
class Sample:
    """A made-up participant: which tasks are open, and at which briefings it has a seat, registered there or not."""

    code: str
    language: str
    open: Sequence[str]
    seats: Mapping[str, bool]

    @property
    def name(self) -> str:
        return f"Made-up firm {self.code.partition('-')[2]}"


def samples(campaign: Campaign, *, all_of_them: bool = True) -> list[Sample]:
    """One for each combination of open tasks, seats and languages; the first of a language has all open and no seat.

    Not `all_of_them`: only as many as it takes to see each text.
    """
    tasks, briefings = list(campaign.task), list(campaign.briefing)
    size = 2 ** len(tasks) * 3 ** len(briefings) * len(campaign.languages)
    is_every = all_of_them and size <= MOST
    combinations = list(_every(tasks, briefings) if is_every else _telling(tasks, briefings))
    numbers = count(1)
    return [
        Sample(f"SAMPLE-{next(numbers):04}", language, opened, seats)
        for language in campaign.languages
        for opened, seats in combinations
    ]


Situation = tuple[Sequence[str], Mapping[str, bool]]


def _every(tasks: Sequence[str], briefings: Sequence[str]) -> Iterator[Situation]:
    for chosen in product((True, False), repeat=len(tasks)):
        opened = [task for task, is_open in zip(tasks, chosen, strict=True) if is_open]
        for states in product((None, False, True), repeat=len(briefings)):
            held = zip(briefings, states, strict=True)
            yield opened, {briefing: state for briefing, state in held if state is not None}


def _telling(tasks: Sequence[str], briefings: Sequence[str]) -> Iterator[Situation]:
    """All and nothing, each thing alone, and each thing missing."""
    missing = [[one for one in tasks if one != task] for task in tasks]
    opened = [list(tasks), *missing, *([task] for task in tasks), []]
    alone = [{briefing: registered} for briefing in briefings for registered in (False, True)]
    yield from product(opened, [{}, *alone, dict.fromkeys(briefings, False), dict.fromkeys(briefings, True)])


async def bring_samples(store: Store, campaign: Campaign, now: datetime, bar: Bar, *, all_of_them: bool) -> None:
    """Have the samples in the store, a person for each, and one in each language who acts for two."""
    made = samples(campaign, all_of_them=all_of_them)
    await _firms(store, ({"code": one.code, "name": one.name} for one in made), now, bar)
    acting = ((one.code, str(number), one.language) for number, one in enumerate(made, 1))
    await _contacts(store, chain(acting, _for_two(made)), now, bar)
    await store.write(_situations, campaign, made, now)


async def bring_own(store: Store, campaign: Campaign, files: tuple[Path, Path | None], now: datetime, bar: Bar) -> None:
    """Have the participants of the operator's table, and the contacts of theirs, or else a made-up one for each."""
    languages = frozenset(campaign.languages) | ({SIMPLIFIED} if "zh-Hant" in campaign.languages else set())
    with _opened(files[0], bar) as file, read_participants(file, languages, bar) as staging:
        bar.total("written", len(staging))
        await store.write(write_participants, staging, now, bar)
    if files[1]:
        known = await store.read(participants_known)
        with _opened(files[1], bar) as file, read_contacts(file, known, languages, bar) as staging:
            bar.total("written", len(staging))
            await store.write(partial(write_contacts, again=False), staging, now, bar)
        return
    codes = [one.code for one in await store.read(participants)]
    await _contacts(store, ((code, str(number), None) for number, code in enumerate(codes, 1)), now, bar)


def _for_two(made: Sequence[Sample]) -> Iterator[tuple[str, str, str]]:
    for language in dict.fromkeys(one.language for one in made):
        for one in [sample for sample in made if sample.language == language][:2]:
            yield one.code, f"two-{language}", language


async def _firms(store: Store, rows: Iterator[Row], now: datetime, bar: Bar) -> None:
    with Staging() as staging:
        for number, row in enumerate(rows):
            staging.put(number, str(row["code"]), row)
        bar.total("written", len(staging))
        await store.write(write_participants, staging, now, bar)


async def _contacts(store: Store, people: Iterator[tuple[str, str, str | None]], now: datetime, bar: Bar) -> None:
    """Each acts for a participant, and is known by a word of their own."""
    with Staging() as staging:
        for number, (code, word, language) in enumerate(people):
            address = str(Address(CHATS[number % len(CHATS)] if word.isdecimal() else CHATS[0], f"made-up-{word}"))
            row = {"participant": code, "address": address, "name": f"Made-up person {word}", "language": language}
            staging.put(number, f"{code} {address}", row)
        bar.total("written", len(staging))
        await store.write(write_contacts, staging, now, bar)


def _situations(session: Session, campaign: Campaign, made: Sequence[Sample], now: datetime) -> None:
    acting = select(Membership.participant, Membership.contact_id).order_by(col(Membership.id).desc())
    whose = dict(session.exec(acting).all())
    for one in made:
        for task in campaign.task.keys() - set(one.open):
            status.verify(session, Duty(campaign.key, one.code, task), "rehearsal", now, now)
        session.add_all(_seats(campaign, one, whose[one.code], now))


def _seats(campaign: Campaign, one: Sample, contact: int, now: datetime) -> Iterator[Seat]:
    for briefing, registered in one.seats.items():
        yield Seat(
            campaign=campaign.key,
            briefing=briefing,
            participant=one.code,
            number=1,
            contact_id=contact,
            attendee_key=f"contact:{contact}",
            attendee_name="Made-up attendee",
            uid=f"{one.code}-{briefing}",
            since=now,
            booked_at=now if registered else None,
        )


def count_of(session: Session) -> tuple[int, int]:
    """How many participants there are, and how many people who act for them."""
    acting = session.exec(select(Membership.contact_id).distinct()).all()
    return len(session.exec(select(Participant.code)).all()), len(acting)


def _opened(name: Path, bar: Bar) -> BinaryIO:
    try:
        bar.total("read", name.stat().st_size)
        return name.open("rb")
    except OSError as error:
        raise SettingsError(f"{name} cannot be read ({error.strerror}).") from error
