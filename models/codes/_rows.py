"""What is kept of codes: digests, who used them, and who tried one that was wrong."""

from datetime import datetime

from sqlmodel import Field, Index, SQLModel, UniqueConstraint


class EnrolmentCode(SQLModel, table=True):
    """A code that support hands to a participant. `hint` is its first group; times are machine times."""

    __tablename__ = "enrolment_code"
    # The number of a code that was deleted never means another one.
    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(unique=True)
    hint: str
    participant: str = Field(foreign_key="participant.code", index=True)
    uses: int
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


class CodeUse(SQLModel, table=True):
    """Who used an enrolment code."""

    __tablename__ = "code_use"
    __table_args__ = (UniqueConstraint("code_id", "contact_id"),)

    id: int | None = Field(default=None, primary_key=True)
    code_id: int = Field(foreign_key="enrolment_code.id")
    contact_id: int = Field(foreign_key="contact.id", index=True)
    used_at: datetime


class MailCode(SQLModel, table=True):
    """Six digits that were asked for at an address, to prove that `person` reads the mail there. Machine times.

    Where the domain is no participant's, nothing was sent, and no digits fit.
    """

    __tablename__ = "mail_code"
    __table_args__ = (Index(None, "person", "asked_at"), Index(None, "email", "asked_at"),
                      Index(None, "domain", "asked_at"))  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    person: str
    email: str
    domain: str
    digest: str | None
    asked_at: datetime
    expires_at: datetime
    tries: int = 0
    used_at: datetime | None = None


class LinkCode(SQLModel, table=True):
    """A code by which a contact shows that another address is theirs as well. Machine times."""

    __tablename__ = "link_code"

    digest: str = Field(primary_key=True)
    contact_id: int = Field(foreign_key="contact.id", index=True)
    expires_at: datetime
    used_at: datetime | None = None


class Guess(SQLModel, table=True):
    """A code that was wrong: who tried it, and when, by machine time. `what` it was meant to be: code, mail, link."""

    __table_args__ = (Index(None, "person", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    person: str
    what: str
    at: datetime
