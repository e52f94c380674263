"""Reads formatted text as Telegram does: from HTML to what is shown and its entities; finds commands and links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.telegram_contract import Breach, units

JSON = dict[str, Any]

KINDS = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    **dict.fromkeys(("span", "tg-spoiler"), "spoiler"),
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
# What a tag may carry; Telegram passes over anything else without a word, and so would hide a mistake.
ATTRIBUTES = {
    "span": {"class"},
    "a": {"href"},
    "code": {"class"},
    "blockquote": {"expandable"},
    "tg-emoji": {"emoji-id"},
}
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}

PART = re.compile(r"<(?P<end>/?)(?P<tag>[^\s<>/]*)(?P<attributes>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")
ATTRIBUTE = re.compile(r"\s+(?P<name>[a-zA-Z-]+)(?:\s*=\s*(?:\"(?P<a>[^\"]*)\"|'(?P<b>[^']*)'|(?P<c>[\w.-]+)))?")
ENTITY = re.compile(r"&(?:#(?P<decimal>\d{1,7})|#[xX](?P<hex>[0-9a-fA-F]{1,6})|(?P<name>lt|gt|amp|quot));")

FOUND = {  # the order is the precedence
    "url": re.compile(r"https?://[^\s<>]+[^\s<>.,;:!?)\]]"),
    "email": re.compile(r"(?<![\w.])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "bot_command": re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])"),
    "mention": re.compile(r"(?<![\w@/])@[A-Za-z][A-Za-z0-9_]{3,31}\b"),
    "hashtag": re.compile(r"(?<![\w#])#\w*[^\W\d]\w*"),
}


@dataclass
class _Open:
    tag: str
    at: int
    told: dict[str, str]


@dataclass
class _Text:
    shown: str = ""
    entities: list[JSON] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)


def formatted(parameters: JSON) -> tuple[str, list[JSON]]:
    """The text of a message as it is shown, and its entities."""
    text, entities = parameters["text"], parameters.get("entities", [])
    mode = parameters.get("parse_mode") or ""
    if mode.lower() == "html":
        text, entities = read_html(text)
    elif mode:
        raise Breach("unsupported parse_mode")  # Markdown is no part of this server
    for entity in entities:
        if entity["offset"] < 0 or entity["length"] < 1 or entity["offset"] + entity["length"] > units(text):
            raise Breach("entity is outside of the text")
    text, entities = _trimmed(text, entities)
    if not text:
        raise Breach("message text is empty")
    if units(text) > 4096:
        raise Breach("message is too long")
    return text, _sorted([*entities, *found(text, entities)])


def captioned(parameters: JSON) -> tuple[str, list[JSON]]:
    """The caption of a file, which is formatted like a text, but may be missing and must be short."""
    if not parameters.get("caption"):
        return "", []
    told = {"text": parameters["caption"], "entities": parameters.get("caption_entities", [])}
    text, entities = formatted(told | {"parse_mode": parameters.get("parse_mode")})
    if units(text) > 1024:
        raise Breach("message caption is too long")
    return text, entities


def read_html(html: str) -> tuple[str, list[JSON]]:
    text, at = _Text(), 0
    while at < len(html):
        offset = len(html[:at].encode()) if html[at] in "<&" else 0
        if html[at] == "<":
            part = PART.match(html, at)
            if not part:
                raise _unreadable(f"Unclosed start tag at byte offset {offset}")
            (_end if part["end"] else _begin)(text, part, offset)
            at = part.end()
        elif html[at] == "&":
            # Telegram shows a bare & as it stands; here it betrays text that nobody escaped.
            entity = ENTITY.match(html, at)
            if not entity:
                raise _unreadable(f"Unsupported entity at byte offset {offset}")
            text.shown += _character(entity, offset)
            at = entity.end()
        else:
            text.shown += html[at]
            at += 1
    if text.open:
        raise _unreadable(f'Can\'t find end tag corresponding to start tag "{text.open[-1].tag}"')
    return text.shown, _sorted(text.entities)


def found(text: str, known: list[JSON] | None = None) -> list[JSON]:
    """What Telegram finds by itself, except within the entities that are `known`."""
    taken = [(entity["offset"], entity["offset"] + entity["length"]) for entity in _opaque(known or [])]
    entities: list[JSON] = []
    for kind, pattern in FOUND.items():
        for match in pattern.finditer(text):
            begin, length = units(text[: match.start()]), units(match.group())
            if all(begin + length <= left or right <= begin for left, right in taken):
                taken.append((begin, begin + length))
                entities.append({"type": kind, "offset": begin, "length": length})
    return _sorted(entities)


def _opaque(entities: list[JSON]) -> Iterator[JSON]:
    yield from (entity for entity in entities if entity["type"] in {"code", "pre", "text_link", "text_mention"})


def _begin(text: _Text, part: re.Match[str], offset: int) -> None:
    tag = part["tag"].lower()
    if tag not in KINDS:
        raise _unreadable(f'Unsupported start tag "{tag}" at byte offset {offset}')
    told = _attributes(part["attributes"], offset)
    inside_pre = tag == "code" and text.open and text.open[-1].tag == "pre"
    if unknown := set(told) - ATTRIBUTES.get(tag, set()) or (tag == "code" and told and not inside_pre):
        raise _unreadable(f'Tag "{tag}" has an unexpected attribute at byte offset {offset}: {unknown}')
    if tag == "span" and told.get("class") != "tg-spoiler":
        raise _unreadable(f'Tag "span" must have class "tg-spoiler" at byte offset {offset}')
    if tag == "tg-emoji" and not told.get("emoji-id", "").isdigit():
        raise _unreadable(f'Tag "tg-emoji" must have attribute "emoji-id" at byte offset {offset}')
    text.open.append(_Open(tag, units(text.shown), told))


def _attributes(written: str, offset: int) -> dict[str, str]:
    told: dict[str, str] = {}
    at = 0
    while written[at:].strip():
        match = ATTRIBUTE.match(written, at)
        if not match:
            raise _unreadable(f"Can't read the attributes of the tag at byte offset {offset}")
        value = match["a"] or match["b"] or match["c"] or ""
        told[match["name"].lower()] = ENTITY.sub(lambda entity: _character(entity, offset), value)
        at = match.end()
    return told


def _end(text: _Text, part: re.Match[str], offset: int) -> None:
    tag = part["tag"].lower()
    if not text.open:
        raise _unreadable(f"Unexpected end tag at byte offset {offset}")
    opened = text.open.pop()
    if tag and tag != opened.tag:
        expected = f'expected "</{opened.tag}>", found "</{tag}>"'
        raise _unreadable(f"Unmatched end tag at byte offset {offset}, {expected}")
    length = units(text.shown) - opened.at
    if length:
        text.entities += _entity(text, opened, length)


def _entity(text: _Text, opened: _Open, length: int) -> list[JSON]:
    entity: JSON = {"type": KINDS[opened.tag], "offset": opened.at, "length": length}
    inner = text.entities[-1] if text.entities else {}
    if opened.tag == "a":
        # A link without an address of its own is its text.
        shown = text.shown.encode("utf-16-le")[2 * opened.at :].decode("utf-16-le")
        entity["url"] = opened.told.get("href") or shown
        if not re.match(r"(https?|tg|mailto|tel):\S+$", entity["url"]):
            raise _unreadable(f"{entity['url']!r} is no link, and Telegram would show it as plain text")
    elif opened.tag == "code" and "class" in opened.told:
        entity["language"] = opened.told["class"].removeprefix("language-")
    elif opened.tag == "pre" and inner.get("type") == "code" and inner["offset"] == opened.at:
        if inner["length"] == length and "language" in inner:
            entity["language"] = text.entities.pop()["language"]
    elif "expandable" in opened.told:
        entity["type"] = "expandable_blockquote"
    elif opened.tag == "tg-emoji":
        entity["custom_emoji_id"] = opened.told["emoji-id"]
    return [entity]


def _character(entity: re.Match[str], offset: int) -> str:
    if entity["name"]:
        return NAMED[entity["name"]]
    code = int(entity["decimal"]) if entity["decimal"] else int(entity["hex"], 16)
    if not 0 < code < 0x10FFFF or 0xD800 <= code < 0xE000:
        raise _unreadable(f"Unsupported entity at byte offset {offset}")
    return chr(code)


def _trimmed(text: str, entities: list[JSON]) -> tuple[str, list[JSON]]:
    """Telegram cuts the white space at both ends."""
    shown = text.strip()
    cut, length = units(text[: len(text) - len(text.lstrip())]), units(shown)
    kept: list[JSON] = []
    for entity in entities:
        begin = max(entity["offset"] - cut, 0)
        end = min(entity["offset"] + entity["length"] - cut, length)
        if end > begin:
            kept.append(entity | {"offset": begin, "length": end - begin})
    return shown, kept


def _sorted(entities: list[JSON]) -> list[JSON]:
    return sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))


def _unreadable(why: str) -> Breach:
    return Breach(f"can't parse entities: {why}")
