"""Imports tables for the tests of it, from a text instead of a file."""

import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, SQLModel, col, select

from models import imports
from models.imports import BadRows, Outcome
from models.participants import Participant
from models.store import Store

NOW = datetime(2026, 2, 3, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
SERVED = ("en", "zh-Hant", "zh-Hans")
FIRMS = "code,name,time zone,language,e-mail domains\n"
PEOPLE = "participant,channel,address,language,name\n"


def silent(what: str, done: int) -> None:
    """Nobody watches."""


def all_of(session: Session) -> Sequence[Participant]:
    return session.exec(select(Participant).order_by(col(Participant.code))).all()


def firms_in(table: str | bytes) -> imports.Staging:
    return imports.read_participants(as_file(table), SERVED, silent)


def people_in(table: str | bytes, **domains: tuple[str, ...]) -> imports.Staging:
    return imports.read_contacts(as_file(table), {"C01": (), "C02": (), **domains}, SERVED, silent)


def as_file(table: str | bytes) -> io.BytesIO:
    return io.BytesIO(table.encode() if isinstance(table, str) else table)


async def firms(store: Store, table: str | bytes, now: datetime = NOW) -> Outcome:
    with firms_in(table) as staging:
        return await store.write(imports.write_participants, staging, now, silent)


async def people(store: Store, table: str | bytes, now: datetime = NOW, again: bool = False) -> Outcome:
    known_ones = await store.read(imports.participants_known)
    with imports.read_contacts(as_file(table), known_ones, SERVED, silent) as staging:
        return await store.write(imports.write_contacts, staging, now, silent, again=again)


async def count(store: Store, table: type[SQLModel]) -> int:
    return len(await store.read(lambda session: session.exec(select(table)).all()))


def problems(read: Callable[[str | bytes], object], table: str | bytes) -> list[str]:
    with pytest.raises(BadRows) as bad:
        read(table)
    return [str(problem) for problem in bad.value.shown]
