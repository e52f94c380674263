"""`python -m bot ask`: answers one question on the terminal, or a file of them line by line."""

import argparse
import json
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Any

YEARS = (1900, 2200)
LINE = '{"id": "1", "question": "When is the deadline?"}'


def register(subparsers: Any) -> None:
    parser = subparsers.add_parser("ask", help="answer a question here, without a page or a database")
    parser.add_argument("question", nargs="*", help="without one, JSON lines are read from standard input")
    parser.add_argument("--as-of", metavar="ISO", help="the time to live at, such as 2023-04-12T10:00:00+08:00")
    parser.add_argument("--json", action="store_true", help="write one JSON object")
    parser.add_argument("--explain", action="store_true", help="show why this answer was chosen")
    parser.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    from bot.settings import load
    from handlers.facts import Facts
    from models.campaign import load_all

    now = moment(given.as_of) if given.as_of else datetime.now().astimezone()
    settings = load(signs=False)
    facts = Facts.of(load_all(settings.campaigns), settings.var / "understanding")
    if given.question:
        question = " ".join(given.question)
        sys.stdout.write(_told(facts, question, now, as_json=given.json))
        if given.explain:
            from bot.explain import explain

            sys.stdout.writelines(f"{line}\n" for line in explain(facts, question, now))
        return 0
    return _lines(facts, sys.stdin.buffer, now)


def moment(text: str, name: str = "--as-of") -> datetime:
    """The moment that `text` writes out, with its zone. Raises SettingsError, which names `name`."""
    from bot.settings import SettingsError

    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"{name}: {text!r} is not a time such as 2023-04-12T10:00:00+08:00") from error
    if at.tzinfo is None:
        raise SettingsError(f"{name}: {text!r} has no time zone; write it such as 2023-04-12T10:00:00+08:00")
    if not YEARS[0] <= at.year <= YEARS[1]:
        raise SettingsError(f"{name}: the year of {text!r} is not between {YEARS[0]} and {YEARS[1]}")
    return at


def _told(facts: Any, question: str, now: datetime, *, as_json: bool) -> str:
    reply = facts.reply(question, now)
    if as_json:
        return json.dumps(_object(None, reply), ensure_ascii=False) + "\n"
    lines = [reply.text, *(f"  [{choice.label}]" for choice in reply.choices)]
    lines += [f"  — {source.clause}: “{source.quote}”" for source in reply.sources]
    return "\n".join(lines) + "\n"


def _lines(facts: Any, source: Iterable[bytes], now: datetime) -> int:
    """Answer every line; a bad one gets an error line with its number, and the rest goes on."""
    bad = 0
    for number, line in enumerate(source, 1):
        if not line.strip():
            continue
        result, failed = _answered(facts, line, number, now)
        bad += failed
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    return 1 if bad else 0


def _answered(facts: Any, line: bytes, number: int, now: datetime) -> tuple[dict[str, object], bool]:
    from bot.settings import SettingsError

    try:
        asked = _read(line)
        at = moment(asked["as_of"], "as_of") if asked.get("as_of") else now
    except (ValueError, SettingsError) as error:
        return {"error": f"line {number}: {error}", "line": number}, True
    reply = facts.reply(asked["question"], at, asked.get("history") or ())
    return _object(asked["id"], reply), False


def _read(line: bytes) -> dict[str, Any]:
    """One line's question. Raises ValueError, which says what is wrong with the line."""
    try:
        asked = json.loads(line.decode())
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise ValueError(f"not JSON (nested too deeply); a line is like {LINE}") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error.msg}); a line is like {LINE}") from error
    if not isinstance(asked, dict):
        raise ValueError(f"not an object; a line is like {LINE}")
    for name in ("id", "question"):
        if not _is_text(asked.get(name)):
            raise ValueError(f"{name} is missing or not a text; a line is like {LINE}")
    if asked.get("as_of") is not None and not _is_text(asked["as_of"]):
        raise ValueError("as_of is not a text such as 2023-04-12T10:00:00+08:00")
    history = asked.get("history") or []
    if not isinstance(history, list) or not all(_is_text(turn) for turn in history):
        raise ValueError("history is not a list of texts, the earlier questions")
    return asked


def _is_text(value: object) -> bool:
    """Whether it is a text that can be written: half a character (a lone surrogate) cannot."""
    return isinstance(value, str) and not any("\ud800" <= sign <= "\udfff" for sign in value)


def _object(number: str | None, reply: Any) -> dict[str, object]:
    shown: dict[str, object] = {"id": number} if number is not None else {}
    shown |= {
        "behaviour": reply.behaviour,
        "text": reply.text,
        "sources": [{"clause": source.clause, "quote": source.quote} for source in reply.sources],
        "answer": reply.answer,
    }
    return shown
