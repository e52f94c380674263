"""Adds many rows in one statement: what is the same in all of them is written into it once."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, literal, literal_column
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

_INSERT: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def add_many(
    session: Session, kind: type[SQLModel], rows: Sequence[Mapping[str, Any]], same: Mapping[str, Any]
) -> None:
    """Add rows that have these values in common; one whose key is there already is left out.

    Each value that a row has of its own is converted for that row, which for times costs more than the insert itself.
    """
    if not rows:
        return
    connection = session.connection()
    columns = kind.__table__.columns  # type: ignore[attr-defined]  # SQLModel does not declare it
    told = {
        name: literal_column(
            str(literal(value, columns[name].type).compile(connection, compile_kwargs={"literal_binds": True})),
            columns[name].type,
        )
        for name, value in same.items()
    }
    own = {name: bindparam(name, type_=columns[name].type) for name in rows[0]}
    insert = _INSERT[connection.dialect.name](kind).values({**told, **own})
    connection.execute(insert.on_conflict_do_nothing(), rows)
