"""`python -m bot check`: tells from this computer whether a target can be reached, what is wrong, and who can help."""

import argparse
from importlib import import_module
from pathlib import Path


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "check",
        help="check the connection to a campaign's targets from this computer",
        description="Exit status: 0 ok, 1 warning, 2 fail, 3 cannot judge. HTTPS_PROXY and NO_PROXY are heeded.",
    )
    command.add_argument("target", nargs="?", help="the key of a target, or campaign/target; all, if left out")
    command.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    test = command.add_argument_group("a server under test, instead of a campaign's target")
    test.add_argument("--url", help="https://name:port/path, or tcp://name:port")
    test.add_argument("--dns", action="append", metavar="HOST:PORT", help="a name server to ask; may be repeated")
    test.add_argument(
        "--ca-file", type=Path, metavar="FILE", help="believe these certificates, instead of the system's"
    )
    test.add_argument("--marker", metavar="TEXT", help="words that stand in the right page")
    test.add_argument("--address", action="append", metavar="A[,B…]", help="the addresses that are expected")
    command.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    # Imported only when it is called, so that `--help` is quick.
    return int(import_module("bot.checking").run(given))
