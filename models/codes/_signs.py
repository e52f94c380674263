"""Writes and reads the signs of a code, and hides them where they must not stand."""

import hashlib
import re
import secrets

# Crockford's base 32: no letter that is read as another. 16 of them are 80 random bits, 60 without the hint.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ENROL, LINK = "USHER", "LINK"
_CODE = re.compile(
    rf"(?i)(?<![0-9a-z])(?P<kind>{ENROL}|{LINK})"
    r"(?!(?: [a-z]{4}){4}(?![0-9a-z]))"  # "Usher when does this open": a code has a figure
    r"(?P<rest>(?:[ \-_–—]?[0-9a-z]{4}){4})(?![0-9a-z])"
)
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


def new_code(kind: str) -> str:
    """A new code, with a figure in it that is never typed as a letter: so it is told from words."""
    while True:
        groups = ["".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4)]
        if set("".join(groups)) & set("23456789"):
            return "-".join((kind, *groups))


def digest(code: str) -> str:
    """What is kept of a code. It has 80 random bits: nobody finds it again from here, with salt or without."""
    return hashlib.sha256((code_in(code) or code).encode()).hexdigest()


def hint(code: str) -> str:
    return code.split("-")[1]
