"""Sets the stage of a rehearsal: a database for once, people in it, the play, and what is written of it."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from bot import tables
from bot.rehearsal._paces import platforms
from bot.rehearsal._people import bring_own, bring_samples, count_of
from bot.rehearsal._play import Span, moments_of, play
from bot.rehearsal._report import Played, render
from bot.rehearsal._seen import HEADINGS, Examples, Seen, messages, row
from bot.settings import SettingsError
from bot.terminal import Bar
from models.campaign import Campaign
from models.reminders import Timetable, Unreached
from models.store import Store

REPORT, TABLE = "report.html", "messages.csv"

SAMPLES = (
    "The participants are made up: one in each language for each combination of open tasks and seats, so that every "
    "text is seen. How many messages there are says nothing of yours: rehearse with your own table of participants."
)
OWN = (
    "The participants are those of {file}, all with everything open and no seats. {people} The texts are shown with "
    "made-up firms."
)
MADE_UP = "Each has one made-up person, by turns on Slack and on Telegram."
THEIRS = "Their people are those of {file}."


@dataclass(frozen=True)
class Stage:
    """All that a rehearsal needs; `files` are the operator's tables of participants and of contacts, if there are."""

    campaign: Campaign
    timetable: Timetable
    span: Span
    problems: Sequence[str]
    out: Path
    files: tuple[Path | None, Path | None]

    async def rehearse(self, folder: Path, bar: Bar) -> str:
        """Play it on databases in that folder, write what came of it, and tell that in a sentence."""
        seen, examples, own = Seen(self.campaign), Examples(), self.files[0]
        async with _opened(folder / "samples.db") as store:
            await bring_samples(store, self.campaign, self.span.start, bar, all_of_them=own is None)
            unreached = await self._play(store, bar)
            people = await store.read(count_of)
            await store.read(_find, examples) if own else await store.read(self._write, seen, examples)
        if own:
            async with _opened(folder / "own.db") as store:
                await bring_own(store, self.campaign, (own, self.files[1]), self.span.start, bar)
                unreached = await self._play(store, bar)
                people = await store.read(count_of)
                await store.read(self._write, seen)
        played = Played(self.campaign, self.timetable, self.span, people, self._whose, seen, examples, unreached,
                        self.problems, platforms())  # fmt: skip
        tables.put(lambda file: file.write(render(played).encode()), self.out / REPORT, force=True)
        return f"{self.out / REPORT}: {seen.count:,} messages to {people[1]:,} people of {people[0]:,} participants."

    async def _play(self, store: Store, bar: Bar) -> list[Unreached]:
        bar.total("played", len(moments_of(self.timetable, self.span)) * 100)
        return await play(store, self.campaign, self.timetable, platforms(), self.span, bar)

    def _write(self, session: Session, seen: Seen, examples: Examples | None = None) -> None:
        """Write each message as it is read: hundreds of thousands need no more memory than a few."""

        def rows() -> Iterator[tables.Row]:
            for one in seen.look(session):
                if examples:
                    examples.take(one)
                yield row(one, self.campaign)

        try:
            self.out.mkdir(exist_ok=True)
        except OSError as error:
            raise SettingsError(f"The folder {self.out} cannot be made ({error.strerror}).") from error
        tables.put(lambda file: tables.write(file, HEADINGS, rows()), self.out / TABLE, force=True)

    @property
    def _whose(self) -> str:
        file, contacts = self.files
        if file is None:
            return SAMPLES
        return OWN.format(file=file.name, people=THEIRS.format(file=contacts.name) if contacts else MADE_UP)


def _find(session: Session, examples: Examples) -> None:
    for one in messages(session):
        examples.take(one)


@asynccontextmanager
async def _opened(file: Path) -> AsyncIterator[Store]:
    store = await Store.open(f"sqlite:///{file}")
    try:
        yield store
    finally:
        await store.close()
