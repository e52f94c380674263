"""Starts the real `python -m bot` in a folder of its own, for the tests of the command line."""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[1]
NURSERY = Path(__file__).with_name("nursery.py")
SECONDS = 60


def told(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    order = {"folder": str(folder), "arguments": arguments, "environ": _environ(environ)}
    with ExitStack() as ends:
        given, kept = zip(*(_pipe(ends) for _ in range(3)), strict=True)
        socket.send_fds(_nursery(), [json.dumps(order).encode()], [file.fileno() for file in given])
        for file in given:
            file.close()
        number = int(kept[2].readline())
        readers = ends.enter_context(ThreadPoolExecutor(3))
        out, err, code = (readers.submit(file.read) for file in kept)
        try:
            ended = code.result(SECONDS)
        except TimeoutError:
            os.kill(number, signal.SIGKILL)
            raise
        return subprocess.CompletedProcess(["python", "-m", "bot", *arguments], int(ended), out.result(), err.result())


@contextmanager
def running(folder: Path, **environ: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the bot on a free port; gives the process and the address that it prints once it answers."""
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "run"],
        cwd=folder,
        env=_environ({"PORT": "0"} | environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as bot:
        try:
            assert bot.stdout
            yield bot, bot.stdout.readline().strip()
        finally:
            bot.kill()


def _environ(given: dict[str, str]) -> dict[str, str]:
    # Nothing of the developer's own settings: only what Python needs, and the circulars of the checkout.
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", "CAMPAIGNS": str(ROOT / "campaigns")} | given


@cache
def _nursery() -> socket.socket:
    """Where the programs come from; it ends with these tests."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        nursery = subprocess.Popen(
            [sys.executable, str(NURSERY), str(its.fileno())],
            env=_environ({}),
            pass_fds=[its.fileno()],
            stdin=subprocess.DEVNULL,
        )

    @atexit.register
    def end() -> None:
        ours.close()
        nursery.wait()

    return ours


def _pipe(ends: ExitStack) -> tuple[IO[str], IO[str]]:
    """An end to write into, and one to read from."""
    reading, writing = os.pipe()
    return ends.enter_context(os.fdopen(writing, "w")), ends.enter_context(os.fdopen(reading, encoding="utf-8"))
