"""Finds codes and confirmation digits in what people write, and leaves them out of what is kept of it."""

import re
from unicodedata import normalize

from models.codes import ENROL, code_in, hidden

JOIN = "/join"

# Chinese letters may stand right beside a figure; Latin ones make it a part of something else.
_SIX = re.compile(r"(?<![0-9A-Za-z])(\d{3})[ -]?(\d{3})(?![0-9A-Za-z])")
_SIX_TOLD = re.compile(r"(?is)(?:.{0,40}(?:\b(?:code|digits)\b|[碼码]|[數数]字)[^0-9]{0,12})?\s*\d{3}[ -]?\d{3}\W*")
# A code without its first word; with letters alone it may be words.
_GROUPS = re.compile(r"(?i)(?<![0-9a-z–—-])(?=[a-z–—-]*\d)[0-9a-z]{4}(?:[-–—][0-9a-z]{4}){3}(?![0-9a-z-])")
_MISTYPED = re.compile(r"(?i)(?<![0-9a-z])(?:usher|link)[-_–—][0-9a-z]{2,}[-_–— ][0-9a-z]{2,}")
_RUN = re.compile(r"[0-9A-Za-z０-９Ａ-Ｚａ-ｚ_–—-]+")


def find_code(text: str) -> str | None:
    """The code that stands in a text, also without its first word or in full-width letters."""
    plain = normalize("NFKC", text)
    groups = _GROUPS.search(plain)
    return code_in(plain) or (code_in(f"{ENROL}-{groups[0]}") if groups else None)


def find_digits(text: str) -> str | None:
    """The six digits of a mail that stand in a text, as `012345`."""
    found = _SIX.search(normalize("NFKC", text))
    return "".join(found.groups()) if found else None


def meant(action: str) -> str:
    """What a text asks for that holds a code, or tells six digits: to enrol by them. Any other text as it is."""
    plain, is_action = normalize("NFKC", action), action.startswith("/")
    if code := code_in(plain) if is_action else find_code(plain):
        return f"{JOIN} {code}"
    if is_action:
        return action
    if _SIX_TOLD.fullmatch(plain):
        return f"{JOIN} {find_digits(plain)}"
    return f"{JOIN} {action}" if _MISTYPED.search(plain) else action


def completes(action: str, text: str) -> bool:
    """Whether a text can be what `action` waits for. While a code is waited for, other words are a question."""
    return action != JOIN or "@" in text or find_digits(text) is not None or meant(text) != text


def kept(action: str, text: str) -> str:
    """What may be kept of a text that came to `action`: a code is a key, and so are the digits of a mail."""
    plain = normalize("NFKC", text)
    shown = hidden(plain)
    if shown == plain:
        shown = text
    if action.partition(" ")[0] != JOIN:
        return shown
    return re.sub(r"\S+", lambda word: _without_figures(word[0]), shown)


def _without_figures(word: str) -> str:
    """The word without what could be a part of a code; an e-mail address, or what is hidden already, as it is."""
    if "@" in word or "-…" in word:
        return word
    return _RUN.sub(lambda run: "…" if any(map(str.isdigit, run[0])) else run[0], word)
