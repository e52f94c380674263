"""Reads mail addresses and domains as people write them, and knows the domains at which anybody gets an address."""

import re
from functools import lru_cache
from pathlib import Path

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# The local parts that firms give their people: what else the standard allows is a slip of the pen here.
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
LONGEST = 254  # characters of an address


class NotADomain(ValueError):  # noqa: N818 - named after the situation
    """That cannot be a participant's mail domain. The text says why, to go on after the domain's name."""


class NotAnAddress(ValueError):  # noqa: N818 - likewise
    """That is no mail address."""


def mail_address(written: str) -> str:
    """The address in small letters, with its domain as the network writes it. Raises `NotAnAddress`."""
    local, at, domain = written.strip().lower().rpartition("@")
    name = _network_name(domain)
    if not at or name is None or not _LOCAL.fullmatch(local) or len(local) > 64 or len(local) + len(name) >= LONGEST:
        raise NotAnAddress(written)
    return f"{local}@{name}"


def domain_of(email: str) -> str | None:
    """The domain of an address as the network writes it; None where it is no address."""
    try:
        return mail_address(email).rpartition("@")[2]
    except NotAnAddress:
        return None


def mail_domain(written: str) -> str:
    """A participant's domain as the network writes it. Raises `NotADomain` where it cannot be one."""
    name = _network_name(written.strip().removeprefix("@"))
    if name is None:
        raise NotADomain("is not a mail domain such as firm.example.hk")
    if anybodys := _anybodys(name):
        raise NotADomain(f"gives addresses to anybody ({anybodys}): leave it out, and enrol these people by codes")
    if name in _lists()["suffixes"]:
        raise NotADomain("is the ending of many firms' domains: write the firm's own, such as firm.com.hk")
    return name


def _anybodys(name: str) -> str | None:
    """The public mail service that the domain is or belongs to."""
    parts = name.split(".")
    above = (".".join(parts[at:]) for at in range(len(parts)))
    return next((one for one in above if one in _lists()["services"]), None)


def _network_name(written: str) -> str | None:
    try:
        name = written.strip().encode("idna").decode("ascii").lower().removesuffix(".")
    except UnicodeError:  # an empty or endless part, or signs that no domain has
        return None
    labels = name.split(".")
    fits = len(labels) > 1 and len(name) <= 253 and all(map(_LABEL.fullmatch, labels))
    return name if fits and not labels[-1].isdecimal() else None


@lru_cache(maxsize=1)
def _lists() -> dict[str, frozenset[str]]:
    """The lists of the file: a heading in brackets, then a domain a line."""
    lists: dict[str, set[str]] = {}
    heading = ""
    for line in (Path(__file__).parent / "public_mail.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            heading = line.strip("[]")
        elif line and not line.startswith("#"):
            lists.setdefault(heading, set()).update(line.split())
    return {name: frozenset(domains) for name, domains in lists.items()}
