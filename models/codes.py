"""Keeps the codes by which people are enrolled, as digests: who reads the database can use none of them."""

import re
from datetime import datetime

from sqlmodel import Field, Index, SQLModel, UniqueConstraint

# Crockford's base 32: no letter that is read as another. 16 of them are 80 random bits, 60 without the hint.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ENROL, LINK = "USHER", "LINK"
_CODE = re.compile(rf"(?i)\b(?P<kind>{ENROL}|{LINK})(?P<rest>(?:[ \-_–—]?[0-9a-z]{{4}}){{4}})(?![0-9a-z])")
_READ_AS = str.maketrans("OIL", "011")


def code_in(text: str) -> str | None:
    """The code that stands in a text, as it is written: `USHER-7K3M-Q9D2-TAXW-4PB8`. However it was typed."""
    found = _CODE.search(text)
    if found is None:
        return None
    signs = re.sub(r"[^0-9A-Z]", "", found["rest"].upper()).translate(_READ_AS)
    if not set(signs) <= set(ALPHABET):
        return None
    return "-".join((found["kind"].upper(), *(signs[at : at + 4] for at in range(0, 16, 4))))


def hidden(text: str) -> str:
    """The text with no more of a code than its first group, which support knows it by."""
    return _CODE.sub(lambda found: f"{found['kind'].upper()}-{found['rest'].lstrip(' -_–—')[:4].upper()}-…", text)


class EnrolmentCode(SQLModel, table=True):
    """A code that support hands to a participant. `hint` is its first group; times are machine times."""

    __tablename__ = "enrolment_code"

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
    __table_args__ = (Index(None, "person", "asked_at"), Index(None, "email", "asked_at"))

    id: int | None = Field(default=None, primary_key=True)
    person: str
    email: str
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
    """A code that was wrong: who tried it, and when, by machine time."""

    __table_args__ = (Index(None, "person", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    person: str
    what: str
    at: datetime
