"""`python -m bot staff …`, `desk-link` and `reply`: names the people of the desk, lets them in, answers a case."""

import argparse
import re
from collections.abc import Callable
from importlib import import_module

from models.message import Address


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    team = commands.add_parser("staff", help="name who may reply to participants").add_subparsers(
        required=True, metavar="WHAT"
    )
    add = team.add_parser("add", help="name a member of the support team, or another account of one")
    add.add_argument("name", type=person_name)
    account = add.add_mutually_exclusive_group()
    example = "for example T012AB3C4:U056DE7F8"
    account.add_argument("--slack", metavar="TEAM:USER", type=_slack, dest="account", help=example)
    account.add_argument("--telegram", metavar="ID", type=_telegram, dest="account", help="for example 123456789")
    add.add_argument(
        "--role", choices=("support", "operator"), help="support, unless it is said; operators may do more"
    )
    add.set_defaults(run=_later("add", "name", "account", "role"))
    gone = team.add_parser("remove", help="let a member reply no longer")
    gone.add_argument("name")
    gone.set_defaults(run=_later("remove", "name"))
    team.add_parser("list", help="show who may reply").set_defaults(run=_later("show"))
    link = commands.add_parser("desk-link", help="print a link that signs a member in to the desk page, once")
    link.add_argument("name")
    link.set_defaults(run=_later("desk_link", "name"))
    reply = commands.add_parser("reply", help="reply to a case; the running Usher brings it to the asker")
    reply.add_argument("case", type=int)
    reply.add_argument("text")
    reply.set_defaults(run=_later("reply", "case", "text"))


def _later(what: str, *fields: str) -> Callable[[argparse.Namespace], int]:
    """The function of that name, imported only when it is called, so that `--help` is quick."""
    return lambda given: int(getattr(import_module("bot.team"), what)(*(getattr(given, field) for field in fields)))


def person_name(given: str) -> str:
    name = given.strip()
    if not 0 < len(name) <= 80 or not name.isprintable():
        raise argparse.ArgumentTypeError("a name has 1 to 80 letters")
    return name


def _slack(given: str) -> Address:
    if not re.fullmatch(r"[TE][A-Z0-9]+:[UW][A-Z0-9]+", given):
        raise argparse.ArgumentTypeError(
            f"{given!r} is not TEAM:USER, for example T012AB3C4:U056DE7F8: the workspace's id stands in the address of "
            "Slack in a browser, a member's under Profile › ⋮ › Copy member ID"
        )
    return Address("slack", given)


def _telegram(given: str) -> Address:
    if not re.fullmatch(r"[1-9]\d{0,15}", given):
        raise argparse.ArgumentTypeError(
            f"{given!r} is no Telegram id, which is a number: who writes “reply:” in the support room and is not named "
            "yet is told theirs"
        )
    return Address("telegram", given)
