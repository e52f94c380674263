"""Goes through every table for what a person is known by, so that a table that is added one day is not forgotten."""

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Column, ColumnElement, RowMapping, String, Table, and_, delete, false, or_, select, update
from sqlmodel import AutoString, Session, SQLModel, col

from models.codes import MailCode
from models.drafts import Draft
from models.forgetting._person import Person
from models.forgetting._veil import Veil
from models.inbox import OPEN, Event
from models.support import Case

# What is said of firms and of the support team, and what is only numbers, digests and dates.
KEPT = {"staff", "participant", "participant_domain", "enrolment_code", "code_use", "membership", "lease", "places",
        "demonstration", "ended_session", "desk_link"}  # fmt: skip
# The person's own rows here are changed one by one, and another's row never has to do with them.
DONE = {"contact", "contact_address"}
_WHOSE = ("sender", "room", "person", "address", "place")
_NO_TWO_ALIKE = ("ask_id", "key", "message_key", "attendee_key")


def sweep(session: Session, person: Person, veil: Veil) -> Counter[str]:
    """Hide the person everywhere; tells how many rows were changed in each table.

    Their names are hidden in what is theirs, tells of them, or belongs to people of their firms.
    """
    changed: Counter[str] = Counter()
    own = _cases(session, person.addresses, person.contact_id)
    cases = {*own, *_cases(session, person.colleagues)}
    for table in SQLModel.metadata.sorted_tables:
        if table.name in KEPT | DONE:
            continue
        texts = [column for column in table.columns if isinstance(column.type, String | AutoString)]
        if texts:
            near = _near(table, person, cases) if veil.name_signs else false()
            changed[table.name] += _hide(session, _Search(table, texts, near, own), person, veil)
    return +changed


class _Search:
    """Where to look in one table: its texts; `near` are the rows in which names are hidden as well."""

    def __init__(self, table: Table, texts: list[Column[Any]], near: ColumnElement[bool], own: Collection[int]) -> None:
        self.table, self.texts, self.near = table, texts, near
        self.own_cases = {*own, *(f"case:{number}" for number in own)}  # by their number, and as messages name them
        self.keys = list(table.primary_key.columns)

    def rows(self, session: Session, veil: Veil) -> Iterator[RowMapping]:
        found = or_(self._has(veil.signs), and_(self.near, self._has(veil.name_signs)))
        if self.table.name == Event.__tablename__:
            # What still waits came after this: it is somebody new's. What is being answered is forgotten once it is.
            found = and_(found, self.table.c.state.not_in([str(state) for state in OPEN]))
        is_near = self.near.label("is_near")
        yield from session.connection().execute(select(self.table, is_near).where(found)).mappings().all()

    def is_own(self, row: RowMapping, veil: Veil) -> bool:
        if self.table.name == MailCode.__tablename__:
            return False  # whoever asks for ever more digits at somebody's address is not to begin anew
        whose = [row[name] for name in _WHOSE if row.get(name)]
        about = {row.get("about"), row.get("case_number")}
        return bool(about & self.own_cases) or any(veil.finds(one) for one in whose)

    def _has(self, signs: Collection[str]) -> ColumnElement[bool]:
        return or_(false(), *(text.icontains(sign, autoescape=True) for sign in signs for text in self.texts))


def _hide(session: Session, search: _Search, person: Person, veil: Veil) -> int:
    count, given = 0, set[tuple[str, str]]()
    for row in search.rows(session, veil):
        values = _hidden(search, row, veil)
        for name in values.keys() & set(_NO_TWO_ALIKE):  # two addresses, one pseudonym
            if (name, values[name]) in given:
                values[name] = f"{values[name]}#{row['id']}"
            given.add((name, values[name]))
        if values:
            this = and_(*(key == row[key.name] for key in search.keys))
            # What somebody else has begun to write about the person cannot be gone on with.
            begun = search.table.name == Draft.__tablename__
            change = delete(search.table) if begun else update(search.table).values(values)
            session.connection().execute(change.where(this))
            count += 1
    return count


def _hidden(search: _Search, row: RowMapping, veil: Veil) -> dict[str, Any]:
    """What of the row becomes something else."""
    own = search.is_own(row, veil)
    is_theirs = any(veil.finds(row[text.name]) for text in search.texts if row[text.name])
    values = {}
    for text in search.texts:
        before = row[text.name]
        if not before:
            continue
        if text.name == "reply_json":
            after = veil.reply(before, with_names=is_theirs or row["is_near"], own=own)
        elif text.name == "ask_json" and own:
            after = ""
        else:
            after = veil.text(before, with_names=is_theirs or row["is_near"], own=own)
        if after != before:
            values[text.name] = None if text.name.endswith("email") and text.nullable else after
    return values


def _cases(session: Session, addresses: Collection[str], contact_id: int | None = None) -> list[int]:
    mine = select(col(Case.number)).where(cases_of(addresses, contact_id))
    return [number for number in session.connection().execute(mine).scalars() if number]


def cases_of(addresses: Collection[str], contact_id: int | None) -> ColumnElement[bool]:
    """The cases that were asked from these addresses, or by phone by this contact."""
    from_there = col(Case.sender).in_(addresses)
    return from_there if contact_id is None else or_(from_there, col(Case.contact_id) == contact_id)


def _near(table: Table, person: Person, cases: Collection[int]) -> ColumnElement[bool]:
    """The rows that belong to the person or to people of their firms."""
    people, columns = person.places | person.colleagues, table.columns
    found = [columns[name].in_(people) for name in ("sender", "room", "person", "address") if name in columns]
    if "participant" in columns:
        found.append(columns.participant.in_(person.firms))
    if "case_number" in columns:
        found.append(columns.case_number.in_(cases))
    if "about" in columns:
        found.append(columns.about.in_([f"case:{number}" for number in cases]))
    return or_(false(), *found)
