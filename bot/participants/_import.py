"""Imports a table of participants or of contacts, and says what came of it or which rows are wrong."""

import argparse
import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import BinaryIO, Concatenate

from sqlmodel import Session

from bot.clock import machine_time
from bot.settings import SettingsError, load
from bot.terminal import Bar, Stopped, refuse, with_store
from models.campaign import load_all
from models.imports import (
    BadRows,
    Outcome,
    Progress,
    Staging,
    Unreadable,
    participants_known,
    read_contacts,
    read_participants,
    write_contacts,
    write_participants,
)
from models.store import Store
from models.wording import SIMPLIFIED

ROWS_NAMED = 20  # of those that were left out

Read = Callable[[BinaryIO, Progress], Staging]
Write = Callable[Concatenate[Session, ...], Outcome]


def take_participants(given: argparse.Namespace) -> int:
    read = partial(_participants, _languages())
    return _take(given.file, read, write_participants, "participants")


def take_contacts(given: argparse.Namespace) -> int:
    known = with_store(lambda store: store.read(participants_known))
    languages = _languages()
    return _take(
        given.file,
        lambda file, bar: read_contacts(file, known, languages, bar),
        partial(write_contacts, again=given.again),
        "contacts",
    )


def _participants(languages: frozenset[str], file: BinaryIO, bar: Progress) -> Staging:
    return read_participants(file, languages, bar)


def _languages() -> frozenset[str]:
    """Those that some circular is answered in."""
    served = {language for campaign in load_all(load(signs=False).campaigns) for language in campaign.languages}
    return frozenset(served | ({SIMPLIFIED} if "zh-Hant" in served else set()))


def _take(name: Path, read: Read, write: Write, what: str) -> int:
    try:
        with _opened(name) as file, Bar(read=name.stat().st_size) as bar, read(file, bar) as staging:
            bar.total("written", len(staging))
            outcome = with_store(lambda store: written(store, write, staging, bar))
    except (Stopped, KeyboardInterrupt):
        refuse("Stopped: nothing was imported.")
        return 130
    except Unreadable as error:
        return refuse(f"{name}: {error}", "Nothing was imported.")
    except BadRows as bad:
        more = [f"and {bad.count - len(bad.shown)} more"] if bad.count > len(bad.shown) else []
        found = f"{bad.count} problem{'s' * (bad.count != 1)}"
        return refuse(*map(str, bad.shown), *more, f"Nothing was imported: {found} in {name}.")
    print(f"{name}: {outcome.new} {what} new, {outcome.changed} changed, {outcome.same} the same as before.")
    if outcome.left:
        numbers = ", ".join(map(str, outcome.left[:ROWS_NAMED])) + ", …" * (len(outcome.left) > ROWS_NAMED)
        print(f"{len(outcome.left)} left out, who left or were removed since (row {numbers}); --again takes them in.")
    return 0


async def written(store: Store, write: Write, staging: Staging, bar: Bar) -> Outcome:
    """Write it all. Where that is cancelled nothing is written and `Stopped` is raised, or else it was done already."""
    writing = asyncio.ensure_future(store.write(write, staging, machine_time(), bar))
    try:
        return await asyncio.shield(writing)
    except asyncio.CancelledError:
        bar.stop()
        return await writing


def _opened(name: Path) -> BinaryIO:
    try:
        return name.open("rb")
    except OSError as error:
        raise SettingsError(f"{name} cannot be read ({error.strerror}).") from error
