"""Says whether one reply is a right answer to one question of the question bank."""

import re
import unicodedata
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

Behaviour = Literal["answer", "clarify", "escalate"]

LONGEST = 900  # characters; more than this on one question is a recital, not an answer
UNLESS_NEGATED = "unless_negated:"
LOOSE = re.IGNORECASE | re.ASCII  # ASCII: "\b" stands between a Chinese and a Latin letter
NEGATION = re.compile(
    r"\b(?:no|not|never|cannot|unable|unclear|whether|if)\b|n[’']t\b|[不未沒没無无冇唔]|是否|會否|会否|係咪", LOOSE
)
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
# "May" only with its capital: "the 28th may still count" is no date.
MONTH = r"(Jan|Feb|Mar|Apr|(?-i:May|MAY)|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
DAY_MONTH = re.compile(rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?(?: of)?[ -]{MONTH}", LOOSE)
MONTH_DAY = re.compile(rf"\b{MONTH} (\d{{1,2}})(?:st|nd|rd|th)?(?!\d|[:.]\d)", LOOSE)
NUMBERED_DATE = re.compile(r"(?<!\d)(?:20\d\d-(?=\d\d-\d\d)|(?=\d{1,2} ?月))(\d{1,2})(?:-| ?月 ?)(\d{1,2})(?!\d)")
TIME = re.compile(
    r"(?<![\d:.])(\d{1,2})(?::(\d\d)(?!\d)|(?:\.(\d\d))? ?[ap]\.?m\b| ?[時时點点](?!間|间) ?(半|\d\d)?)", LOOSE
)
PHONE = re.compile(r"(?<![\d-])(?!20[12]\d)[235689]\d{3}[ -]?\d{4}(?![\d-])")
HOST = re.compile(r"[\w.+-]+@[\w.-]+\w|(?:[a-z0-9-]+\.)+(?:com|net|org|io|hk)\b", LOOSE)
SECTION = re.compile(r"(?:sections?|第) ?(\d+\.\d+)(?:\D{1,12}(\d+\.\d+))?", LOOSE)

# What the circular holds, and 27 April, the last day before "before 28 April".
HELD = frozenset(
    {f"date {day}" for day in ("12-19", "2-28", "3-20", "4-19", "4-24", "4-25", "4-26", "4-27", "4-28")}
    | {"time 16:00", "time 16:30", "time 17:45", "phone 29797222", "section 4.7", "section 4.8", "section 4.9"}
    | {"host hkex.com.hk", "host www.hkex.com.hk", "host sso.hkexposttrade.com.hk", "host clearingpsd@hkex.com.hk"}
)


class Expectation(BaseModel):
    behaviour: Behaviour
    also_ok: list[Behaviour] = []
    must: list[list[str]]
    must_not: list[str]


class Row(BaseModel):
    id: str
    lang: str
    as_of: datetime
    question: str
    kind: str
    expect: Expectation
    why: str
    history: list[str] = []


def rows(path: Path) -> list[Row]:
    return [Row.model_validate_json(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def judge(row: Row, behaviour: str, text: str) -> str | None:
    """Nothing when the reply is right, else the reason why it is not."""
    text = plain(text)
    for pattern in row.expect.must_not:
        if says(pattern, text):
            return f"says what it must not: {pattern}"
    accepted = {row.expect.behaviour, *row.expect.also_ok}
    if behaviour not in accepted:
        return f"{behaviour} where {' or '.join(sorted(accepted))} is wanted"
    if behaviour != "answer":
        return None
    for alternatives in row.expect.must:
        if not any(says(pattern, text) for pattern in alternatives):
            return f"does not say: {' | '.join(alternatives)}"
    if row.kind != "multi" and len(text) > LONGEST:
        return f"too long: {len(text)} characters"
    strange = set() if row.kind == "command_like" else invented(row, text)
    return f"not in the circular: {', '.join(sorted(strange))}" if strange else None


def plain(text: str) -> str:
    """The words without full-width forms, markup and doubled spaces, which no pattern should have to know."""
    text = re.sub(r"[*`\u200b-\u200f\u2060\ufeff]", "", unicodedata.normalize("NFKC", text))
    return re.sub(r"[ \t\u00a0]+", " ", text).strip()


def says(pattern: str, text: str) -> bool:
    hits = re.finditer(pattern.removeprefix(UNLESS_NEGATED), text, LOOSE)
    return any(not (pattern.startswith(UNLESS_NEGATED) and negated(text[: hit.start()])) for hit in hits)


def negated(before: str) -> bool:
    clause = re.split(r"[.!?;。\n]", before)[-1]
    return NEGATION.search(clause[-45:] if clause.isascii() else clause[-16:]) is not None


def invented(row: Row, text: str) -> set[str]:
    """The facts in `text` that neither the circular nor the asker nor the calendar of that day has given."""
    asked = plain(" ".join([*row.history, row.question]))
    days = {f"date 4-{int(number)}" for number in re.findall(r"(?<!\d)\d{1,2}(?!\d)", asked)}
    today = {f"date {row.as_of.month}-{row.as_of.day}", f"time {row.as_of:%H:%M}"}
    return facts(text) - HELD - facts(asked) - days - today


def facts(text: str) -> set[str]:
    dates = [(month, day) for day, month in DAY_MONTH.findall(text)] + MONTH_DAY.findall(text)
    found = {f"date {MONTHS.index(month[:3].lower()) + 1}-{int(day)}" for month, day in dates}
    found |= {f"date {int(month)}-{int(day)}" for month, day in NUMBERED_DATE.findall(text)}
    for hour, *minutes in TIME.findall(text):
        # Nobody is briefed before eight in the morning: 4:30 is the afternoon's.
        found.add(f"time {int(hour) + 12 * (int(hour) < 8):02}:{''.join(minutes).replace('半', '30') or '00'}")
    found |= {"phone " + re.sub(r"\D", "", number) for number in PHONE.findall(text)}
    found |= {"host " + host.lower() for host in HOST.findall(text)}
    return found | {f"section {number}" for pair in SECTION.findall(text) for number in pair if number}
