"""Writes tables that any spreadsheet opens as they are: no cell of theirs is read as a formula."""

import csv
import os
import shutil
import sys
import tempfile
from codecs import getwriter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO
from unicodedata import category, normalize

from bot.settings import SettingsError

Cell = str | int | float | None
Row = Sequence[Cell]

_SIGNS = frozenset("=+-@\u2212")  # the last is the minus that typesetters write
_BREAKS = frozenset("\t\r\n")


def write(file: IO[bytes], headings: Sequence[str], rows: Iterable[Row]) -> int:
    """Write a table as CSV (UTF-8 with its mark, CRLF), row by row as they come; gives the number of rows.

    A text that a spreadsheet might take for a formula gets an apostrophe before it. Numbers stay numbers.
    """
    file.write(b"\xef\xbb\xbf")  # without its mark Excel takes UTF-8 for the code page of the machine
    # Quotation marks around every text: also a spreadsheet that separates by semicolons then sees where it ends.
    table = csv.writer(getwriter("utf-8")(file, "replace"), quoting=csv.QUOTE_NONNUMERIC)
    table.writerow(headings)
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the last number is how many there were
        table.writerow([plain(cell) if isinstance(cell, str) else cell for cell in row])
    return count


def plain(text: str) -> str:
    """The text as a cell that no spreadsheet calculates with."""
    return f"'{text}" if text[:1] in _BREAKS or _first(text) in _SIGNS else text


def _first(text: str) -> str:
    """The first sign that can be seen; a full-width or small one is the same sign to a spreadsheet."""
    seen = next((sign for sign in text if not (sign.isspace() or category(sign).startswith("C"))), "")
    return normalize("NFKC", seen)[:1]


Fill = Callable[[IO[bytes]], int]


def put(fill: Fill, out: Path | None = None, *, force: bool = False) -> int:
    """Have a table written to standard output or into a file: whole, or not at all; gives what `fill` gives.

    A file that is there is replaced only by `force`; only its owner can read the new one. Raises `SettingsError`.
    """
    if out is None:
        return _to_terminal(fill)
    if out.exists() and not out.is_file():
        raise SettingsError(f"{out} is no file that could be replaced: name another one.")
    if out.exists() and not force:
        raise SettingsError(f"{out} is there already: name another file, or add --force to replace it.")
    try:
        return _into(out, fill)
    except OSError as error:
        raise SettingsError(f"{out} cannot be written ({error.strerror}).") from error


def _to_terminal(fill: Fill) -> int:
    # What reads the pipe may be slow, as `less` is: nothing of the database may be held up by that.
    with tempfile.TemporaryFile() as file:
        count = fill(file)
        file.seek(0)
        shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    return count


def _into(out: Path, fill: Fill) -> int:
    with tempfile.NamedTemporaryFile(dir=out.parent, prefix=f".{out.name}.", delete=False) as file:
        try:
            count = fill(file)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(out)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    return count
