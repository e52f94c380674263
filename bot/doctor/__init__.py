"""`python -m bot doctor`: looks at each channel, and tells in a line each what is well or broken, and what to do."""

import argparse
from importlib import import_module


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser("doctor", help="check the channels, the support room, the mail server, the database")
    command.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    # Imported only when it is called, so that `--help` is quick.
    return int(import_module("bot.doctor.rounds").run())
