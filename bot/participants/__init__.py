"""`python -m bot participants …` and `contacts import`: takes over who takes part, hands out codes, removes people."""

import argparse
import getpass
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from bot.staff import person_name

PARTICIPANTS = """The first row names the columns, in any order: code, name, and where they are known time zone (as
Asia/Hong_Kong), language (as en), e-mail domains (several with spaces between them). A column that is left out changes
nothing; an empty cell empties it. Participants that the file does not name stay as they are."""
CONTACTS = """The first row names the columns, in any order: participant (its code), channel (slack, telegram or mail),
address (TEAM:USER, a number, a mail address), and where they are known language and name. Who is known by the address
already is the same person. People that the file does not name stay as they are."""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    of = commands.add_parser("participants", help="import the firms, hand out enrolment codes, remove people")
    what = of.add_subparsers(required=True, metavar="WHAT")
    _table(what, "import the firms from a table, all of it or nothing", PARTICIPANTS, "take_participants")
    _codes(what.add_parser("codes", help="make, list and revoke enrolment codes"))
    people = what.add_parser("people", help="show who acts for which participant, with their numbers")
    people.add_argument("participant", nargs="?", type=_code, metavar="CODE", help="only this one")
    people.set_defaults(run=_later("_people", "show"))
    _remove(what.add_parser("remove", help="end that somebody acts for a participant"))
    more = commands.add_parser("contacts", help="take over contacts that support has").add_subparsers(
        required=True, metavar="WHAT"
    )
    table = _table(more, "import contacts from a table, all of it or nothing", CONTACTS, "take_contacts")
    table.add_argument("--again", action="store_true", help="also those who left or were removed since")


def _table(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", told: str, columns: str, function: str
) -> argparse.ArgumentParser:
    table = commands.add_parser("import", help=told, description=columns)
    table.add_argument("file", type=Path, metavar="FILE.csv", help="in UTF-8, with , ; or tabs between the columns")
    table.set_defaults(run=_later("_import", function))
    return table


def _codes(codes: argparse.ArgumentParser) -> None:
    what = codes.add_subparsers(required=True, metavar="WHAT")
    make = what.add_parser("make", help="make a code for a participant, or one for each")
    whose = make.add_mutually_exclusive_group(required=True)
    whose.add_argument("participant", nargs="?", type=_code, metavar="CODE", help="the participant's")
    whose.add_argument("--all", action="store_true", help="one for each participant")
    make.add_argument("--uses", type=_from_1_to(1000), default=10, metavar="N", help="people who may enrol (10)")
    make.add_argument("--days", type=_from_1_to(366), default=30, metavar="D", help="days that it is good for (30)")
    make.add_argument("--telegram", type=_bot, metavar="BOT", help="add links that open a chat with this bot")
    make.add_argument("--out", type=Path, metavar="FILE.csv", help="write a table that only you can read")
    make.add_argument("--force", action="store_true", help="replace the file if it is there")
    make.set_defaults(run=_later("_codes", "make"))
    show = what.add_parser("list", help="show the codes, without their secret part, and who used them")
    show.add_argument("participant", nargs="?", type=_code, metavar="CODE", help="only this participant's")
    show.set_defaults(run=_later("_codes", "show"))
    revoke = what.add_parser("revoke", help="let nobody enrol by a code any more; who did stays enrolled")
    revoke.add_argument(
        "code", metavar="WHICH", help="its number in the list, its beginning (USHER-7K3M), or all of it"
    )
    revoke.set_defaults(run=_later("_codes", "revoke"))


def _remove(remove: argparse.ArgumentParser) -> None:
    remove.add_argument("contact", type=_from_1_to(2**31), metavar="NUMBER", help="theirs, as `people` shows it")
    remove.add_argument("participant", nargs="?", type=_code, metavar="CODE", help="where they act for several")
    remove.add_argument(
        "--by", metavar="NAME", type=person_name, default=getpass.getuser(), help="who of support does it"
    )
    remove.set_defaults(run=_later("_people", "remove"))


def _later(module: str, function: str) -> Callable[[argparse.Namespace], int]:
    """The function, imported only when it is called, so that `--help` is quick."""
    return lambda given: int(getattr(import_module(f"bot.participants.{module}"), function)(given))


def _code(given: str) -> str:
    if not re.fullmatch(r"[A-Z0-9][A-Z0-9._-]{0,15}", given.upper()):
        raise argparse.ArgumentTypeError(f"{given!r} is no participant's code, such as C01")
    return given.upper()


def _bot(given: str) -> str:
    name = given.removeprefix("https://t.me/").removeprefix("@")
    if not re.fullmatch(r"[A-Za-z]\w{3,31}", name, re.ASCII):
        raise argparse.ArgumentTypeError(f"{given!r} is no name of a Telegram bot, such as UsherBot")
    return name


def _from_1_to(most: int) -> Callable[[str], int]:
    def number(given: str) -> int:
        if not given.isdecimal() or not 1 <= int(given) <= most:
            raise argparse.ArgumentTypeError(f"{given!r} is not a number from 1 to {most}")
        return int(given)

    return number
