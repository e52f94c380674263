"""Finds out which target of the circulars is meant, and refuses every other address."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from handlers.talk import Gone, Talk
from models.campaign import Campaign, Target
from models.checks import Asked
from models.participants import Participant
from models.wording import Wording

# What somebody types that is an address: a URL, a name with a domain, an IPv4 or IPv6 address, with or without a port.
_ADDRESS = re.compile(
    r"(?<![A-Za-z0-9_@.-])(?:[a-z][a-z0-9+.-]*://\S+"
    r"|(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?(?:/\S*)?(?![A-Za-z0-9_@])"
    r"|\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?|\[?[0-9a-f:]*::[0-9a-f:]*\]?|(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}"
    r"|localhost(?::\d+)?)",
    re.IGNORECASE,
)


class NotATarget(Exception):  # noqa: N818 - named after the situation
    """An address was typed, or something else that the circular does not name."""

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(campaign.key)
        self.campaign = campaign


@dataclass(frozen=True)
class Wanted:
    """What is to be checked, for whom. Without `target` the campaign has several, and none was named."""

    talk: Talk
    campaign: Campaign
    participant: Participant
    target: Target | None

    @classmethod
    def of(cls, talk: Talk, argument: str) -> "Wanted":
        """What `[CAMPAIGN] [TARGET] [PARTICIPANT]` names, or the free words do. Raises `NotATarget` or `Gone`."""
        words = argument.split()
        key = words.pop(0) if words and words[0] in talk.phrasing.campaigns else None
        campaign = talk.campaign(key, lambda served: served.targets)
        if not campaign.targets:
            raise Gone
        target = _named(campaign, words)
        participant = talk.acting(_code(talk, campaign, words))
        if talk.reading and target is None:
            target = _spoken_of(campaign, talk.ask.text)
        return cls(talk, campaign, participant, target or (campaign.targets[0] if len(campaign.targets) == 1 else None))

    @property
    def wording(self) -> Wording:
        return self.talk.wording(self.campaign)

    @property
    def firm(self) -> str:
        return f"{self.participant.name} ({self.participant.code})"

    def action(self, word: str, target: Target) -> str:
        return f"{word} {self.campaign.key} {target.key} {self.participant.code}"

    def asked(self, target: Target) -> Asked:
        """By whom, for whom, and where they are told."""
        ask, talk = self.talk.ask, self.talk
        return Asked(
            self.campaign.key, target.key, self.participant.code, talk.contact_id, str(ask.sender),
            str(ask.answer_at or ask.room), talk.language, talk.now,
        )  # fmt: skip


def addresses_in(text: str) -> Iterator[str]:
    """The hosts that a text names."""
    for found in _ADDRESS.finditer(text):
        typed = found[0].rstrip(".,;:!?)")
        host = urlsplit(typed if "://" in typed else f"//{typed}").netloc.rpartition("@")[2]
        yield host.partition(":")[0].strip("[]").rstrip(".").lower()


def host_of(target: Target) -> str:
    return (urlsplit(target.url).hostname if target.url else target.host) or ""


def _named(campaign: Campaign, words: list[str]) -> Target | None:
    """The target whose key comes next, which is taken off the words."""
    found = next((one for one in campaign.targets if words and one.key == words[0].lower()), None)
    if found:
        words.pop(0)
    return found


def _code(talk: Talk, campaign: Campaign, words: Sequence[str]) -> str | None:
    """The participant's code, if one is named; whatever else is typed is no target."""
    if not words:
        return None
    code = words[0].upper()
    mine = {one.code for one in talk.participants}
    if len(words) > 1 or (code not in mine and (_ADDRESS.search(words[0]) or not re.search(r"\d", code))):
        raise NotATarget(campaign)
    return code


def _spoken_of(campaign: Campaign, text: str) -> Target | None:
    """The target that free words name by its host or its key. Any other host is none."""
    by_host = {host_of(one): one for one in campaign.targets}
    hosts = list(addresses_in(text))
    if any(host not in by_host for host in hosts):
        raise NotATarget(campaign)
    if hosts:
        return by_host[hosts[0]]
    spoken = set(re.findall(r"[a-z0-9._-]+", text.lower()))
    named = [one for one in campaign.targets if one.key in spoken]
    return named[0] if len(named) == 1 else None
