"""Reads a table that people made, row by row, and says of every row what is wrong with it."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

SHOWN = 50  # problems that are told one by one
LONGEST_LINE = 100_000  # bytes; a table of people has none that is longer
STEP = 50_000  # bytes from one telling of the progress to the next
SEPARATORS = ",;\t"

Cells = Mapping[str, str]
Progress = Callable[[str, int], None]  # what is done, and how far: bytes read, or rows written

_EXCEL = "In Excel, save it as “CSV UTF-8 (Comma delimited)”"


class Unreadable(Exception):  # noqa: N818 - named after the situation
    """The file is no table that can be read. The text is one sentence that says why and what to do."""


class BadRows(Exception):  # noqa: N818 - likewise
    """Rows that cannot be imported, so that none is. Those past the first `SHOWN` are only counted."""

    def __init__(self, problems: "Problems") -> None:
        super().__init__(f"{problems.count} problems")
        self.shown, self.count = problems.shown, problems.count


@dataclass(frozen=True)
class Problem:
    """What is wrong with a row, counted as a spreadsheet counts them: the headings are row 1."""

    row: int
    field: str | None
    what: str

    def __str__(self) -> str:
        return f"row {self.row}{f', {self.field}' if self.field else ''}: {self.what}"


@dataclass
class Problems:
    """The problems of a file."""

    shown: list[Problem] = field(default_factory=list)
    count: int = 0

    def note(self, row: int, column: str | None, what: str) -> None:
        self.count += 1
        if len(self.shown) < SHOWN:
            self.shown.append(Problem(row, column, what))


@dataclass(frozen=True)
class Columns:
    """The columns that a table must have and may have, as people read them, and by which other names they are known."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    known_as: Mapping[str, str] = field(default_factory=dict)

    def named(self, heading: str) -> str | None:
        """The column of a heading, however it is written: `E-Mail Domains` or `email_domains?`."""
        return self._written.get(_plain(heading))

    @property
    def _written(self) -> dict[str, str]:
        return {_plain(name): name for name in (*self.required, *self.optional)} | {
            _plain(other): name for other, name in self.known_as.items()
        }

    def __str__(self) -> str:
        return ", ".join((*self.required, *(f"{name} (may be left out)" for name in self.optional)))


def rows(file: BinaryIO, columns: Columns, problems: Problems, progress: Progress) -> Iterator[tuple[int, Cells]]:
    """The table's rows with their numbers, one after the other; what is wrong with one is noted. Raises `Unreadable`.

    A column that the table does not have is missing from the cells.
    """
    lines = _Lines(file, progress)
    first, names, separator = _headings(lines, columns)
    table = csv.reader(lines, delimiter=separator, strict=True)
    number = first
    while True:
        number += 1
        try:
            cells = next(table)
        except StopIteration:
            return
        except csv.Error:
            problems.note(number, None, "a quotation mark is not closed, or stands within a text: below it is not read")
            return
        if any(cell.strip() for cell in cells):
            yield from _named(number, names, cells, problems)


class _Lines:
    """The lines of the file as text, and how far it was read."""

    def __init__(self, file: BinaryIO, progress: Progress) -> None:
        self._file, self._progress, self.number, self._bytes, self._told = file, progress, 0, 0, 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._file.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        self._bytes += len(line)
        if self._bytes >= self._told + STEP:
            self._told = self._bytes
            self._progress("read", self._bytes)
        return self._text(line)

    def _text(self, line: bytes) -> str:
        if b"\0" in line:
            raise Unreadable(f"This is no text in UTF-8: it looks like UTF-16, Excel's “Unicode Text”. {_EXCEL}.")
        if len(line) == LONGEST_LINE:
            raise Unreadable(f"Line {self.number} is longer than any table of people has: is this a CSV file?")
        try:
            return line.decode("utf-8-sig" if self.number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise Unreadable(
                f"Line {self.number} is not UTF-8 (byte {error.start + 1}); it may be Big5 or another code page of "
                f"Windows, in which Excel writes its plain “CSV”. {_EXCEL}."
            ) from error


def _headings(lines: _Lines, columns: Columns) -> tuple[int, list[str | None], str]:
    """The row of the headings, the column of each cell, and what separates the cells."""
    for line in lines:
        if line.strip(f' \r\n{SEPARATORS}"'):
            split = {separator: _split(line, separator) for separator in SEPARATORS}
            separator = max(SEPARATORS, key=lambda one: sum(map(bool, map(columns.named, split[one]))))
            return lines.number, _checked(split[separator], columns), separator
    raise Unreadable(f"The file is empty. Its first row names the columns: {columns}.")


def _split(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(line), delimiter=separator), [])
    except csv.Error:
        return []


def _checked(headings: Iterable[str], columns: Columns) -> list[str | None]:
    names = [columns.named(heading) for heading in headings]
    if missing := [name for name in columns.required if name not in names]:
        raise Unreadable(f"The first row does not name the column {' and '.join(missing)}. The columns: {columns}.")
    if unknown := [f"“{one.strip()[:40]}”" for one in headings if one.strip() and columns.named(one) is None]:
        raise Unreadable(f"The column {' and '.join(unknown)} is not known: leave it out. The columns: {columns}.")
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        raise Unreadable(f"The column {' and '.join(twice)} is there twice.")
    return names


def _named(number: int, names: list[str | None], cells: list[str], problems: Problems) -> Iterator[tuple[int, Cells]]:
    told = {name: " ".join(cell.split()) for name, cell in zip(names, cells, strict=False) if name}
    unnamed = [cell for at, cell in enumerate(cells) if at >= len(names) or names[at] is None]
    if any(map(str.strip, unnamed)):
        problems.note(number, None, "has more cells than there are columns: put a text with the separator in “quotes”")
    else:
        yield number, told if len(cells) >= len(names) else {name: told.get(name, "") for name in names if name}


def _plain(heading: str) -> str:
    return re.sub(r"[^a-z0-9]", "", heading.casefold())
