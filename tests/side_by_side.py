"""Shows one conversation as each channel renders it; `python -m tests.side_by_side` writes docs/side-by-side.md."""

import asyncio
import json
import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from bot.page.bubbles import exchanges
from bot.page.templates import templates
from bot.slack import render as slack
from bot.telegram import render as telegram
from handlers.reception import Reception
from models.campaign import Campaign, load
from models.conversation import Turn
from models.message import Address, Ask
from models.store import Store
from tests.overview import ROOT

FILE = ROOT / "docs" / "side-by-side.md"
MORNING = datetime(2023, 4, 12, 2, tzinfo=UTC)
SAID = ("May three of us go to the auditorium?", "register", 0, "最遲幾時要登記電郵？", "How much does it cost?", "yes")
HEAD = """# The same conversation on three channels

What is said is one `Reply`; each channel renders it in its own manner. This page is made from the code
(`python -m tests.side_by_side`), and a test compares it: these are the payloads as they are sent, at 10:00 on
12 April 2023 in Hong Kong. Slack: `blocks` of `chat.postMessage`. Telegram: `text` (HTML) and `reply_markup` of
`sendMessage`. Web: the part of the page.
"""


async def page(keep: Path) -> str:
    """The document as the code makes it."""
    campaign = load(ROOT / "campaigns" / "ccms-2fa-2023")
    with tempfile.TemporaryDirectory() as folder:
        store = await Store.open(f"sqlite:///{folder}/usher.db")
        try:
            said = await _conversation(Reception(store, [campaign], lambda: MORNING, keep))
        finally:
            await store.close()
    return HEAD + "".join(part for turn in said for part in _shown(turn, campaign))


async def _conversation(reception: Reception) -> list[Turn]:
    """What Ann writes; a number is the choice of the last reply that she presses."""
    ann, numbers, turns = Address("web", "ann"), count(1), list[Turn]()
    for said in SAID:
        text = said if isinstance(said, str) else turns[-1].reply.choices[said].action
        under = None if isinstance(said, str) else turns[-1].ask_id
        ask = Ask(f"web:ann:{next(numbers)}", ann, ann, text, MORNING, in_reply_to=under)
        turns.append(await reception.take(ask))
    return turns


def _shown(turn: Turn, campaign: Campaign) -> Iterator[str]:
    reply = turn.reply
    yield f"\n## {turn.asked}\n"
    yield _block("Slack", "json", json.dumps(slack.message(reply)["blocks"], ensure_ascii=False, indent=1))
    for piece in telegram.pieces(reply):
        keyboard = piece.keyboard.to_dict()["inline_keyboard"] if piece.keyboard else None
        rows = "".join(f"\n{json.dumps(row, ensure_ascii=False)}" for row in keyboard or ())
        yield _block("Telegram", "html", f"{piece.text}{rows}")
    html = templates().render("news.html", exchanges=exchanges([turn], [campaign]))
    found = re.search(r'<div class="bubble">\n<div class="text">.*', html, re.DOTALL)
    yield _block("Web", "html", re.sub(r"\s*</li>\s*$", "", found[0] if found else html))


def _block(channel: str, kind: str, text: str) -> str:
    return f"\n**{channel}**\n\n```{kind}\n{text.strip()}\n```\n"


if __name__ == "__main__":
    FILE.write_text(asyncio.run(page(ROOT / "var" / "understanding")), encoding="utf-8")
