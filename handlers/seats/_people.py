"""Reads names and e-mail addresses as people write them, one person after the other."""

import re
from dataclasses import dataclass

NAME_LENGTH = 80
_MAIL = re.compile(
    r"<?([^\s<>,;()\[\]@：，；、]+@[^\s<>,;()\[\]@，；、]+\.[^\s<>,;()\[\]@，；、。.]+(?:\.[^\s<>,;()\[\]@，；、。.]+)*)>?"
)
_PLAIN_MAIL = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}")
# What stands between two people, or between a name and its address.
_JOINTS = re.compile(
    r"^(?:\s|[,;:|/·•\-–—()\[\]<>，；：、。.&+]|\d+[.)、]|\b(?:and|with|for|name|names|his|her|their|e-?mail|email|mail|is|"
    r"mailto|at)\b|和|及|與|与|還有|还有|姓名|名字|電郵|电邮|邮箱|地址|是|為|为)+"
    r"|(?:\s|[,;:|/·•\-–—()\[\]<>，；：、。.&+]|\b(?:and|with|e-?mail|email|mail|is|at|address|mailto)\b|和|及|與|与|電郵|电邮|邮箱|地址|是|為|为)+$",
    re.IGNORECASE,
)

_ME = re.compile(
    r"(?i)(?P<before>^|[\n,;，；、&+]|\band\b|和|及|同)\s*(?:me|myself|i|我自己|我|自己|本人)(?=\s*(?:$|[\n,;，；、&+]|and\b|和|及|同))"
)


@dataclass(frozen=True)
class Person:
    name: str
    email: str


class NotRead(Exception):  # noqa: N818 - named after the situation
    """The text is no list of names and addresses. `what` is `no_mail`, `no_name` or `bad_mail`, of `piece`."""

    def __init__(self, what: str, piece: str = "") -> None:
        super().__init__(what)
        self.what, self.piece = what, piece[:NAME_LENGTH]


def read_people(text: str) -> list[Person]:
    """Amy Wong, amy@x.com; Ben Lee <ben@x.com>: each name stands before its address. Raises `NotRead`."""
    people, at = [], 0
    for found in _MAIL.finditer(text):
        name, email = _name(text[at : found.start()]), found[1].strip("'\".,")
        at = found.end()
        if not _PLAIN_MAIL.fullmatch(email):
            raise NotRead("bad_mail", email)
        if not name:
            raise NotRead("no_name", email)
        people.append(Person(name, email))
    rest = _name(text[at:])
    if rest and people and "@" in rest:
        raise NotRead("bad_mail", rest)
    if rest and (not people or len(rest) > 1):
        raise NotRead("bad_mail" if "@" in rest else "no_mail", rest)
    if not people:
        raise NotRead("no_mail")
    return people


def without_me(text: str) -> tuple[bool, str]:
    """Whether one of the people named is who writes, and the text without that."""
    rest = _ME.sub(lambda found: found["before"], text)
    return rest != text, rest


def read_name(text: str) -> str:
    """A name alone. Raises `NotRead`."""
    name = _name(text)
    if not name or "@" in name:
        raise NotRead("no_name")
    return name


def _name(text: str) -> str:
    """What is left of a piece of text as a name, in one line."""
    piece = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    for _ in range(3):  # "and: Ben," has joints on both sides, and after one more may stand
        piece = _JOINTS.sub("", piece).strip()
    return piece[:NAME_LENGTH].strip()
