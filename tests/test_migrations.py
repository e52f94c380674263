"""An older database is brought up to date, a newer one is left alone, and the tables are what the code says."""

import subprocess
import sys

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlmodel import Session, SQLModel

from models.migrations import FOLDER, revisions
from models.store import Store, StoreError


@pytest.fixture
def alembic(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Config:
    """What a developer's `alembic` works with."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    return Config(toml_file=FOLDER.parents[1] / "pyproject.toml")


def test_the_migrations_make_exactly_the_tables_of_the_code(alembic: Config) -> None:
    command.check(alembic)


def test_every_step_can_be_taken_back_and_again(alembic: Config) -> None:
    command.downgrade(alembic, "base")
    command.upgrade(alembic, "head")
    command.check(alembic)


def test_the_files_numbers_are_alembics_order() -> None:
    scripts = ScriptDirectory(str(FOLDER))
    assert revisions() == [script.revision for script in scripts.walk_revisions()][::-1]


def test_every_rule_has_a_name_so_that_a_later_step_can_change_it() -> None:
    tables = SQLModel.metadata.tables.values()
    assert [str(rule) for table in tables for rule in table.constraints if rule.name is None] == []


async def test_a_database_made_by_a_newer_usher_is_left_alone(database_url: str) -> None:
    store = await Store.open(database_url)
    await store.write(set_revision, "9999")
    await store.close()
    with pytest.raises(StoreError, match=r"newer Usher .*9999"):
        await Store.open(database_url)


def set_revision(session: Session, revision: str) -> None:
    session.connection().execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision})


def test_a_database_up_to_date_is_opened_without_importing_alembic(database_url: str) -> None:
    opens = "import asyncio, sys; from models.store import Store; asyncio.run(Store.open(sys.argv[1]))"
    says = "print('alembic' in sys.modules)"
    program = [sys.executable, "-c", f"{opens}; {says}", database_url]
    assert subprocess.run(program, check=True, capture_output=True, text=True).stdout == "False\n"


async def test_a_failed_step_leaves_the_database_as_it_was(new_database_url: str) -> None:
    engine = create_engine(new_database_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE support_case (blocks INTEGER)"))
    with pytest.raises(StoreError, match="already exists"):
        await Store.open(new_database_url)
    with engine.connect() as connection:
        tables = connection.dialect.get_table_names(connection)
    engine.dispose()
    assert tables == ["support_case"]
