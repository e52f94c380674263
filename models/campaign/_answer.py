"""What a circular's data are made of, and an answer: what is said to a question, and the words that ask for it."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=40)]
Words = Mapping[str, str]  # by language tag: en, zh-Hant


class Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Grounded(Data):
    """What rests on the circular's words: `quote` is verbatim; `inferred` needs a reason, `ruled` by whom and when."""

    key: Key
    clause: str = ""
    quote: str = ""
    status: Literal["stated", "inferred", "ruled"] = "stated"
    reason: Words = Field(default_factory=dict)
    ruled_by: str | None = None
    ruled_on: date | None = None


class Line(Data):
    """A sentence of an answer that is said only when its condition holds, such as `after emails.due`."""

    when: str
    text: str


Text = tuple[str | Line, ...]


class Answer(Data):
    """What is said to a question: `covers` names cells subject:aspect, `triggers` words that decide alone.

    `short` is a title of a word or two, for the quick starts; `command` a word that asks for it, as in /deadlines.
    `escalates`: the support desk is to know of it at once, without being asked to.
    `does` names what Usher itself does where this is asked for, as /seats; the text is for who may not have it done.
    """

    key: Key
    outcome: Literal["answer", "not_stated", "refuse", "chat"] = "answer"
    title: Words
    short: Words = Field(default_factory=dict)
    command: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")] | None = None
    does: Annotated[str, Field(pattern=r"^/[a-z]{1,11}$")] | None = None
    escalates: bool = False
    covers: tuple[Annotated[str, Field(pattern=r"^[a-z0-9_.*-]+:[a-z0-9_*-]+$")], ...] = ()
    triggers: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()
    sources: tuple[Key, ...] = ()
    examples: tuple[str, ...] = ()
    text: Mapping[str, Text]
