"""The command line: `python -m bot …` starts Usher, asks it one question, or looks after its data."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec

# Modules that add commands of their own, by `register(subparsers)`.
MORE = (
    "bot.ask",
    "bot.campaigns",
    "bot.staff",
    "bot.participants",
    "bot.records",
    "bot.briefings",
    "bot.deliveries",
    "bot.manifest",
    "bot.doctor",
    "bot.check",
)

SETTINGS = "Settings are read from the environment and the file .env; .env.example explains each."


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    try:
        return int(given.run(given))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `… | head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    # Evaluated only when something was raised: nothing of it is imported for `--help`.
    except _told_in_one_sentence() as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description=__doc__, epilog=SETTINGS)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("run", help="start Usher and its web page").set_defaults(run=_later("bot.serve"))
    commands.add_parser("cases", help="list the questions that wait for support").set_defaults(run=_later("bot.cases"))
    for module in MORE:
        if find_spec(module):
            import_module(module).register(commands)
    return parser


def _later(module: str) -> Callable[[argparse.Namespace], int]:
    """The `run` of a module that is imported only when it is called, so that `--help` is quick."""
    return lambda given: int(import_module(module).run(given))


def _told_in_one_sentence() -> tuple[type[Exception], ...]:
    from bot.settings import SettingsError
    from models.campaign import CampaignError
    from models.store import StoreError

    return SettingsError, CampaignError, StoreError


if __name__ == "__main__":
    sys.exit(main())
