"""What travels between a person and Usher: the question asked and the reply given."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Behaviour = Literal["answer", "clarify", "escalate"]

ACTION_BYTES = 64  # Telegram's limit for the data behind a button, the smallest of the channels'


@dataclass(frozen=True)
class Address:
    """Where a person or a room is reached: the channel's name and the channel's own id."""

    channel: str
    id: str

    def __str__(self) -> str:
        return f"{self.channel}:{self.id}"


@dataclass(frozen=True)
class Ask:
    """One message from a person. `text` may be the action of a pressed button; `at` is campaign time.

    `language` is the one that the person has chosen: it is answered in where the text does not show its own.
    `in_reply_to` is the id of the ask whose reply had the button.
    """

    id: str
    sender: Address
    room: Address
    text: str
    at: datetime
    language: str | None = None
    in_reply_to: str | None = None


@dataclass(frozen=True)
class Source:
    """The words of the circular that a reply rests on. `quote` is verbatim, in the circular's language."""

    campaign: str
    clause: str
    quote: str


@dataclass(frozen=True)
class Choice:
    """A button: what it says, and the text that pressing it sends."""

    label: str
    action: str

    def __post_init__(self) -> None:
        if len(self.action.encode()) > ACTION_BYTES:
            raise ValueError(f"action longer than {ACTION_BYTES} bytes: {self.action!r}")


@dataclass(frozen=True)
class Reply:
    """What a person reads: plain text, then the choices, with the sources folded.

    `answer` names what was answered (`campaign/key`, several joined by a space); `language` is that of `text`.
    """

    text: str
    behaviour: Behaviour = "answer"
    choices: tuple[Choice, ...] = ()
    sources: tuple[Source, ...] = ()
    answer: str | None = None
    language: str = "en"
