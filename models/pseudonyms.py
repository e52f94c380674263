"""Makes the pseudonyms that are left of people who were forgotten, and knows them again."""

from secrets import token_hex

from sqlalchemy import ColumnElement, SQLColumnExpression, func

BEGINS = "forgotten-"
LENGTH = len(BEGINS) + 16


def new_pseudonym() -> str:
    return BEGINS + token_hex(8)


def is_pseudonym(written: str) -> bool:
    """Whether that is what is left of somebody's name or address."""
    return written.startswith(BEGINS) or written.partition(":")[2].startswith(BEGINS)


def is_left(column: SQLColumnExpression[str]) -> ColumnElement[bool]:
    """The same of a column, in which nobody else's name or address can begin like that."""
    return column.startswith(BEGINS) | column.contains(f":{BEGINS}")


def begins_with_one(column: SQLColumnExpression[str]) -> ColumnElement[bool]:
    """The same where it may only stand at the beginning."""
    return func.substr(column, 1, len(BEGINS)) == BEGINS


def one_in(column: SQLColumnExpression[str]) -> ColumnElement[str]:
    """The pseudonym that the column begins with."""
    return func.substr(column, 1, LENGTH)
