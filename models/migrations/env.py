"""Tells alembic which tables there should be and which database to change."""

import os

from alembic import context
from sqlalchemy import Connection, NullPool, create_engine
from sqlmodel import SQLModel

import models.checks
import models.codes
import models.contacts
import models.conversation
import models.demonstration
import models.desk
import models.drafts
import models.inbox
import models.leases
import models.outbox
import models.participants
import models.people
import models.reach
import models.reminders
import models.seats
import models.sessions
import models.status
import models.support  # noqa: F401 - importing a module of rows puts its tables into the metadata


def run(connection: Connection) -> None:
    # SQLite can hardly alter a table: alembic builds it anew, as a batch.
    context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


if connection := context.config.attributes.get("connection"):
    run(connection)  # Usher itself brings its database up to date
else:
    # A developer calls alembic: `alembic revision --autogenerate -m "…"`
    url = os.environ.get("DATABASE_URL", "sqlite:///var/usher.db")
    with create_engine(url, poolclass=NullPool).begin() as connection:
        run(connection)
