"""Puts a pseudonym into the place of everything by which a person is known, wherever it stands in a text."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from models.conversation import packed, unpacked
from models.forgetting._person import Person
from models.message import ACTION_BYTES, Address, Ask, Choice, File, Reply
from models.wording import SIMPLIFIED, in_script

Rule = tuple[re.Pattern[str], str]
Hidden = Callable[[str], str]

_FOLD = re.compile(r"\r?\n[ \t]")  # how a calendar file breaks a long line
_LETTER = r"A-Za-z0-9À-ɏ"


class Veil:
    """Hides one person behind one pseudonym.

    What is theirs beyond doubt (addresses, e-mail addresses) is hidden anywhere, their names only `with_names`: another
    firm may have somebody of the same name.
    """

    def __init__(self, person: Person, pseudonym: str) -> None:
        self.pseudonym = pseudonym
        self._sure = [*_emails(person.emails, pseudonym), *_addresses(person, pseudonym)]
        self._names = list(_names(person.names, pseudonym))
        self._own = [*_emails((one for one in person.own_names if "@" in one), pseudonym),
                     *_names((one for one in person.own_names if "@" not in one), pseudonym)]  # fmt: skip
        # What a database can look for, as it is written in a text or in JSON.
        written = {*person.emails, *(_bare(one) for one in person.addresses), *person.directs}
        self.signs = sorted(written | {one.replace("\\", "\\\\").replace('"', '\\"') for one in written})
        self.name_signs = sorted({max(re.split(r"[\s\"\\]+", name), key=len) for name in _written(person.names)})

    def finds(self, text: str) -> bool:
        """Whether something stands there that is theirs beyond doubt."""
        return any(rule.search(text) for rule, _ in self._sure)

    def text(self, text: str, *, with_names: bool, own: bool = False) -> str:
        """`own`: it is a message of theirs, or tells of one."""
        rules = [*self._sure, *(self._names if with_names else ()), *(self._own if own else ())]
        for rule, instead in rules:
            text = rule.sub(instead, text)
        return text

    def reply(self, stored: str, *, with_names: bool, own: bool = False) -> str:
        """A stored reply. What is not written by or for people in it (its language, its sources) stays as it is."""
        reply = unpacked(stored)

        def hidden(text: str) -> str:
            return self.text(text, with_names=with_names, own=own)

        return packed(replace(
            reply,
            text=hidden(reply.text),
            choices=tuple(_choices(reply, hidden)),
            about=Address.of(hidden(str(reply.about))) if reply.about else None,
            files=tuple(_file(one, hidden) for one in reply.files),
        ))  # fmt: skip

    def ask(self, ask: Ask) -> Ask:
        """The ask as somebody's who is not known."""
        sender, room = (Address.of(self.text(str(one), with_names=False)) for one in (ask.sender, ask.room))
        return replace(ask, id=self.text(ask.id, with_names=False), sender=sender, room=room, name=None, answer_at=None,
                       in_reply_to=None, text=self.text(ask.text, with_names=True, own=True))  # fmt: skip


def _file(file: File, hidden: Hidden) -> File:
    whole = _FOLD.sub("", file.content)
    after = hidden(whole)
    return file if after == whole else replace(file, content=after)


def _choices(reply: Reply, hidden: Hidden) -> Iterator[Choice]:
    for one in reply.choices:
        action = hidden(one.action)
        if len(action.encode()) <= ACTION_BYTES:
            yield replace(one, label=hidden(one.label), action=action)


def _emails(emails: Iterable[str], pseudonym: str) -> Iterator[Rule]:
    for email in sorted(emails, key=len, reverse=True):
        # "j.amy@x.hk" and "amy@x.hk.org" are somebody else's; a dot or a dash may also be one of the sentence.
        before, after = r"(?<![A-Za-z0-9])(?<![A-Za-z0-9][._%+'-])", r"(?![A-Za-z0-9])(?![.-][A-Za-z0-9])"
        yield re.compile(f"{before}{re.escape(email)}{after}", re.IGNORECASE), pseudonym


def _addresses(person: Person, pseudonym: str) -> Iterator[Rule]:
    for address in sorted(person.addresses, key=len, reverse=True):
        channel, _, ident = address.partition(":")
        kept = f"{channel}|press" if channel == "telegram" else re.escape(channel)
        yield re.compile(rf"(?<![\w-])({kept}):{re.escape(ident)}(?![A-Za-z0-9])"), rf"\1:{pseudonym}"
        if channel == "slack":
            for part in (ident, ident.rpartition(":")[2]):
                yield _whole(part), pseudonym
    for direct in person.directs:
        yield _whole(direct), pseudonym


def _whole(ident: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9]){re.escape(ident)}(?![A-Za-z0-9])")


def _names(names: Iterable[str], pseudonym: str) -> Iterator[Rule]:
    for name in sorted(_written(names), key=len, reverse=True):
        if len(name) < 2:
            continue
        before = rf"(?<![{_LETTER}])" if re.match(f"[{_LETTER}]", name) else ""
        after = rf"(?![{_LETTER}])" if re.match(f"[{_LETTER}]", name[-1]) else ""
        words = r"\s+".join(map(re.escape, name.split()))
        yield re.compile(f"{before}{words}{after}", re.IGNORECASE), pseudonym


def _written(names: Iterable[str]) -> set[str]:
    """The names as they may be written in a reply: in either Chinese script, with our spaces, in a calendar file."""
    plain = {name.strip() for name in names if name.strip()}
    plain |= {in_script(name, language) for name in plain for language in ("zh-Hant", SIMPLIFIED)}
    return plain | {name.replace('"', "'") for name in plain} | {re.sub(r"([\\,;])", r"\\\1", name) for name in plain}


def _bare(address: str) -> str:
    """What stands of an address wherever it stands: within keys the channel is not always before it."""
    channel, _, ident = address.partition(":")
    return {"slack": ident.rpartition(":")[2], "mail": ident}.get(channel, f":{ident}")
