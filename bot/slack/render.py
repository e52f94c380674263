"""Shows a reply in Slack's blocks, within their limits: the words, the circular's own ones below, then the buttons."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from bot.slack.read import ONCE, REPLY_VIEW
from bot.split import parts, shortened
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


def home(greeting: str, deadlines: Reply | None, starts: Sequence[Choice]) -> dict[str, Any]:
    """The view of the App Home: what Usher is, the deadlines as they stand now, and quick starts."""
    blocks = [*_sections(greeting), *_actions("starts", starts)]
    if deadlines:
        blocks += [{"type": "divider"}, *_sections(deadlines.text), *_sources(deadlines, ALL - TEXT)]
    return {"type": "home", "blocks": blocks}


def reply_view(words: Sequence[str], meant: str) -> dict[str, Any]:
    """The modal for a reply to a case: title, label, send and cancel; `meant` comes back with what was written."""
    title, label, send, cancel = words
    written = {"type": "plain_text_input", "action_id": "text", "multiline": True, "min_length": 1, "max_length": 3000}
    return {
        "type": "modal",
        "callback_id": REPLY_VIEW,
        "private_metadata": meant,
        "title": _text(title, 24),
        "submit": _text(send, 24),
        "close": _text(cancel, 24),
        "blocks": [{"type": "input", "block_id": "reply", "label": _text(label, 2000), "element": written}],
    }


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
            told.append(_text("…", LABEL))
            break
        told.append(shown)
    for first in range(0, len(told), 10):
        yield {"type": "context", "elements": told[first : first + 10]}


def _source(source: Source, language: str) -> Block:
    name = phrases()["zh-Hant" if language.startswith("zh") else "en"]["source"]
    return _text(f"{name} · {source.clause}: “{source.quote}”", CONTEXT)


def _choices(reply: Reply) -> Iterator[Block]:
    made = [choice.label for choice in reply.choices if reply.chosen is not None and choice.action == reply.chosen]
    if made:
        yield {"type": "context", "elements": [_text(f"✓ {made[0]}", 150)]}
    else:  # what was chosen may be no choice of it: a forged press takes no buttons away
        yield from _actions(ONCE if alternatives(reply) else "choices", reply.choices)


def _actions(block: str, choices: Iterable[Choice]) -> Iterator[Block]:
    buttons = [
        {"type": "button", "action_id": f"choice-{number}", "text": _text(choice.label, LABEL), "value": choice.action}
        for number, choice in enumerate(choices)
    ]
    if buttons:
        yield {"type": "actions", "block_id": block, "elements": buttons[:BUTTONS]}


def _text(text: str, length: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": shortened(text, length, _length), "emoji": False}


def _length(text: str) -> int:
    """As it is sent, and in the units in which an emoji counts as two: nobody says which ones Slack counts."""
    return len(escaped(text).encode("utf-16-le", "surrogatepass")) // 2


def _linked_length(text: str) -> int:
    return _length(text) + 2 * len(_URL.findall(text))
