"""`python -m bot cases`: lists the questions that wait for the support team."""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from unicodedata import east_asian_width

from bot.terminal import with_store
from models.support import Case, open_cases

HEADINGS = ("case", "when", "room", "question", "what was said")
WIDTHS = (5, 22, 20, 34, 60)  # of a wide terminal; Chinese characters count as two
GAP = "  "


def run(_: argparse.Namespace) -> int:
    cases = with_store(lambda store: store.read(open_cases))
    sys.stdout.writelines(f"{line}\n" for line in table(cases))
    return 0


def table(cases: Sequence[Case]) -> Iterator[str]:
    """The cases as lines for a terminal, with times in the machine's own zone. Nothing is cut off."""
    if not cases:
        yield "No case is open."
        return
    yield from _row(HEADINGS)
    for case in cases:
        when = case.at.astimezone().strftime("%Y-%m-%d %H:%M %z")
        yield from _row((str(case.number), when, case.room, case.question, case.said))


def _row(cells: Sequence[str]) -> Iterator[str]:
    folded = [_fold(cell, width) for cell, width in zip(cells, WIDTHS, strict=True)]
    for line in zip_longest(*folded, fillvalue=""):
        padded = [cell + " " * (width - _columns(cell)) for cell, width in zip(line, WIDTHS, strict=True)]
        yield GAP.join(padded).rstrip()


def _fold(cell: str, width: int) -> list[str]:
    """Break at spaces, and between any two Chinese characters; a longer word is cut."""
    lines = [""]
    for piece in re.findall(rf"[\u2e80-\uffef]|[^\s\u2e80-\uffef]{{1,{width}}}|\s+", cell):
        word = " " if piece.isspace() else piece
        if _columns(lines[-1] + word) > width:
            lines.append("")
        lines[-1] += word if lines[-1] else word.lstrip()
    return [line.rstrip() for line in lines]


def _columns(cell: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in cell)
