"""What a participant's network must reach, and what is known of it: reviewed data, as a check connects by it."""

import re
from ipaddress import ip_address, ip_network
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from models.campaign._answer import Data, Grounded, Key, Words

_SERVER = re.compile(r"(?:\[([^\]]+)\]|([^:\[\]]+))(?::(\d+))?")


def _network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no address or network; examples are 203.0.113.7 and 203.0.113.0/28") from error
    return text


def _server(text: str) -> str:
    found = _SERVER.fullmatch(text)
    try:
        ip_address((found[1] or found[2]) if found else text)
        good = not found or found[3] is None or 0 < int(found[3]) < 65536
    except ValueError:
        good = False
    if not good:
        raise ValueError(
            f"{text!r} is no name server; examples are 203.0.113.53, 203.0.113.53:53 and [2001:db8::53]:53"
        )
    return text


def _proxy(text: str) -> str:
    split = urlsplit(text)
    if split.scheme != "http" or not split.hostname or split.username:
        raise ValueError(f"{text!r} is no proxy without a log-on; an example is http://proxy.example.com:8080")
    return text


def _page(text: str) -> str:
    split = urlsplit(text)
    if split.scheme not in {"http", "https"} or not split.hostname or split.username:
        raise ValueError(f"{text!r} is no web address; an example is https://www.example.com/start")
    return text


class Step(Data):
    """One thing to do on the participant's own PC; `source` is the key of the words of the circular that say so."""

    source: Key
    text: Words


class Picture(Data):
    """A picture that is known to stand at the target, of a known size: that it loads tells the right page."""

    url: Annotated[str, AfterValidator(_page)]
    width: int = Field(ge=1)
    height: int = Field(ge=1)


class Target(Grounded):
    """What a participant's network must reach: a URL, or a host with ports.

    `marker` stands in the right page; `addresses` are those it may have, `name_servers` those to ask instead of the
    machine's own, `issuers` those of its certificate; `guide` says where the set-up is described. `steps` are done on
    the participant's own PC; whoever says that the page was seen there declares `task` as done.
    """

    key: Annotated[Key, Field(max_length=16)]  # it stands in the actions of buttons, which are short
    name: Words
    url: Annotated[str, AfterValidator(_page)] | None = None
    host: str | None = None
    ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = ()
    marker: Annotated[str, Field(min_length=3, max_length=200)] | None = None
    addresses: tuple[Annotated[str, AfterValidator(_network)], ...] = ()
    name_servers: tuple[Annotated[str, AfterValidator(_server)], ...] = ()
    issuers: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    proxy: Annotated[str, AfterValidator(_proxy)] | None = None
    guide: Words = Field(default_factory=dict)
    task: Key | None = None
    steps: tuple[Step, ...] = Field(alias="step", default=())
    picture: Picture | None = None

    @model_validator(mode="after")
    def _url_or_host(self) -> Self:
        if bool(self.url) == bool(self.host and self.ports):
            raise ValueError("a target is either a url, or a host with ports")
        return self
