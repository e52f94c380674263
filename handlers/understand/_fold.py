"""Brings a question into one plain form, so that spelling, script and manner of speech do not matter."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from opencc import OpenCC

LONGEST = 1600  # characters that are read at most: of a longer text the beginning and the end, where questions stand
_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_TOKEN = re.compile(
    rf"(?:[a-z0-9-]+\.)+[a-z]{{2,}}(?:/\S*)?|[a-z0-9.+_-]+@[a-z0-9.-]+|\d+(?:[.:]\d+)+|[a-z0-9]+|[{_HAN}]"
)
_HOW = re.compile(r"(?<![0-9一二三四五六七八九十两几半早晚有])点(?= ?[a-z])")  # "點 register": how, and no hour
_MEASURE = re.compile(r"(?<=[a-z]) ?[个条份] ?(?=[a-z])")  # "2FA 個 server"
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad]")
_WHOLE = frozenset({"news", "this", "does", "access", "address", "business", "bring", "during"})  # no plural, no -ing
_CONTRACTIONS = (
    (re.compile(r"\bw/o\b"), "without"),
    (re.compile(r"\b(what|who|when|where|how|that|it|there)['’]?s\b(?!['’])"), r"\1 is"),
    (re.compile(r"\bcan['’]?t\b|\bcannot\b"), "can not"),
    (re.compile(r"\bwon['’]?t\b"), "will not"),
    (re.compile(r"\b(do|does|did|is|are|was|were|have|has|had|would|could|should|must|need)n['’]?t\b"), r"\1 not"),
    (re.compile(r"(?<=[a-z])['’]re\b"), " are"),
    (re.compile(r"(?<=[a-z])['’](?:s|ve|ll|d|m)?\b"), " "),
    (re.compile(r"\be-?\s?mails?\b|\bmail\s?box(?:es)?\b"), "email"),
    (re.compile(r"\bweb site\b"), "website"),
    (re.compile(r"(?<=[a-z0-9])[-/&](?=[a-z])"), " "),
    (re.compile(r"\b(?:2|two)[ -]?(?:fa|factor)\b"), "2fa"),
    (re.compile(r"2fa authentication"), "2fa"),
    (re.compile(r"\bremind (me|us) (?=of|what|when|how|where|which|who|again|the date|the deadline)"), r"tell \1 "),
)


@dataclass(frozen=True)
class Words:
    """What words.toml knows of any question."""

    aspects: Mapping[str, tuple[str, ...]]
    acts: Mapping[str, tuple[str, ...]]
    qualifiers: Mapping[str, tuple[str, ...]]
    related: Mapping[str, Mapping[str, float]]
    overrides: Mapping[str, tuple[str, ...]]
    vague: frozenset[str]
    negations: frozenset[str]
    function: frozenset[str]


@lru_cache(maxsize=1)
def words() -> Words:
    raw = _raw()
    function = {stem(word) for word in raw["function"]["en"].split()} | set(raw["function"]["en"].split())
    han = {sign for sign in fold(raw["function"]["zh"]) if not sign.isspace()}
    return Words(
        {key: tuple(value) for key, value in raw["aspects"].items()},
        {key: tuple(value) for key, value in raw["acts"].items()},
        {key: tuple(value) for key, value in raw["qualifiers"].items()},
        raw["related"],
        {key: tuple(value) for key, value in raw["overrides"].items()},
        frozenset(raw["vague"]["aspects"]),
        frozenset(raw["negations"]["words"]),
        frozenset(function | han),
    )


@lru_cache(maxsize=1)
def _raw() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _simplify() -> OpenCC:
    return OpenCC("t2s")


@lru_cache(maxsize=1)
def _cantonese() -> tuple[re.Pattern[str], Mapping[str, str]]:
    # The converter also maps the characters of Cantonese (to rare ones), so the rules are brought into its form.
    spoken = {_simplify().convert(key): value for key, value in _raw()["cantonese"].items()}
    longest_first = sorted(spoken, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))), spoken


def fold(text: str) -> str:
    """One form: lower case, simplified written Chinese, contractions written out, nothing invisible. Pure."""
    if len(text) > LONGEST:
        text = text[: LONGEST // 2] + "\n" + text[-LONGEST // 2 :]
    text = text.encode(errors="ignore").decode()  # half a character, cut off somewhere on its way
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).lower()
    if not text.isascii():
        text = _simplify().convert(text)
        pattern, spoken = _cantonese()
        text = pattern.sub(lambda found: spoken[found[0]], text)
        text = _HOW.sub("怎样", _MEASURE.sub(" ", text))
    for pattern, plain in _CONTRACTIONS:
        text = pattern.sub(plain, text)
    return text


def tokens(folded: str) -> list[str]:
    """Words by their stem, single Chinese characters, numbers, and addresses whole."""
    return [stem(token) for token in _TOKEN.findall(folded)]


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A rough stem: it need not be a word, only the same for the forms of one word."""
    if len(word) < 4 or word in _WHOLE or not word.isalpha() or not word.isascii():
        return word
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls":
                word = word[:-1]
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word
