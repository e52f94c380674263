"""Shows a reply in Slack's blocks, within their limits: the words, the circular's own ones below, then the buttons."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bot.slack.read import ONCE
from bot.split import parts, shortened
from handlers.support import alternatives
from models.message import Choice, Reply, Source
from models.wording import phrases

Block = dict[str, Any]

SECTION, CONTEXT, FALLBACK, BLOCKS = 2_900, 1_900, 3_500, 50  # characters; of 3,000, 2,000 and 4,000; blocks
BUTTONS, LABEL = 25, 75
# Slack has no way to say that these are meant as they are, so what has them is shown without any form.
_FORMING = re.compile(r"[*_~`]|^&gt;|^>", re.MULTILINE)


def message(reply: Reply) -> dict[str, Any]:
    """`text`, which a notification shows, and `blocks`."""
    shown = [*_sections(reply.text), *_about(reply), *_sources(reply), *_choices(reply)]
    return {"text": escaped(shortened(reply.text, FALLBACK)), "blocks": shown[:BLOCKS]}


def home(greeting: str, deadlines: Reply | None, starts: Iterable[Choice]) -> dict[str, Any]:
    """The view of the App Home: what Usher is, the deadlines as they stand now, and quick starts."""
    blocks = [*_sections(greeting), _actions("starts", starts)]
    if deadlines:
        blocks += [{"type": "divider"}, *_sections(deadlines.text), *_sources(deadlines)]
    return {"type": "home", "blocks": blocks}


def reply_view(words: Sequence[str], meant: str) -> dict[str, Any]:
    """The modal for a reply to a case: title, label, send and cancel; `meant` comes back with what was written."""
    title, label, send, cancel = words
    written = {"type": "plain_text_input", "action_id": "text", "multiline": True, "min_length": 1, "max_length": 3000}
    return {
        "type": "modal",
        "callback_id": "reply",
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
    for part in parts(text, SECTION, _length):
        if _FORMING.search(part):
            yield {"type": "section", "text": {"type": "plain_text", "text": part, "emoji": False}}
        else:
            yield {"type": "section", "text": {"type": "mrkdwn", "text": escaped(part)}}


def _about(reply: Reply) -> Iterator[Block]:
    if reply.about and reply.about.channel == "slack":
        user = reply.about.id.rpartition(":")[2]
        yield {"type": "context", "elements": [{"type": "mrkdwn", "text": f"<@{user}>"}]}


def _sources(reply: Reply) -> Iterator[Block]:
    """Small and grey, ten to a block: below the answer, as a footnote is."""
    told = [_source(source, reply.language) for source in reply.sources]
    for first in range(0, len(told), 10):
        yield {"type": "context", "elements": told[first : first + 10]}


def _source(source: Source, language: str) -> Block:
    name = phrases()["zh-Hant" if language.startswith("zh") else "en"]["source"]
    text = shortened(f"{name} · {source.clause}: “{source.quote}”", CONTEXT)
    return {"type": "plain_text", "text": text, "emoji": False}


def _choices(reply: Reply) -> Iterator[Block]:
    if reply.chosen is not None:
        made = [choice.label for choice in reply.choices if choice.action == reply.chosen]
        yield from ({"type": "context", "elements": [_text(f"✓ {label}", 150)]} for label in made)
    elif reply.choices:
        yield _actions(ONCE if alternatives(reply) else "choices", reply.choices)


def _actions(block: str, choices: Iterable[Choice]) -> Block:
    buttons = [
        {"type": "button", "action_id": f"choice-{number}", "text": _text(choice.label, LABEL), "value": choice.action}
        for number, choice in enumerate(choices)
    ]
    return {"type": "actions", "block_id": block, "elements": buttons[:BUTTONS]}


def _text(text: str, length: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": shortened(text, length), "emoji": False}


def _length(text: str) -> int:
    return len(escaped(text))
