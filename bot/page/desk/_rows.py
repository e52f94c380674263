"""Shows a list of cases: a row for each, with who asks, the question's first line, who has it, how long it waits."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.app import App
from bot.page.desk._words import words
from bot.page.templates import Templates
from bot.page.words import Words, tag
from models.message import Address
from models.support.lists import Counts, Listed, Row

LINE = 160  # characters of a question in a list
KEPT = 5_000  # rows as HTML; the same row is shown to all who look at it


@dataclass(frozen=True)
class ShownRow:
    """A case as a row of a list."""

    number: int
    firm: str
    person: str
    line: str
    waited: str
    holder: str
    state: str


@dataclass(frozen=True)
class Shown:
    """A list in one language, as pages show it: rows as HTML by their numbers, in order. `stamp` changes with it."""

    rows: Mapping[int, str]
    more: bool
    counts: Counts
    stamp: str

    def event(self, before: "Shown | None" = None) -> str:
        """What brings a page up to date: one that shows what was `before`, or any."""
        had = before.rows if before else {}
        new = {number: html for number, html in self.rows.items() if had.get(number) != html}
        data = {
            "stamp": self.stamp,
            "order": list(self.rows),
            "rows": new,
            "more": self.more,
            "counts": self.counts.tabs,
        }
        return f"event: list\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


class Rows:
    """Makes lists into HTML, and keeps each row for as long as it stays the same."""

    def __init__(self, app: App, templates: Templates) -> None:
        self._app, self._templates = app, templates
        self._made: dict[tuple[str, ShownRow], str] = {}

    def shown(self, found: Listed, counted: Counts, language: str, at: datetime) -> Shown:
        told = words(language)
        rows = {row.number: self._html(self.row(row, told, at), language) for row in found.rows}
        marks = "".join((*rows.values(), str(dict(counted.tabs)), str(found.more)))
        return Shown(rows, found.more, counted, hashlib.sha256(marks.encode()).hexdigest()[:16])

    def row(self, row: Row, told: Words, at: datetime) -> ShownRow:
        since = row.waits_since
        waited = self._app.reception.support.hours_of(row.campaign).worked(since, at) if since else None
        firm = f"{row.participant} · {row.firm}" if row.firm else row.participant
        return ShownRow(
            number=row.number,
            firm=firm or told["no_firm"],
            person=row.name or told.get(f"place_{Address.of(row.sender).channel}", ""),
            line=line_of(row.question),
            waited=for_so_long(waited, told) if waited is not None else "",
            holder=row.holder or "",
            state=row.state,
        )

    def _html(self, row: ShownRow, language: str) -> str:
        made = self._made.get((language, row))
        if made is None:
            if len(self._made) >= KEPT:
                self._made.clear()
            made = self._templates.render("desk/row.html", one=row, w=words(language), lang=tag(language)).strip()
            self._made[language, row] = made
        return made


def line_of(text: str) -> str:
    """Its first line that says something."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= LINE else f"{line[: LINE - 1]}…"


def for_so_long(waited: timedelta, told: Words) -> str:
    """A stretch of business hours, in words."""
    minutes = int(waited.total_seconds() // 60)
    if minutes < 60:
        return told["waited_minutes"].format(minutes=minutes)
    return told["waited_hours"].format(hours=minutes // 60, minutes=minutes % 60)
