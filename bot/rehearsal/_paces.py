"""Knows the platforms in a rehearsal: their names and their pace, and no way to anybody."""

from bot.mail import Mail
from bot.slack import Slack
from bot.telegram import Telegram
from models.message import Address, Reply


class Silent:
    """A platform of which nothing but the pace is used. What would be sent stays in the outbox."""

    def __init__(self, kind: type[Slack | Telegram | Mail]) -> None:
        self.name: str = kind.name
        self.interval: float = kind.interval
        self._unconnected = kind.__new__(kind)

    def pause(self, to: Address) -> float:
        return self._unconnected.pause(to)

    async def send(self, to: Address, reply: Reply, key: str) -> str:
        raise RuntimeError("a rehearsal sends nothing")

    async def edit(self, reference: str, reply: Reply) -> None:
        raise RuntimeError("a rehearsal sends nothing")

    @property
    def rate(self) -> str:
        """How much the platform takes, as people say it."""
        return f"{1 / self.interval:.0f} a second" if self.interval < 1 else f"{60 / self.interval:.0f} a minute"

    @property
    def rates(self) -> str:
        """The same, with what it takes for one chat."""
        pause = self.pause(Address(self.name, "1"))
        return f"{self.rate}, {60 / pause:.0f} a minute to one chat" if pause else self.rate


def platforms() -> dict[str, Silent]:
    return {kind.name: Silent(kind) for kind in (Slack, Telegram, Mail)}
