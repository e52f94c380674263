"""Shows a reply in Slack's blocks, within their limits: the words, the circular's own ones below, then the buttons."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from bot.slack.read import ONCE
from bot.slack.views import FORM
from bot.split import parts, shortened
from handlers.front import Front
from handlers.support import alternatives
from models.message import Choice, Reply, Source
from models.wording import phrases

Block = dict[str, Any]

SECTION, CONTEXT, FALLBACK = 2_900, 1_900, 3_900  # of 3,000 and 2,000 characters; of 4,000 where a message is changed
TEXT, ALL = 11_000, 12_500  # all blocks together may have some 13,000, which is written nowhere
BUTTONS, LABEL = 25, 75
# Slack has no way to say that these are meant as they are, so what has them is shown without any form.
_FORMING = re.compile(r"[*_~`]|^\s*>|:[\w+-]+:", re.MULTILINE)
_URL = re.compile(r"https?://(?:(?![<>|\"'])[!-~])*[\w/#=&-]", re.ASCII)


@lru_cache(maxsize=256)  # what many ask is worded once a minute, and need not be laid out more often
def message(reply: Reply) -> dict[str, Any]:
    """`text`, which a notification shows, and `blocks`."""
    text = shortened(reply.text, TEXT, _linked_length)
    shown = [*_sections(text), *_about(reply), *_sources(reply, ALL - _linked_length(text)), *_choices(reply)]
    return {"text": escaped(shortened(reply.text, FALLBACK, _length)), "blocks": shown}


def home(front: Front) -> dict[str, Any]:
    """The view of the App Home: for whom its reader acts and what is theirs, what Usher is, and what is due."""
    blocks = [*_sections(front.acts_for), *_actions("own", front.own)] if front.own else []
    blocks += [*_sections(front.greeting), *_actions("starts", front.starts)]
    if front.first:
        blocks += [{"type": "divider"}, *_sections(front.first.text), *_sources(front.first, ALL - TEXT)]
    return {"type": "home", "blocks": blocks}


def escaped(text: str) -> str:
    """As mrkdwn, in which nobody is called and nothing is linked that was not meant to be."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _sections(text: str) -> Iterator[Block]:
    for part in parts(text, SECTION, _linked_length):
        if _FORMING.search(_URL.sub("", part)):
            yield {"type": "section", "text": {"type": "plain_text", "text": part, "emoji": False}}
        else:
            yield {"type": "section", "text": {"type": "mrkdwn", "text": _linked(part), "verbatim": True}}


def _linked(text: str) -> str:
    """Escaped, with its addresses as links: what is `verbatim` has no others, and so calls nobody by a bare @here."""
    pieces, at = [], 0
    for found in _URL.finditer(text):
        pieces += [escaped(text[at : found.start()]), f"<{escaped(found[0])}>"]
        at = found.end()
    return "".join([*pieces, escaped(text[at:])])


def _about(reply: Reply) -> Iterator[Block]:
    if reply.about and reply.about.channel == "slack":
        user = reply.about.id.rpartition(":")[2]
        yield {"type": "context", "elements": [{"type": "mrkdwn", "text": f"<@{user}>"}]}


def _sources(reply: Reply, most: int) -> Iterator[Block]:
    """Small and grey, ten to a block, as many as there is room for: below the answer, as a footnote is."""
    told: list[Block] = []
    for source in reply.sources:
        shown = _source(source, reply.language)
        most -= _length(shown["text"])
        if most < 0:
            told.append(plain("…", LABEL))
            break
        told.append(shown)
    for first in range(0, len(told), 10):
        yield {"type": "context", "elements": told[first : first + 10]}


def _source(source: Source, language: str) -> Block:
    name = phrases()["zh-Hant" if language.startswith("zh") else "en"]["source"]
    return plain(f"{name} · {source.clause}: “{source.quote}”", CONTEXT)


def _choices(reply: Reply) -> Iterator[Block]:
    made = [choice.label for choice in reply.choices if reply.chosen is not None and choice.action == reply.chosen]
    if made:
        yield {"type": "context", "elements": [plain(f"✓ {made[0]}", 150)]}
    else:  # what was chosen may be no choice of it: a forged press takes no buttons away
        yield from _actions(ONCE if alternatives(reply) else "choices", reply.choices)


def _actions(block: str, choices: Iterable[Choice]) -> Iterator[Block]:
    buttons = [
        {
            "type": "button",
            "action_id": f"{FORM if choice.form else 'choice'}-{number}",
            "text": plain(choice.label, LABEL),
            "value": choice.action,
        }
        for number, choice in enumerate(choices)
    ]
    if buttons:
        yield {"type": "actions", "block_id": block, "elements": buttons[:BUTTONS]}


def plain(text: str, length: int) -> dict[str, Any]:
    """As it is, for where nothing is marked: buttons, and all of a window."""
    return {"type": "plain_text", "text": shortened(text, length, _length), "emoji": False}


def _length(text: str) -> int:
    """As it is sent, and in the units in which an emoji counts as two: nobody says which ones Slack counts."""
    return len(escaped(text).encode("utf-16-le", "surrogatepass")) // 2


def _linked_length(text: str) -> int:
    return _length(text) + 2 * len(_URL.findall(text))
