"""`python -m bot run` says where it answers, stops cleanly, and says in one sentence why it cannot start."""

import re
import signal
import socket
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

import pytest

from tests.program import running, told

DEMO = {"DEMO": "1", "AS_OF": "2023-04-12T10:00:00+08:00"}
START_SECONDS = 3.0
DESK = r"The desk: http://127\.0\.0\.1:\d+/desk#([\w-]{22}) \(opens once, within 15 minutes\)\n"


def address(line: str) -> str:
    found = re.fullmatch(r"Usher answers at (http://127\.0\.0\.1:\d+/)", line)
    assert found, line
    return found[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_usher_answers_where_it_says_and_stops_at_once_without_a_word(number: signal.Signals, tmp_path: Path) -> None:
    with running(tmp_path, **DEMO) as (bot, line):
        with urlopen(f"{address(line)}readyz", timeout=5) as answer:  # noqa: S310 - our own address
            assert answer.status == 200
        asked = time.monotonic()
        bot.send_signal(number)
        rest, _ = bot.communicate(timeout=10)
        assert (bot.returncode, re.sub(DESK, "", rest)) == (0, "")
        assert time.monotonic() - asked < 5


def test_a_demonstration_prints_a_link_to_its_desk_that_opens_it_once(tmp_path: Path) -> None:
    with running(tmp_path, **DEMO) as (bot, line):
        found = re.fullmatch(DESK, bot.stdout.readline() if bot.stdout else "")
        assert found
        origin, browser = address(line).rstrip("/"), build_opener(HTTPCookieProcessor())

        def opened() -> int:
            sent = Request(f"{origin}/desk/in", f"token={found[1]}".encode(), {"Origin": origin})  # noqa: S310 - our own address
            try:
                with browser.open(sent, timeout=5) as page:
                    return int(page.status)
            except HTTPError as refused:
                refused.close()
                return refused.code

        assert [opened(), opened()] == [200, 401]


def test_an_open_page_does_not_hold_up_the_stop(tmp_path: Path) -> None:
    with running(tmp_path, **DEMO) as (bot, line):
        with urlopen(address(line), timeout=5) as page:  # noqa: S310 - our own address
            cookie = page.headers["Set-Cookie"].partition(";")[0]
        stream = Request(f"{address(line)}stream?after=0", headers={"Cookie": cookie})  # noqa: S310 - as above
        with urlopen(stream, timeout=5) as opened:  # noqa: S310 - as above
            assert opened.readline().startswith(b"retry:")
            asked = time.monotonic()
            bot.terminate()
            bot.wait(timeout=10)
            assert time.monotonic() - asked < 3
            opened.read()  # it ended as it should, not in the middle of something


def test_a_demonstration_goes_on_after_a_restart_and_another_beginning_is_refused(tmp_path: Path) -> None:
    for _ in range(2):
        with running(tmp_path, **DEMO) as (bot, line):
            address(line)
            bot.terminate()
            bot.wait(timeout=10)
    ended = told(tmp_path, "run", PORT="0", DEMO="1", AS_OF="2023-04-28T09:00:00+08:00")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        "AS_OF=2023-04-28T09:00:00+08:00, but the demonstration in this database began at "
        "AS_OF=2023-04-12T10:00:00+08:00: delete var/ to begin again, or name another DATABASE_URL.\n"
    )


def test_everything_is_kept_under_var(tmp_path: Path) -> None:
    with running(tmp_path, **DEMO) as (bot, line):
        address(line)
        bot.terminate()
        bot.wait(timeout=10)
    assert [path.name for path in tmp_path.iterdir()] == ["var"]
    kept = {path.name for path in (tmp_path / "var").iterdir()}
    assert {"usher.db", "secret_key"} <= kept
    assert "usher.db-wal" not in kept  # the store was closed, not cut off


def test_a_busy_port_is_told_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        ended = told(tmp_path, "run", PORT=str(port))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"PORT={port} is taken by another program: stop it, or choose another, for example PORT={port % 65535 + 1}.\n"
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"HOST": "192.0.2.1"}, "HOST=192.0.2.1 is no address of this machine"),
        ({"PORT": "eighty"}, "PORT must be a whole number"),
        ({"AS_OF": "2023-04-12T10:00:00+08:00"}, "AS_OF is for demonstrations only"),
        ({"CAMPAIGNS": "nowhere"}, "CAMPAIGNS: there is no folder nowhere"),
        (
            {"DATABASE_URL": "postgresql://127.0.0.1:1/usher", "SECRET_KEY": "k" * 32},
            "The database postgresql://127.0.0.1:1",
        ),
    ],
)
def test_what_keeps_usher_from_starting_is_told_in_one_line(given: dict[str, str], words: str, tmp_path: Path) -> None:
    ended = told(tmp_path, "run", **{"PORT": "0"} | given)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(words)
    assert ended.stderr.count("\n") == 1


def test_help_comes_at_once(tmp_path: Path) -> None:
    began = time.monotonic()
    ended = told(tmp_path, "--help")
    assert ended.returncode == 0
    assert all(command in ended.stdout for command in ("run", "cases"))
    assert time.monotonic() - began < 2
