"""A bar shows an operator how far an import is, where there is a terminal; Ctrl-C leaves nothing of an import."""

import asyncio
import io
import threading

import pytest
from sqlmodel import Session, select

from bot.participants._import import written
from bot.terminal import Bar, Stopped, shown
from models.imports import write_participants
from models.participants import Participant
from models.store import Store
from tests.imported import firms_in


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_shown_how_far_it_is_and_is_clean_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with Bar(read=200) as bar:
        bar("read", 50)
        bar("read", 50)
        bar.total("written", 10)
        bar("written", 10)
    drawn = terminal.getvalue().split("\r")
    assert drawn[1].endswith(f"read [{'#' * 7}{' ' * 23}]  25%")
    assert drawn[2].endswith(f"written [{'#' * 30}] 100%")
    assert drawn[3].strip() == drawn[4] == ""


def test_what_is_no_terminal_is_shown_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    told = io.StringIO()
    monkeypatch.setattr("sys.stderr", told)
    with Bar(read=2) as bar:
        bar("read", 1)
    assert told.getvalue() == ""


def test_a_name_moves_no_terminal_s_cursor() -> None:
    assert shown("Amy\x1b[2J\u202eWong") == "Amy�[2J�Wong"


class Watched(Bar):
    """Says when the first rows are written, and goes on when it was told to stop."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.told = threading.Event(), threading.Event()

    def stop(self) -> None:
        super().stop()
        self.told.set()

    def __call__(self, part: str, done: int) -> None:
        self.begun.set()
        self.told.wait(20)
        super().__call__(part, done)


async def test_an_import_that_is_stopped_leaves_nothing_behind(store: Store) -> None:
    bar = Watched()
    with firms_in("code,name\n" + "".join(f"C{number},x\n" for number in range(2500))) as staging:
        importing = asyncio.create_task(written(store, write_participants, staging, bar))
        await asyncio.to_thread(bar.begun.wait, 20)
        importing.cancel()
        with pytest.raises(Stopped):
            await importing

    def kept(session: Session) -> list[str]:
        return list(session.exec(select(Participant.code)))

    assert await store.read(kept) == []
