"""How Usher's tables came to be, step by step, and how an older database is brought up to date."""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

FOLDER = Path(__file__).parent
LOCK = 20230412  # the name of PostgreSQL's advisory lock: any number that nobody else takes


class NewerDatabase(Exception):  # noqa: N818 - named after the situation
    """The database has been brought to a revision that this code does not know."""

    def __init__(self, revision: str) -> None:
        super().__init__(revision)
        self.revision = revision


def revisions() -> list[str]:
    """Every revision, oldest first: a file's name begins with it, and the numbers rise."""
    return sorted(file.name.split("_", 1)[0] for file in (FOLDER / "versions").glob("[0-9]*.py"))


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest revision. Two that start at once do it once; once done it costs nothing."""
    known = revisions()
    with engine.connect() as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            # SQLite needs no lock of its own: BEGIN IMMEDIATE has already let only one in.
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        stored = stored_revision(connection)
        if stored is not None and stored not in known:
            raise NewerDatabase(stored)
        if stored != known[-1]:
            _run_alembic(connection)


def stored_revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _run_alembic(connection: Connection) -> None:
    # Importing alembic takes half a second, and nearly every start finds the database up to date.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
