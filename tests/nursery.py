"""A process that has imported the libraries of others, and becomes the program as often as it is asked, each time anew.

`python -m bot` takes a second to start, most of it for libraries that no test changes. Nothing of Usher itself is
imported here: each program imports its own, as a fresh one does.
"""

import gc
import json
import os
import runpy
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

LIBRARIES = (
    "alembic.command",
    "alembic.config",
    "babel.dates",
    "httpcore",
    "httpx",
    "icalendar",
    "jinja2",
    "numpy",
    "opencc",
    "psycopg",
    "pydantic_settings",
    "rapidfuzz.process",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "sqlmodel",
)


def serve(asked: socket.socket) -> None:
    """Start a program for each order until nobody is there to give one. Returns in the program only."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who watches a program is not waited for
    while True:
        order, files, _, _ = socket.recv_fds(asked, 1 << 20, 4)
        if not order:
            os._exit(0)
        if not os.fork():
            asked.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _watch(json.loads(order), *files)
            return
        for file in files:
            os.close(file)


def _watch(order: dict[str, Any], out: int, err: int, ended: int) -> None:
    """Start the program, tell by what it ended, and end. Returns in the program only."""
    if program := os.fork():
        os.close(out)
        os.close(err)
        os.write(ended, f"{program}\n".encode())
        code = os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
        os.write(ended, f"{code}\n".encode())
        os._exit(0)
    for given, place in ((os.open(os.devnull, os.O_RDONLY), 0), (out, 1), (err, 2)):
        os.dup2(given, place)
    os.closerange(3, 256)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environ"])
    time.tzset()
    sys.argv = ["bot", *order["arguments"]]
    sys.path[0] = str(Path.cwd())


if __name__ == "__main__":
    for library in LIBRARIES:
        __import__(library)
    gc.freeze()  # what is never looked through need not be copied
    serve(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_module("bot", run_name="__main__", alter_sys=True)
