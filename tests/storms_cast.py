"""The cast of the storms: Usher sends to twenty chats of a Slack or a Telegram that fails as a test says."""

import asyncio
import logging
import random
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from sqlmodel import Session, select

from models.campaign import Campaign
from models.message import Address
from models.outbox import REPEATS, Message, State
from models.store import Store
from scheduler.delivery import Delivery, Limits
from tests.channels_cast import running
from tests.delivery_cast import NOW, PATIENCE, post, posting
from tests.slack_platform import Fault as SlackFault
from tests.slack_platform import Platform
from tests.telegram_platform import Fault as TelegramFault
from tests.telegram_platform import TelegramPlatform
from tests.web_cast import MORNING

CHATS, EACH = 20, 5
SPEED = 120  # half a second of these tests is a minute of the machine's: leases, pauses and the platforms' waits
CUT_OFF = 0.3  # real seconds after which a call that hangs is given up: still shorter than the lease
LIMITS = Limits(poll=0.02, send=CUT_OFF)
KINDS = ("well", "wait", "busy", "broken", "lost before", "lost after", "late")
UNKNOWN = frozenset({"broken", "lost before", "lost after", "late"})


class FastClock:
    """Machine time, which runs SPEED times as fast as it does."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self) -> datetime:
        return NOW + timedelta(seconds=SPEED * (time.monotonic() - self._began))


@dataclass(frozen=True)
class Try:
    """One call that sends, as the platform saw it: what went wrong with it, and when it came (real time)."""

    text: str
    chat: str
    kind: str
    at: float


class Sky(Protocol):
    """A platform in every weather."""

    name: str

    def addresses(self) -> list[Address]: ...

    def set(self, weather: Callable[[], str]) -> None:
        """From now on each call that sends meets one of KINDS."""
        ...

    def tries(self) -> Iterator[Try]: ...

    def arrived(self, chat: str) -> list[str]:
        """The texts that stand in the chat, in their order."""
        ...


class OverSlack:
    name = "slack"

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self._ids = [platform.channel(f"C0STORM{number:02}").id for number in range(CHATS)]

    def addresses(self) -> list[Address]:
        return [Address("slack", place) for place in self._ids]

    def set(self, weather: Callable[[], str]) -> None:
        self.platform.weather = lambda method: _SLACK[weather() if method == "chat.postMessage" else "well"]

    def tries(self) -> Iterator[Try]:
        for call in self.platform.called("chat.postMessage"):
            said = call.arguments
            yield Try(said["text"], said["channel"], _kind(_SLACK, call.fault), call.at)

    def arrived(self, chat: str) -> list[str]:
        return [message.text for message in self.platform.messages(chat)]


class OverTelegram:
    name = "telegram"

    def __init__(self, platform: TelegramPlatform) -> None:
        self.platform = platform
        self._users = [platform.user(900 + number, f"Chat {number}", started=True) for number in range(CHATS)]

    def addresses(self) -> list[Address]:
        return [Address("telegram", str(user.id)) for user in self._users]

    def set(self, weather: Callable[[], str]) -> None:
        self.platform.weather = lambda method: _TELEGRAM[weather() if method == "sendMessage" else "well"]

    def tries(self) -> Iterator[Try]:
        for call in self.platform.called("sendMessage"):
            said, fault = call.parameters, call.fault or TelegramFault()
            yield Try(said["text"], str(said["chat_id"]), _kind(_TELEGRAM, fault), call.at)

    def arrived(self, chat: str) -> list[str]:
        return [message.text for message in self.platform.shown_to(self.platform.chats.users[int(chat)])]


_SLACK = {
    "well": SlackFault(),
    "wait": SlackFault("ratelimited", 429, 1),
    "busy": SlackFault(status=503),
    "broken": SlackFault(status=502),
    "lost before": SlackFault(reset="before"),
    "lost after": SlackFault(reset="after"),
    "late": SlackFault(seconds=2 * CUT_OFF),
}
_TELEGRAM = {
    "well": TelegramFault(),
    "wait": TelegramFault.too_many(1),
    "busy": TelegramFault.broken(503),
    "broken": TelegramFault.broken(502, html=True),
    "lost before": TelegramFault.lost_before(),
    "lost after": TelegramFault.lost_after(),
    "late": TelegramFault.slow(2 * CUT_OFF),
}


def _kind(kinds: dict[str, Any], fault: object) -> str:
    return next(kind for kind, one in kinds.items() if one == fault)


class CutOff(logging.Handler):
    """Counts how often the sending of each message was given up, which on a slow machine may befall any call."""

    def __init__(self) -> None:
        super().__init__()
        self.times: Counter[int] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        if record.args and "no answer in time" in record.getMessage():
            self.times[record.args[0]] += 1  # type: ignore[index]  # the message's number

    @contextmanager
    def listening(self) -> Iterator["CutOff"]:
        log = logging.getLogger("scheduler.delivery")
        log.addHandler(self)
        try:
            yield self
        finally:
            log.removeHandler(self)


@dataclass(frozen=True)
class Storm:
    """Usher under that sky. What is posted with an odd number is sent again where nobody knows whether it arrived."""

    store: Store
    sky: Sky
    cut_off: CutOff

    async def post(self, each: int = EACH) -> None:
        chats = self.sky.addresses()
        begin = MORNING - timedelta(hours=1)
        await post(
            self.store,
            *(
                posting(
                    f"{number:04}", chats[number % CHATS], begin + timedelta(seconds=number), repeats=number % 2 == 1
                )
                for number in range(each * CHATS)
            ),
        )

    async def outlived(self) -> dict[str, Message]:
        """What the outbox says of each text, once nothing waits any more and nothing is being sent."""
        async with asyncio.timeout(3 * PATIENCE):
            while True:
                messages = await self.store.read(_all)
                if not {one.state for one in messages} & {str(State.PENDING), str(State.SENDING)}:
                    return {one.reply.text: one for one in messages}
                await asyncio.sleep(0.05)

    async def judge(self) -> Counter[str]:
        """Fails unless every message is delivered or accounted for; how many ended in each state."""
        ended, tried = await self.outlived(), defaultdict(list)
        for one in self.sky.tries():
            tried[one.text].append(one)
        for text, message in ended.items():
            self._judge(message, Counter(one.kind for one in tried[text]), tried[text][-1].kind)
        for address in self.sky.addresses():
            there = self.sky.arrived(address.id)
            assert there == sorted(there), "a chat reads what it is told in its order"
        return Counter(message.state for message in ended.values())

    def _judge(self, message: Message, met: Counter[str], last: str) -> None:
        arrived = self.sky.arrived(message.to.id).count(message.reply.text)
        told = f"{message.key}: {message.state} ({message.reason}), met {dict(met)}, arrived {arrived} times"
        slow = self.cut_off.times[message.id or 0] - met["late"]
        unknown = sum(met[kind] for kind in UNKNOWN) + slow
        if message.state == State.SENT:
            assert (last, bool(message.reference)) == ("well", True), told
        else:
            assert message.state == State.UNCERTAIN, told
            assert message.reason, told
            assert last in UNKNOWN or slow, told
        assert arrived == met["well"] + met["lost after"] + met["late"], told
        # Repeated only what may be, only where nobody knew, and not for ever.
        assert met["well"] <= 1 + slow, told
        assert unknown <= (REPEATS if message.repeats else 1), told
        assert message.repeats or not unknown or message.state == State.UNCERTAIN, told


def _all(session: Session) -> list[Message]:
    return list(session.exec(select(Message)).all())


@asynccontextmanager
async def storming(
    store: Store, campaign: Campaign, keep: Path, platform: Platform | TelegramPlatform
) -> AsyncIterator[Storm]:
    """The whole Usher on that platform, with its own sender loop by a clock that runs fast."""
    machine = FastClock()
    in_slack = platform if isinstance(platform, Platform) else None
    in_telegram = platform if isinstance(platform, TelegramPlatform) else None
    sky: Sky = OverSlack(in_slack) if in_slack else OverTelegram(in_telegram)  # type: ignore[arg-type]  # one of them is

    def prepare(app: Any, _: str) -> None:
        app.channels.delivery = Delivery(
            store,
            app.channels.listening,
            campaign_time=lambda: MORNING,
            machine_time=machine,
            copy=app.channels.copy,
            limits=LIMITS,
        )

    with CutOff().listening() as cut_off:
        async with running(store, campaign, keep, in_slack, in_telegram, before=prepare):
            yield Storm(store, sky, cut_off)


def mixed(seed: int, fair: float = 0.4) -> Callable[[], str]:
    """A weather of all kinds, the same for the same seed; so much of it is fair."""
    draw = random.Random(seed)
    return lambda: "well" if draw.random() < fair else draw.choice(KINDS)
