"""Measures the bot in Slack and Telegram through the whole path, beside a bare echo on the same library.

    python benchmarks/channels.py tests/questions/hkcc.jsonl
    python benchmarks/channels.py --faults 20000 tests/questions/hkcc.jsonl
    python benchmarks/channels.py --memory 50000 tests/questions/hkcc.jsonl

The file has a JSON object a line: "question". The bot is a process of its own on one core; the platform and its people
have the others. Each person writes, waits for the answer, and writes again.
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.platforms import SECRET, TOKEN, Platform, Slack, Telegram

ROOT = Path(__file__).resolve().parents[1]
CHATS, MESSAGES = 32, 100  # people at once, and messages of each
USHER = (sys.executable, "-m", "bot", "run")
SLACK_SHARE, SLACK_CPU, TELEGRAM_CPU, ALONE_MS = 0.33, 2.2, 3.0, 15.0  # the bars


@dataclass(frozen=True)
class Measured:
    """One run: messages a second, CPU of the bot for one, and how long an answer took."""

    rate: float
    cpu: float
    p50: float
    p99: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="the questions, a JSON object a line")
    parser.add_argument("--faults", type=int, help="send so many events, some twice, out of order, with failing calls")
    parser.add_argument("--memory", type=int, help="compare the memory after so many messages with that after a tenth")
    wanted = parser.parse_args()
    questions = [json.loads(line)["question"] for line in wanted.file.read_text(encoding="utf-8").splitlines()]
    random.Random(0).shuffle(questions)
    first, *others = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, others or {first})
    for name in ("slack", "telegram"):
        if wanted.faults:
            measure(name, USHER, first, lambda platform, _: bear(platform, wanted.faults, questions))
        elif wanted.memory:
            measure(name, USHER, first, lambda platform, bot: grow(platform, bot, wanted.memory))
        else:
            compare(name, first, questions)


def compare(name: str, core: int, questions: Sequence[str]) -> None:
    """The command and free text, with one person and many, beside the echo."""
    many = range(1, CHATS + 1)

    async def ours(platform: Platform, bot: int) -> dict[str, Measured]:
        await crowd(platform, bot, many, 10, ["deadlines"], as_command=True)  # the bot settles
        return {
            "deadlines, 1 chat": await crowd(platform, bot, [1], 300, ["deadlines"], as_command=True),
            f"deadlines, {CHATS} chats": await crowd(platform, bot, many, MESSAGES, ["deadlines"], as_command=True),
            f"free text, {CHATS} chats": await crowd(platform, bot, many, MESSAGES, questions),
        }

    async def bare(platform: Platform, bot: int) -> dict[str, Measured]:
        await crowd(platform, bot, many, 10, ["deadlines"])
        return {
            "echo, 1 chat": await crowd(platform, bot, [1], 300, ["deadlines"]),
            f"echo, {CHATS} chats": await crowd(platform, bot, many, MESSAGES, ["deadlines"]),
        }

    beside = measure(name, (sys.executable, __file__, f"--echo-{name}"), core, bare)
    found = measure(name, USHER, core, ours)
    print(f"\n{name:24}{'a second':>10}{'CPU ms':>9}{'p50 ms':>9}{'p99 ms':>9}")
    for what, one in (found | beside).items():
        print(f"{what:24}{one.rate:10.0f}{one.cpu:9.2f}{one.p50:9.1f}{one.p99:9.1f}")
    command, echo = found[f"deadlines, {CHATS} chats"], beside[f"echo, {CHATS} chats"]
    print(f"of the echo's messages a second: {command.rate / echo.rate:.2f}")
    told = command.rate >= echo.rate * (SLACK_SHARE if name == "slack" else 1)
    cpu = command.cpu <= (SLACK_CPU if name == "slack" else TELEGRAM_CPU)
    alone = found["deadlines, 1 chat"].p99 <= ALONE_MS
    print(f"rate {_held(told)}, CPU {_held(cpu)}, p99 at one chat {_held(alone)}")


async def crowd(
    platform: Platform, bot: int, chats: Sequence[int], messages: int, texts: Sequence[str], *, as_command: bool = False
) -> Measured:
    """Let everybody write so many messages, one after the other."""
    times: list[float] = []
    said = itertools.cycle(texts)

    async def write(chat: int) -> None:
        for _ in range(messages):
            began = time.monotonic()
            await platform.ask(str(1000 + chat), next(said), as_command=as_command)  # type: ignore[attr-defined]  # both have it
            times.append((time.monotonic() - began) * 1000)

    spent, began = cpu_of(bot), time.monotonic()
    await asyncio.gather(*(write(chat) for chat in chats))
    took, count = time.monotonic() - began, len(times)
    await asyncio.sleep(0.2)
    times.sort()
    return Measured(count / took, (cpu_of(bot) - spent) / count, times[count // 2], times[count * 99 // 100])


def measure(
    name: str, command: Sequence[str], core: int, drive: Callable[[Platform, int], Awaitable[dict[str, Measured]]]
) -> dict[str, Measured]:
    with _free_port() as port, tempfile.TemporaryDirectory() as folder:
        given = os.environ | {
            "DATABASE_URL": f"sqlite:///{folder}/usher.db",
            "PORT": "0",
            "DEMO": "1",
            "AS_OF": "2023-04-12T10:00:00+08:00",
            "LOG_LEVEL": "ERROR",
        }
        given |= (
            {
                "SLACK_BOT_TOKEN": "xoxb-1",
                "SLACK_SIGNING_SECRET": SECRET,
                "SLACK_API_URL": f"http://127.0.0.1:{port}/api/",
            }
            if name == "slack"
            else {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": f"http://127.0.0.1:{port}"}
        )
        return asyncio.run(_measure(name, ("taskset", "-c", str(core), *command), given, port, drive))


async def _measure(
    name: str,
    command: Sequence[str],
    given: dict[str, str],
    port: int,
    drive: Callable[[Platform, int], Awaitable[dict[str, Measured]]],
) -> dict[str, Measured]:
    telegram = Telegram()
    runner = await telegram.serve(port) if name == "telegram" else None
    bot = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=given, stdout=subprocess.PIPE)
    try:
        line = (await bot.stdout.readline()).decode() if bot.stdout else ""
        found = re.search(r"(http://\S+?)/?\s*$", line)
        assert found, f"the bot did not start: {line}"
        slack = Slack(found[1], port)
        platform: Platform = slack if name == "slack" else telegram
        runner = runner or await slack.serve(port)
        await asyncio.sleep(2)  # what is warmed up after the start
        try:
            return await drive(platform, bot.pid)
        finally:
            await slack.close()
            await telegram.close()
    finally:
        bot.kill()
        await bot.wait()
        if runner:
            await runner.cleanup()


async def bear(platform: Platform, events: int, questions: Sequence[str]) -> dict[str, Measured]:
    """Events come twice, out of order and while calls fail; each must be answered once where that can be known."""
    chance = random.Random(1)
    platform.faults = {
        number: chance.choice(("429", "503", "reset")) for number in range(1, events * 2) if chance.random() < 0.02
    }
    chats = [str(1000 + number % 500) for number in range(events)]
    if isinstance(platform, Slack):
        sent = [platform.message(chat, chance.choice(questions)) for chat in chats]
    else:
        sent = [platform.message(chat, chance.choice(questions)) for chat in chats]  # type: ignore[attr-defined]  # the other
    again = [one for one in sent if chance.random() < 0.3]
    shuffled = sorted(enumerate([*sent, *again]), key=lambda one: one[0] % events + chance.random() * 40)
    began = time.monotonic()
    room = asyncio.Semaphore(64)

    async def hand_over(one: object) -> None:
        async with room:
            if isinstance(platform, Slack):
                while await platform.send(*one) != 200:  # type: ignore[misc]  # a body and its kind
                    await asyncio.sleep(0.5)
            else:
                platform.put(one)  # type: ignore[attr-defined]  # Telegram's
                await asyncio.sleep(0.002)

    await asyncio.gather(*(hand_over(one) for _, one in shuffled))
    for _ in range(600):
        done = platform.answers.total()
        await asyncio.sleep(1)
        if platform.answers.total() == done >= events * 0.99 or (platform.answers.total() == done and _ > 30):
            break
    answers, wanted = platform.answers, {chat: chats.count(chat) for chat in set(chats)}
    lost = sum(max(0, count - answers[chat]) for chat, count in wanted.items())
    double = sum(max(0, answers[chat] - count) for chat, count in wanted.items())
    print(f"{type(platform).__name__}: {len(shuffled)} deliveries of {events} events in {time.monotonic() - began:.0f} s; "
          f"{answers.total()} answers, {lost} lost, {double} double; calls that failed: {dict(platform.faulty)}")  # fmt: skip
    return {}


async def grow(platform: Platform, bot: int, messages: int) -> dict[str, Measured]:
    """Memory after a tenth of the messages, and after all of them."""
    held = []
    for count in (messages // 10, messages - messages // 10):
        await crowd(platform, bot, range(1, CHATS + 1), count // CHATS, ["deadlines"], as_command=True)
        held.append(_memory(bot))
    print(f"{type(platform).__name__}: {held[0]:.0f} MB after {messages // 10} messages, {held[1]:.0f} MB after {messages}: "
          f"{held[1] / held[0] - 1:+.1%} ({_held(held[1] <= held[0] * 1.1)})")  # fmt: skip
    return {}


def cpu_of(process: int) -> float:
    """Milliseconds of CPU until now."""
    times = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, times)) * 1000 / os.sysconf("SC_CLK_TCK")


def _memory(process: int) -> float:
    return int(Path(f"/proc/{process}/status").read_text().partition("VmRSS:")[2].split()[0]) / 1024


def _held(held: bool) -> str:
    return "held" if held else "MISSED"


@contextmanager
def _free_port() -> Iterator[int]:
    with socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = int(bound.getsockname()[1])
    yield port


if __name__ == "__main__":
    if sys.argv[1:2] == ["--echo-slack"]:
        from benchmarks.echoes import echo_in_slack

        echo_in_slack()
    elif sys.argv[1:2] == ["--echo-telegram"]:
        from benchmarks.echoes import echo_in_telegram

        echo_in_telegram()
    else:
        main()
