"""Starts the real `python -m bot` in a folder of its own, for the tests of the command line."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


def told(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env=_environ(environ),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


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
