"""A test finds its database as if it were new, whatever another test did with it before."""

import psycopg
import pytest

from tests.database_cast import Databases

CONTACTS = "INSERT INTO contact (created_at) VALUES (now()), (now()) RETURNING id"
ADDRESSES = "INSERT INTO contact_address (address, contact_id, since) SELECT id::text, id, now() FROM contact"


def test_a_database_that_came_back_is_lent_again(databases: Databases) -> None:
    with databases.lent() as first:
        pass
    with databases.lent() as second:
        assert second == first


def test_what_was_written_is_gone_and_numbers_begin_anew(databases: Databases) -> None:
    assert [filled(databases) for _ in range(3)] == [1, 1, 1]


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE more ()",
        "DROP TABLE turn CASCADE",
        "ALTER TABLE turn ADD COLUMN more integer",
        "ALTER TABLE turn ALTER COLUMN id SET DEFAULT 5",
        "CREATE INDEX more ON turn (id)",
        "UPDATE alembic_version SET version_num = '9999'",
        "DELETE FROM alembic_version",
        "CREATE FUNCTION more() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE TYPE more AS ENUM ()",
        "CREATE SCHEMA more",
    ],
)
def test_one_that_was_changed_is_not_lent_again(databases: Databases, change: str) -> None:
    with databases.lent() as changed, psycopg.connect(changed) as connection:
        connection.execute(change.encode())
    with databases.lent() as next_one:
        assert next_one != changed


def test_one_that_somebody_still_uses_is_not_lent_again(databases: Databases) -> None:
    with databases.lent() as used:
        left_open = psycopg.connect(used)
    with left_open, databases.lent() as next_one:
        assert next_one != used


def filled(databases: Databases) -> int:
    """The number that the first row of a lent database gets; rows that point to others stay in it."""
    with databases.lent() as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM contact").fetchone() == (0,)
        rows = connection.execute(CONTACTS).fetchall()
        connection.execute(ADDRESSES)
    return int(rows[0][0])
