"""Asks for and writes many rows at once, in the quickest way that the database has."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Any

from psycopg import sql
from sqlalchemy import ARRAY, ColumnElement, Connection, Integer, String, any_, func, insert, literal
from sqlalchemy import select as columns
from sqlmodel import SQLModel

Fields = Mapping[str, Any]


def among(connection: Connection, column: Any, values: Collection[str] | Collection[int]) -> ColumnElement[bool]:
    """That the column is one of the values. They are one parameter: a thousand are slow to be put into words."""
    if _is_postgresql(connection):
        kind = Integer if all(isinstance(value, int) for value in values) else String
        listed: ColumnElement[bool] = column == any_(literal(list(values), ARRAY(kind)))
    else:
        listed = column.in_(columns(func.json_each(json.dumps(list(values))).table_valued("value").c.value))
    return listed


def insert_all(connection: Connection, table: type[SQLModel], rows: Sequence[Fields]) -> None:
    """Insert the rows, which all have the same fields."""
    if not rows:
        return
    if _is_postgresql(connection):
        _copy(connection, str(table.__tablename__), rows)
    else:
        _hand_over(connection, table, rows)


def _copy(connection: Connection, table: str, rows: Sequence[Fields]) -> None:
    """PostgreSQL takes a stream of rows several times as fast as one statement for each."""
    fields = list(rows[0])
    names = sql.SQL(", ").join(map(sql.Identifier, fields))
    driver: Any = connection.connection.dbapi_connection
    with driver.cursor() as cursor:
        told = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
        with cursor.copy(told) as copy:
            for row in rows:
                copy.write_row([row[field] for field in fields])


def _hand_over(connection: Connection, table: type[SQLModel], rows: Sequence[Fields]) -> None:
    """SQLite is held up for as long as this takes: its driver gets the rows as they are, in half the time."""
    fields = list(rows[0])
    kept = SQLModel.metadata.tables[str(table.__tablename__)].c
    statement = insert(table).compile(dialect=connection.dialect, column_keys=fields)
    written = [(field, _writer(connection, kept[field].type)) for field in statement.positiontup or ()]
    connection.exec_driver_sql(str(statement), [tuple(write(row[field]) for field, write in written) for row in rows])


def _writer(connection: Connection, kind: Any) -> Callable[[Any], Any]:
    """How a value is written into the database; most are the same in many rows, as the time is."""
    process: Callable[[Any], Any] | None = kind.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    return cache(process) if process else _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"
