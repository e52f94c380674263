"""What travels between a person and Usher: the question asked, the reply given, and the channel that carries both."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

Behaviour = Literal["answer", "clarify", "escalate"]

ACTION_BYTES = 64  # Telegram's limit for the data behind a button, the smallest of the channels'


@dataclass(frozen=True)
class Address:
    """Where a person or a room is reached: the channel's name and the channel's own id.

    A place within a room, as a thread, has the room's id and more after a colon.
    """

    channel: str
    id: str

    @classmethod
    def of(cls, written: str) -> "Address":
        """The address that `str` wrote."""
        channel, _, ident = written.partition(":")
        return cls(channel, ident)

    def within(self, room: "Address") -> bool:
        """Whether this is that room or a place in it."""
        return self.channel == room.channel and f"{self.id}:".startswith(f"{room.id}:")

    def __str__(self) -> str:
        return f"{self.channel}:{self.id}"


@dataclass(frozen=True)
class Attachment:
    """A file that came with a message: its name, or what kind it is, and where the platform shows it, if it does."""

    name: str
    link: str | None = None


@dataclass(frozen=True)
class Ask:
    """One message from a person. `text` may be the action of a pressed button; `at` is campaign time.

    `language` is the one that the person has chosen: it is answered in where the text does not show its own.
    `in_reply_to` is the id of the ask whose reply had the button. In a room that is not the sender's own others listen.

    What only a channel knows: the `name` that the person goes by there; `answer_at`, if the answer belongs to a place
    within the room; `once`, a way to answer that soon ends; `pressed`, the reference of the message whose button it
    was; `replies_to`, that of the message it replies to; `overheard`: it was not addressed to Usher;
    `attachments`: what came with it, which Usher does not open.
    """

    id: str
    sender: Address
    room: Address
    text: str
    at: datetime
    language: str | None = None
    in_reply_to: str | None = None
    name: str | None = None
    answer_at: Address | None = None
    once: str | None = None
    pressed: str | None = None
    replies_to: str | None = None
    overheard: bool = False
    attachments: tuple[Attachment, ...] = ()

    @property
    def files(self) -> str | None:
        """The names of what came with it, each with its link: a line each."""
        return "\n".join(f"{one.name} {one.link or ''}".strip() for one in self.attachments) or None

    @property
    def in_public(self) -> bool:
        return self.room != self.sender


@dataclass(frozen=True)
class Source:
    """The words of the circular that a reply rests on. `quote` is verbatim, in the circular's language."""

    campaign: str
    clause: str
    quote: str


@dataclass(frozen=True)
class Choice:
    """A button: what it says, and the text that pressing it sends.

    `form`: what is missing can be asked for in a form, where the channel has forms: `handlers.forms` knows which.
    """

    label: str
    action: str
    form: bool = False

    def __post_init__(self) -> None:
        if len(self.action.encode()) > ACTION_BYTES:
            raise ValueError(f"action longer than {ACTION_BYTES} bytes: {self.action!r}")


@dataclass(frozen=True)
class Field:
    """One thing that a form asks for."""

    label: str
    hint: str = ""
    long: bool = False


@dataclass(frozen=True)
class Form:
    """What completes an action: sent, it is the action, a space, and what was written in the fields, a line each."""

    title: str
    send: str
    cancel: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class File:
    """A file that goes with a reply. `method` is that of a calendar file, as in RFC 5546."""

    name: str
    content: str
    media_type: str = "text/calendar"
    method: str | None = None


@dataclass(frozen=True)
class Reply:
    """What a person reads: plain text, then the choices, with the sources folded.

    `answer` names what was answered (`campaign/key`, several joined by a space); `language` is that of `text`.
    `private`: only the asker may see it, wherever it was asked. `about` is the person that it tells of: a channel of
    theirs may show them by name. `chosen` is the action of the choice that was made: they are settled then.
    `renews`: the asker counts as another person from now on, so a channel that keeps a session begins a new one.
    """

    text: str
    behaviour: Behaviour = "answer"
    choices: tuple[Choice, ...] = ()
    sources: tuple[Source, ...] = ()
    answer: str | None = None
    language: str = "en"
    private: bool = False
    about: Address | None = None
    chosen: str | None = None
    files: tuple[File, ...] = ()
    renews: bool = False


class SendError(Exception):
    """A channel could not send, and says what that means. Without any mark: it was not sent, and may be tried again.

    `permanent`: this address can never be written to again, as it is. `refused`: the platform takes this message from
    nobody. `retry_after`: the seconds that the platform asks to wait. `outcome_unknown`: it may have been sent.
    `moved_to`: the address has become this one.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool = False,
        refused: bool = False,
        retry_after: float | None = None,
        outcome_unknown: bool = False,
        moved_to: Address | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent, self.refused, self.retry_after = permanent, refused, retry_after
        self.outcome_unknown, self.moved_to = outcome_unknown, moved_to


class Channel(Protocol):
    """One way to reach people: a web chat, Slack, Telegram, mail."""

    @property
    def name(self) -> str: ...

    async def send(self, to: Address, reply: Reply, key: str) -> str:
        """Send, and return the message's reference: the channel's own name for it, for `edit` and for replies to it.

        `key` names the message: where a platform can tell, the same key again sends nothing. Raises `SendError`.
        """
        ...

    async def edit(self, reference: str, reply: Reply) -> None:
        """Show `reply` in the place of what was sent. That it is shown already is no error. Raises `SendError`."""
        ...

    def pause(self, to: Address) -> float:
        """The seconds that the platform wants between two messages to this address; 0 where it does not mind."""
        ...

    @property
    def interval(self) -> float:
        """The seconds that the platform wants between two messages to anybody; 0 where it does not mind."""
        ...
