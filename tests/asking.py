"""Somebody who speaks to Usher about their reminders, at the time at which the replayed April of 2023 stands."""

from dataclasses import dataclass, field
from itertools import count

from handlers.reception import Reception
from models.message import Address, Ask, Reply
from tests.reminders_cast import Sent, Usher

_numbers = count(1)


@dataclass
class Asker:
    """A person at one address; what they are told unasked is read there."""

    one_copy: Usher
    reception: Reception
    address: str = "slack:T:ann"
    last: Reply | None = field(default=None, init=False)

    async def say(self, text: str, room: str | None = None) -> Reply:
        person = Address.of(self.address)
        place = Address.of(room) if room else person
        ask = Ask(f"{self.address}-{next(_numbers)}", person, place, text, self.one_copy.clock())
        self.last = (await self.reception.take(ask)).reply
        return self.last

    async def press(self, label: str, room: str | None = None) -> Reply:
        assert self.last is not None
        found = [choice.action for choice in self.last.choices if choice.label.startswith(label)]
        assert found, f"no button {label!r} among {self.labels}"
        return await self.say(found[0], room)

    @property
    def labels(self) -> list[str]:
        return [choice.label for choice in self.last.choices] if self.last else []

    @property
    def got(self) -> list[Sent]:
        return [one for one in self.one_copy.sent if one.to == self.address]
