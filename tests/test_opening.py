"""A store that cannot be opened says why in one sentence, and one that opens loses nothing."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session

from models.store import Store, StoreError


async def test_sqlite_is_told_to_lose_nothing(tmp_path: Path) -> None:
    store = await Store.open(f"sqlite:///{tmp_path / 'usher.db'}")

    def pragma(session: Session, name: str) -> object:
        return session.connection().execute(text(f"PRAGMA {name}")).scalar()

    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    assert {name: await store.write(pragma, name) for name in wanted} == wanted
    await store.close()


async def test_a_folder_that_is_missing_is_made_but_not_its_parents(tmp_path: Path) -> None:
    await (await Store.open(f"sqlite:///{tmp_path / 'var' / 'usher.db'}")).close()
    await refused(f"sqlite:///{tmp_path / 'no' / 'such' / 'usher.db'}", "no/such.*cannot be made.*No such file")


async def test_what_is_no_folder_no_file_and_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no database at all, but long enough to be looked at " * 50)
    (tmp_path / "folder").mkdir()
    await refused(f"sqlite:///{tmp_path / 'file' / 'usher.db'}", "file.*cannot be made")
    await refused(f"sqlite:///{tmp_path / 'folder'}", "folder cannot be used .*unable to open")
    await refused(f"sqlite:///{tmp_path / 'file'}", "file cannot be used .*not a database")


async def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    error = await refused("postgresql://usher:opensesame@127.0.0.1:1/usher", "127.0.0.1:1/usher cannot be used")
    assert "opensesame" not in error


@pytest.mark.parametrize("url", ["", "usher.db", "mysql://localhost/usher", "sqlite://", "sqlite:///:memory:"])
async def test_an_address_of_no_database_is_refused(url: str) -> None:
    await refused(url, "DATABASE_URL")


async def refused(url: str, words: str) -> str:
    with pytest.raises(StoreError, match=words) as raised:
        await Store.open(url)
    assert str(raised.value).count("\n") == 0
    return str(raised.value)
