"""Reads the cells of a table: each is what it must be, or the operator is told what to write instead."""

import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import available_timezones

from models.participants import NotADomain, NotAnAddress, mail_address, mail_domain

LONGEST_NAME = 200
_CODE = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,15}")
_ROUNDED = re.compile(r"\d+([.,]\d+)?E\+?\d+", re.IGNORECASE)
_FORMULA = ("=", "+", "-", "@")


class BadCell(Exception):  # noqa: N818 - named after the situation
    """That cannot stand there; the text says why, and what can."""


def code(written: str) -> str:
    """A participant's code, in capitals."""
    if not written:
        raise BadCell("is empty: every participant has a code")
    if not _CODE.fullmatch(written.upper()):
        raise BadCell(
            f"{_shown(written)} is no code: 1 to 16 of A to Z, 0 to 9, dot, hyphen and underscore, and the first of "
            "them a letter or a figure"
        )
    return written.upper()


def name(written: str) -> str:
    if written.startswith(_FORMULA):
        raise BadCell(f"{_shown(written)} begins as a formula of a spreadsheet does: write the name alone")
    if len(written) > LONGEST_NAME:
        raise BadCell(f"has {len(written)} letters: {LONGEST_NAME} at most")
    if not written.isprintable():
        raise BadCell("has signs that cannot be seen: type it anew")
    return written


def required_name(written: str) -> str:
    if not written:
        raise BadCell("is empty: every participant has a name")
    return name(written)


def time_zone(written: str) -> str | None:
    if not written:
        return None
    known = _zones().get(written.casefold().replace(" ", "_"))
    if known is None:
        near = get_close_matches(written.casefold(), _zones(), 1, 0.6)
        hint = f"{_zones()[near[0]]} is, for example" if near else "write one such as Asia/Hong_Kong"
        raise BadCell(f"{_shown(written)} is no time zone of the IANA list; {hint}")
    return known


def language(written: str, served: Mapping[str, str]) -> str | None:
    """One of those `served`, which are named by their tags in small letters."""
    if not written:
        return None
    if written.casefold() not in served:
        raise BadCell(
            f"{_shown(written)} is no language that is answered in: write {', '.join(sorted(served.values()))}"
        )
    return served[written.casefold()]


def domains(written: str) -> list[str]:
    """The mail domains of a cell, with spaces, commas, semicolons or bars between them."""
    named = [one for one in re.split(r"[\s,;|]+", written) if one]
    return sorted({_domain(one) for one in named})


def _domain(written: str) -> str:
    try:
        return mail_domain(written)
    except NotADomain as why:
        raise BadCell(f"{_shown(written)} {why}") from why


def address(channel: str, written: str, own: Collection[str]) -> str:
    """An address of the channel. A mail address must be in one of the participant's `own` domains, if it has some."""
    if not written:
        raise BadCell("is empty")
    if _ROUNDED.fullmatch(written):
        raise BadCell(f"{_shown(written)} was rounded by a spreadsheet: format the column as text, and write it anew")
    if channel == "mail":
        return _work_address(written, own)
    pattern, example = _PATTERNS[channel]
    if not pattern.fullmatch(written):
        raise BadCell(f"{_shown(written)} is no address there: write {example}")
    return written


_PATTERNS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "slack": (re.compile(r"[TE][A-Z0-9]{1,30}:[UW][A-Z0-9]{1,30}"), "TEAM:USER, such as T012AB3C4:U056DE7F8"),
    "telegram": (re.compile(r"[1-9][0-9]{0,15}"), "the person's number, such as 123456789 (no @name: that may change)"),
}
CHANNELS = (*_PATTERNS, "mail")


def channel(written: str) -> str:
    found = {"e-mail": "mail", "email": "mail"}.get(written.casefold(), written.casefold())
    if found not in CHANNELS:
        raise BadCell(f"{_shown(written)} is no channel: write {', '.join(CHANNELS)}")
    return found


def _work_address(written: str, own: Collection[str]) -> str:
    try:
        email = mail_address(written)
    except NotAnAddress as why:
        raise BadCell(f"{_shown(written)} is no mail address such as amy.wong@firm.com.hk") from why
    if own and email.rpartition("@")[2] not in own:
        raise BadCell(f"{_shown(written)} is not in the participant's domains ({', '.join(sorted(own)[:5])})")
    return email


def _shown(written: str) -> str:
    """The text as it may be shown on a terminal."""
    seen = "".join(sign if sign.isprintable() else "�" for sign in written)
    return f"“{seen[:60]}{'…' if len(seen) > 60 else ''}”"


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    real = (zone for zone in available_timezones() if "/" in zone or zone in {"UTC", "Hongkong", "Japan", "Singapore"})
    return {zone.casefold(): zone for zone in sorted(real)}
