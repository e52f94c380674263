"""Takes a circular apart into headings, paragraphs and table rows, so that a page can show it and mark a quote."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from models.campaign._quotes import find_quote, plain

_HEADING = re.compile(r"#{1,6} ")
_ITEM = re.compile(r"(?:\d{1,2}|[a-z])[.)] ")
_NEXT_ITEM = re.compile(r"</li>\s*(?=<li)|<br ?/?>")


@dataclass(frozen=True)
class Piece:
    """Words that belong together on a page; the `marked` ones, from and to, are the quote that was looked for."""

    text: str
    marked: tuple[int, int] | None = None

    @property
    def parts(self) -> tuple[str, str, str]:
        """Before the quote, of the quote, after it."""
        first, last = self.marked or (len(self.text), len(self.text))
        return self.text[:first], self.text[first:last], self.text[last:]


@dataclass(frozen=True)
class Paragraph:
    """A line of the circular: cells (one, but for a row of a table), each with its pieces."""

    kind: Literal["heading", "text", "item", "row"]
    cells: tuple[tuple[Piece, ...], ...]


def paragraphs(circular: str, quote: str | None = None) -> list[Paragraph]:
    """The circular as a person reads it. Where it has the quote, its words are marked, across lines if need be."""
    found = find_quote(circular, quote) if quote else None
    marked = list(_marked(_read(circular), *found)) if found else []
    return marked or list(_read(circular))


@lru_cache(maxsize=64)
def _read(circular: str) -> tuple[Paragraph, ...]:
    lines = [line for line in circular.split("\n") if plain(line)]
    return tuple(Paragraph(_kind(line), tuple(_cell(cell) for cell in line.strip("\n").split("\t"))) for line in lines)


def _kind(line: str) -> Literal["heading", "text", "item", "row"]:
    if "\t" in line:
        return "row"
    if _HEADING.match(line):
        return "heading"
    return "item" if _ITEM.match(line.strip()) else "text"


def _cell(cell: str) -> tuple[Piece, ...]:
    return tuple(Piece(text) for part in _NEXT_ITEM.split(cell) if (text := plain(part)))


def _marked(read: tuple[Paragraph, ...], start: int, end: int) -> Iterator[Paragraph]:
    """The paragraphs with what stands from `start` to `end` of the plain text marked.

    The pieces, joined by single spaces, are the plain text: a test holds that for every circular.
    """
    at = 0
    for paragraph in read:
        cells = []
        for cell in paragraph.cells:
            pieces = []
            for piece in cell:
                first, last = max(start - at, 0), min(end - at, len(piece.text))
                pieces.append(replace(piece, marked=(first, last)) if first < last else piece)
                at += len(piece.text) + 1
            cells.append(tuple(pieces))
        yield replace(paragraph, cells=tuple(cells))
