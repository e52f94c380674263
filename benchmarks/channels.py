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
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from socket import socket

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.platforms import SECRET, TOKEN, Platform, Slack, Telegram
from handlers.facts import Facts
from models.campaign import load

ROOT = Path(__file__).resolve().parents[1]
CHATS, MESSAGES = 32, 100  # people at once, and messages of each
USHER = (sys.executable, "-m", "bot", "run")
PEOPLE, FAILING, TWICE = 500, 0.02, 0.3  # of the run with faults: people, share of calls, share of events
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
    free, understanding = found[f"free text, {CHATS} chats"], understood(questions)
    print(f"free text: {free.cpu:.2f} ms, command and understanding: {command.cpu + understanding:.2f} ms", end=" ")
    print(f"(understanding alone {understanding:.2f}): {free.cpu / (command.cpu + understanding) - 1:+.0%}")
    print(f"rate {_held(told)}, CPU {_held(cpu)}, p99 at one chat {_held(alone)}")


def understood(questions: Sequence[str]) -> float:
    """Milliseconds of CPU to understand a question of somebody who has asked some before, and word the reply."""
    campaign = load(ROOT / "campaigns" / "ccms-2fa-2023")
    facts, now = Facts.of([campaign], ROOT / "var" / "understanding"), datetime(2023, 4, 12, 2, tzinfo=UTC)
    for question in questions[:20]:
        facts.reply(question, now)
    spent = time.process_time()
    for number, question in enumerate(questions):
        facts.reply(question, now, questions[max(0, number - 20) : number])
    return (time.process_time() - spent) * 1000 / len(questions)


async def crowd(
    platform: Platform, bot: int, chats: Sequence[int], messages: int, texts: Sequence[str], *, as_command: bool = False
) -> Measured:
    """Let everybody write so many messages, one after the other."""
    times: list[float] = []
    said = itertools.cycle(texts)

    async def write(chat: int) -> None:
        for _ in range(messages):
            began = time.monotonic()
            await platform.ask(str(1000 + chat), next(said), as_command=as_command)
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
    chance, began = random.Random(1), time.monotonic()
    failing = [number for number in range(1, 2 * events) if chance.random() < FAILING]
    platform.faults = {number: chance.choice(("429", "503", "reset")) for number in failing}
    chats = [str(1000 + number % PEOPLE) for number in range(events)]
    sent = [platform.written(chat, chance.choice(questions)) for chat in chats]
    twice = [*enumerate(sent), *((number, one) for number, one in enumerate(sent) if chance.random() < TWICE)]
    shuffled = sorted(twice, key=lambda one: one[0] + chance.random() * 40)
    room = asyncio.Semaphore(64)

    async def hand_over(event: object) -> None:
        async with room:
            await platform.hand_over(event)

    await asyncio.gather(*(hand_over(event) for _, event in shuffled))
    answered, quiet = 0, 0
    while quiet < 10:  # seconds without another answer
        await asyncio.sleep(1)
        quiet = quiet + 1 if platform.answers.total() == answered else 0
        answered = platform.answers.total()
    wanted = Counter(chats)
    lost = sum((wanted - platform.answers).values())
    double = sum((platform.answers - wanted).values())
    print(f"{type(platform).__name__}: {events} events, {len(shuffled)} deliveries, {time.monotonic() - began:.0f} s")
    print(f"  {answered} answers, {lost} lost, {double} double; calls that failed: {dict(platform.faulty)}")
    return {}


async def grow(platform: Platform, bot: int, messages: int) -> dict[str, Measured]:
    """Memory after a tenth of the messages, and after all of them."""
    held = []
    for count in (messages // 10, messages - messages // 10):
        await crowd(platform, bot, range(1, CHATS + 1), count // CHATS, ["deadlines"], as_command=True)
        held.append(_memory(bot))
    told = f"{held[0]:.0f} MB after {messages // 10} messages, {held[1]:.0f} MB after {messages}"
    print(f"{type(platform).__name__}: {told}: {held[1] / held[0] - 1:+.1%} ({_held(held[1] <= held[0] * 1.1)})")
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
