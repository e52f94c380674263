"""Reads a table of contacts that support had before Usher."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import BinaryIO

from models.imports import _cells
from models.imports._cells import BadCell
from models.imports._reading import BadRows, Cells, Columns, Problems, Progress, rows
from models.imports._staging import Staging
from models.message import Address

COLUMNS = Columns(
    ("participant", "channel", "address"),
    ("language", "name"),
    {"code": "participant", "participant code": "participant"},
)
Domains = Mapping[str, Collection[str]]  # the participants there are, with the mail domains of each


def read_contacts(file: BinaryIO, known: Domains, languages: Collection[str], progress: Progress) -> Staging:
    """The contacts of the file, all of them right. Raises `Unreadable`, and `BadRows` with every problem."""
    reader = _Reader(known, languages)
    try:
        for number, cells in rows(file, COLUMNS, reader.problems, progress):
            reader.stage(number, cells)
        if reader.problems.count:
            raise BadRows(reader.problems)
    except BaseException:
        reader.staging.close()
        raise
    return reader.staging


class _Reader:
    """Keeps the rows that are right, and notes everything that is wrong with the others."""

    def __init__(self, known: Domains, languages: Collection[str]) -> None:
        self._known, self.staging, self.problems = known, Staging(), Problems()
        served = {tag.casefold(): tag for tag in languages}
        self._readers: Mapping[str, Callable[[str], str | None]] = {
            "participant": self._participant,
            "channel": _cells.channel,
            "language": partial(_cells.language, served=served),
            "name": _cells.name,
        }

    def stage(self, number: int, cells: Cells) -> None:
        read: dict[str, str | None] = {}
        before = self.problems.count
        for column, reader in self._readers.items():
            try:
                read[column] = reader(cells.get(column, ""))
            except BadCell as why:
                self.problems.note(number, column, str(why))
        if channel := read.get("channel"):
            try:
                read["address"] = self._address(channel, cells["address"], read.get("participant"))
            except BadCell as why:
                self.problems.note(number, "address", str(why))
        if self.problems.count == before:
            self._keep(number, read)

    def _participant(self, written: str) -> str:
        code = _cells.code(written)
        if code not in self._known:
            raise BadCell(f"there is no participant {code}: import the participants first")
        return code

    def _address(self, channel: str, written: str, participant: str | None) -> str:
        return str(Address(channel, _cells.address(channel, written, self._known.get(participant or "", ()))))

    def _keep(self, number: int, read: dict[str, str | None]) -> None:
        address, participant, said = read["address"], read["participant"], (read["name"] or "", read["language"] or "")
        row = {"participant": participant, "address": address, "name": said[0] or None, "language": said[1] or None}
        if earlier := self.staging.put(number, f"{participant} {address}", row):
            self.problems.note(number, "address", f"{address} of {participant} stands in row {earlier} already")
        elif earlier := self.staging.differs(number, str(address), "\n".join(said)):
            self.problems.note(
                number, "address", f"the same person has another name or language in row {earlier}: make them the same"
            )
