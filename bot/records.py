"""`python -m bot status …` and `seats export`: lists what is declared and who sits where, notes what support saw."""

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from bot.staff import person_name


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    status = commands.add_parser("status", help="list what is declared, or note what support has verified")
    of_status = status.add_subparsers(required=True, metavar="WHAT")
    _export(of_status, "write a row for each participant and task", "status")
    verify = of_status.add_parser("verify", help="note that support has seen that it is done")
    _duty(verify)
    verify.add_argument("--evidence", metavar="TEXT", type=_evidence, help="what support saw; it stays in the records")
    verify.set_defaults(run=_later("verify"))
    unverify = of_status.add_parser("unverify", help="take that back; what the participant says stands")
    _duty(unverify)
    unverify.set_defaults(run=_later("unverify"))
    seats = commands.add_parser("seats", help="list who has a seat at a briefing, or waits for one")
    _export(seats.add_subparsers(required=True, metavar="WHAT"), "write a row for each seat, then the line", "seats")


def _export(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", told: str, what: str) -> None:
    export = commands.add_parser("export", help=f"{told}, as CSV")
    export.add_argument("--campaign", metavar="KEY", help="only this one; otherwise all that are served")
    export.add_argument("--out", metavar="FILE", type=Path, help="instead of standard output; written whole or not")
    export.add_argument("--force", action="store_true", help="replace the file if it is there")
    export.set_defaults(run=_later(f"export_{what}"))


def _duty(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("participant", metavar="PARTICIPANT", help="its code")
    parser.add_argument("task", metavar="TASK", help="its key, for example emails.user")
    parser.add_argument("--by", metavar="NAME", type=person_name, required=True, help="who of support says so")
    parser.add_argument("--campaign", metavar="KEY", help="needed where several circulars have such a task")


def _evidence(given: str) -> str:
    text = given.strip()
    if not 0 < len(text) <= 500 or not text.isprintable():
        raise argparse.ArgumentTypeError("what support saw has 1 to 500 letters, in one line")
    return text


def _later(what: str) -> Callable[[argparse.Namespace], int]:
    """The function of that name, imported only when it is called, so that `--help` is quick."""
    return lambda given: int(getattr(import_module("bot.exports"), what)(given))
