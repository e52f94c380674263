"""Reads a table of participants, and makes what is kept of them the same, all at once."""

from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial
from typing import BinaryIO

from sqlalchemy import bindparam, delete, update
from sqlalchemy import select as columns
from sqlmodel import Session, SQLModel, col

from models.imports import _cells
from models.imports._bulk import among, insert_all
from models.imports._cells import BadCell
from models.imports._outcome import Outcome
from models.imports._reading import BadRows, Cells, Columns, Problems, Progress, rows
from models.imports._staging import Row, Staging, Value
from models.participants import Participant, ParticipantDomain
from models.store import in_turn

COLUMNS = Columns(
    ("code", "name"),
    ("time zone", "language", "e-mail domains"),
    {"participant": "code", "participant code": "code", "timezone": "time zone", "domains": "e-mail domains",
     "domain": "e-mail domains", "e-mail domain": "e-mail domains", "mail domains": "e-mail domains"},
)  # fmt: skip
_FIELDS = {"name": "name", "time zone": "time_zone", "language": "language"}  # the columns that are fields of the row


def read_participants(file: BinaryIO, languages: Collection[str], progress: Progress) -> Staging:
    """The participants of the file, all of them right. Raises `Unreadable`, and `BadRows` with every problem."""
    readers: dict[str, Callable[[str], Value]] = {
        "name": _cells.required_name,
        "time zone": _cells.time_zone,
        "language": partial(_cells.language, served={tag.casefold(): tag for tag in languages}),
        "e-mail domains": _cells.domains,
    }
    staging, problems = Staging(), Problems()
    try:
        for number, cells in rows(file, COLUMNS, problems, progress):
            _stage(staging, number, cells, readers, problems)
        if problems.count:
            raise BadRows(problems)
    except BaseException:
        staging.close()
        raise
    return staging


def _stage(
    staging: Staging, number: int, cells: Cells, readers: dict[str, Callable[[str], Value]], problems: Problems
) -> None:
    read: dict[str, Value] = {}
    for column, reader in {"code": _cells.code, **readers}.items():
        if column in cells:
            try:
                read[column] = reader(cells[column])
            except BadCell as why:
                problems.note(number, column, str(why))
    if "code" in read and (earlier := staging.put(number, str(read["code"]), read)):
        problems.note(number, "code", f"{read['code']} stands in row {earlier} already: each participant once")


def write_participants(session: Session, staging: Staging, now: datetime, progress: Progress) -> Outcome:
    """Make what is kept the same as the rows, and leave alone what they do not name. Machine time."""
    in_turn(session, "participants")
    outcome, done = Outcome(), 0
    for batch in staging.batches():
        _write(session, {str(row["code"]): row for _, row in batch}, now, outcome)
        done += len(batch)
        progress("written", done)
    return outcome


def _write(session: Session, batch: dict[str, Row], now: datetime, outcome: Outcome) -> None:
    fields = columns(*map(col, (Participant.code, Participant.name, Participant.time_zone, Participant.language)))
    connection = session.connection()
    found = connection.execute(fields.where(among(connection, col(Participant.code), batch)))
    kept = {code: dict(zip(_FIELDS, values, strict=True)) for code, *values in found}
    new = [row for code, row in batch.items() if code not in kept]
    other = [row for code, row in batch.items() if code in kept and not _same(kept[code], row)]
    blank = dict.fromkeys(_FIELDS.values())
    made = [{"code": row["code"], "imported_at": now} | blank | _fields(row) for row in new]
    insert_all(connection, Participant, made)
    for row in other:
        changed = update(Participant).where(col(Participant.code) == row["code"])
        connection.execute(changed.values(imported_at=now, **_fields(row)))
    moved = _write_domains(session, batch)
    touched = {str(row["code"]) for row in other} | (moved & kept.keys())
    outcome.new += len(new)
    outcome.changed += len(touched)
    outcome.same += len(batch) - len(new) - len(touched)


def _fields(row: Row) -> dict[str, Value]:
    return {field: row[column] for column, field in _FIELDS.items() if column in row}


def _same(kept: Row, row: Row) -> bool:
    return all(kept[column] == row[column] for column in _FIELDS if column in row)


def _write_domains(session: Session, batch: dict[str, Row]) -> set[str]:
    """Give each the domains that its row names, where the table has such a column; gives those that it changed."""
    told = {code: row["e-mail domains"] or [] for code, row in batch.items() if "e-mail domains" in row}
    wanted = {(domain, code) for code, named in told.items() for domain in named}
    held = _held(session, told)
    if gone := held - wanted:
        session.connection().execute(_DROP, [{"a_domain": domain, "of": code} for domain, code in gone])
    added = wanted - held
    rows = [{"domain": domain, "participant": code} for domain, code in sorted(added)]
    insert_all(session.connection(), ParticipantDomain, rows)
    return {code for _, code in gone | added}


def _held(session: Session, participants: Collection[str]) -> set[tuple[str, str]]:
    connection, owner = session.connection(), col(ParticipantDomain.participant)
    held = columns(col(ParticipantDomain.domain), owner).where(among(connection, owner, participants))
    return {(domain, participant) for domain, participant in connection.execute(held)} if participants else set()


_DROP = delete(SQLModel.metadata.tables["participant_domain"]).where(
    col(ParticipantDomain.domain) == bindparam("a_domain"), col(ParticipantDomain.participant) == bindparam("of")
)
