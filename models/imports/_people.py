"""Takes the contacts of a table over: new ones, and further memberships of those who are known by their address."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text, update
from sqlalchemy import select as columns
from sqlmodel import Session, SQLModel

from models.contacts import Contact, ContactAddress, Membership, in_contacts_turn
from models.imports._bulk import among, insert_all
from models.imports._outcome import Outcome
from models.imports._reading import Progress
from models.imports._staging import Row, Staging
from models.message import Address

IMPORT = "import"  # how they were enrolled


def write_contacts(
    session: Session, staging: Staging, now: datetime, progress: Progress, *, again: bool = False
) -> Outcome:
    """Have every contact of the rows act for its participant; the same once more changes nothing. Machine time.

    Who left or was removed since stays so, unless they are to be taken in `again`.
    """
    in_contacts_turn(session)
    outcome, done = Outcome(), 0
    for rows in staging.batches():
        batch = _Batch(session, {str(row["address"]) for _, row in rows}, now, again)
        for number, row in rows:
            batch.take(number, row, outcome)
        batch.write()
        done += len(rows)
        progress("written", done)
    return outcome


class _Batch:
    """Some rows at once: what is known of their people, and what is to be written of them."""

    def __init__(self, session: Session, addresses: Collection[str], now: datetime, again: bool) -> None:
        self._session, self._now, self._again = session, now, again
        self._held = _held(session, addresses)
        self._owners = _with_email(session, addresses) | self._held
        owners = set(self._owners.values())
        self._said = _said(session, owners)
        self._acting = _acting(session, owners)
        self._numbers = _new_numbers(session, len(addresses) - len(self._owners))
        self._new: dict[type[SQLModel], list[dict[str, Any]]] = {Contact: [], ContactAddress: [], Membership: []}
        self._renamed: list[dict[str, Any]] = []

    def take(self, number: int, row: Row, outcome: Outcome) -> None:
        address, participant = str(row["address"]), str(row["participant"])
        contact = self._owners.get(address)
        acts = self._acting.get((contact, participant)) if contact else None
        if acts is False and not self._again:
            outcome.left.append(number)
            return
        if contact is None:
            contact = self._meet(address, row)
        if address not in self._held:
            self._held[address] = contact
            self._new[ContactAddress].append({"address": address, "contact_id": contact, "since": self._now})
        renamed = self._rename(contact, row)
        if acts:
            outcome.changed += renamed
            outcome.same += not renamed
            return
        self._acting[contact, participant] = True
        self._new[Membership].append(
            {"contact_id": contact, "participant": participant, "how": IMPORT, "since": self._now}
        )
        outcome.new += 1

    def write(self) -> None:
        connection = self._session.connection()
        for table, rows in self._new.items():
            insert_all(connection, table, rows)
        if self._renamed:
            connection.execute(_RENAME, self._renamed)

    def _meet(self, address: str, row: Row) -> int:
        contact = self._owners[address] = next(self._numbers)
        at = Address.of(address)
        said = {"name": row["name"], "language": row["language"], "email": at.id if at.channel == "mail" else None}
        self._new[Contact].append({"id": contact, "created_at": self._now, **said})
        self._said[contact] = _told(row)
        return contact

    def _rename(self, contact: int, row: Row) -> bool:
        """Take over the name and the language that the row gives; what it leaves empty stays as it is."""
        before, (name, language) = self._said[contact], _told(row)
        self._said[contact] = now = (name or before[0], language or before[1])
        if now != before:
            self._renamed.append({"which": contact, "name": now[0], "language": now[1]})
        return now != before


def _told(row: Row) -> tuple[str | None, str | None]:
    name, language = row["name"], row["language"]
    return str(name) if name else None, str(language) if language else None


_RENAME = update(SQLModel.metadata.tables["contact"]).where(
    SQLModel.metadata.tables["contact"].c.id == bindparam("which")
)


def _held(session: Session, addresses: Collection[str]) -> dict[str, int]:
    return dict(_rows(session, addresses, ContactAddress.address, ContactAddress.contact_id))


def _with_email(session: Session, addresses: Collection[str]) -> dict[str, int]:
    prefix = str(Address("mail", ""))
    emails = [address.removeprefix(prefix) for address in addresses if address.startswith(prefix)]
    return {f"{prefix}{email}": contact for email, contact in _rows(session, emails, Contact.email, Contact.id)}


def _said(session: Session, contacts: Collection[int]) -> dict[int, tuple[str | None, str | None]]:
    found = _rows(session, contacts, Contact.id, Contact.name, Contact.language)
    return {contact: (name, language) for contact, name, language in found}


def _acting(session: Session, contacts: Collection[int]) -> dict[tuple[int, str], bool]:
    rows = _rows(session, contacts, Membership.contact_id, Membership.participant, Membership.until)
    acting = {(contact, participant): False for contact, participant, _ in rows}
    return acting | {(contact, participant): True for contact, participant, until in rows if until is None}


def _rows(session: Session, values: Collection[str] | Collection[int], *fields: Any) -> Sequence[Any]:
    """These fields of the rows whose first one is among the values."""
    if not values:
        return []
    connection = session.connection()
    return connection.execute(columns(*fields).where(among(connection, fields[0], values))).all()


def _new_numbers(session: Session, count: int) -> Iterator[int]:
    """As many new numbers of contacts: asking for each one's after it was written would take most of the time."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        drawn = text("SELECT nextval(pg_get_serial_sequence('contact', 'id')) FROM generate_series(1, :count)")
        return iter(connection.execute(drawn, {"count": count}).scalars().all())
    # SQLite has one writer, and this is it: nobody takes these numbers meanwhile.
    last = connection.execute(text("SELECT seq FROM sqlite_sequence WHERE name = 'contact'")).scalar() or 0
    return iter(range(last + 1, last + 1 + count))
