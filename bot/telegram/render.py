"""Shows a reply in Telegram's HTML: the words, the circular's own ones folded below, a button for each choice."""

import html
from collections.abc import Iterator
from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.split import parts, shortened
from models.message import Reply, Source
from models.wording import phrases

LONGEST = 4_000  # UTF-16 units; Telegram takes 4,096
SOURCES = 40  # in one message: Telegram formats a hundred places, of which each source takes two
QUOTE, LABEL, SHORT = 1_500, 60, 22  # characters of a quote and of a label; two short labels stand side by side


@dataclass(frozen=True)
class Piece:
    """One message of Telegram's, in its HTML."""

    text: str
    keyboard: InlineKeyboardMarkup | None = None


def pieces(reply: Reply) -> list[Piece]:
    """The messages that show the reply: one, unless it is very long. The buttons stand below the last."""
    told = reply.text + _made(reply)
    plain = parts(told, LONGEST, units)
    texts, length, quoted = [html.escape(part, quote=False) for part in plain], units(plain[-1]), 0
    for source in reply.sources:
        quote, size = _source(source, reply.language)
        if length + size < LONGEST and quoted < SOURCES:
            texts[-1] += ("\n" if quoted else "\n\n") + quote
        else:
            texts.append(quote)
            length, quoted = 0, 0
        length, quoted = length + size, quoted + 1
    *others, last = texts
    return [*(Piece(text) for text in others), Piece(last, _keyboard(reply))]


def units(text: str) -> int:
    """Telegram counts UTF-16 code units: a character beyond the 65,536th is two."""
    return len(text) + sum(character > "\uffff" for character in text)


def _source(source: Source, language: str) -> tuple[str, int]:
    name = phrases()["zh-Hant" if language.startswith("zh") else "en"]["source"]
    head, quote = f"{name} · {source.clause}", f"“{shortened(source.quote, QUOTE)}”"
    inner = f"<b>{html.escape(head, quote=False)}</b>\n{html.escape(quote, quote=False)}"
    return f"<blockquote expandable>{inner}</blockquote>", units(head) + units(quote) + 3


def _made(reply: Reply) -> str:
    return "".join(f"\n\n✓ {choice.label}" for choice in reply.choices if choice.action == reply.chosen)


def _keyboard(reply: Reply) -> InlineKeyboardMarkup | None:
    if reply.chosen is not None or not reply.choices:
        return None
    return InlineKeyboardMarkup(list(_rows(reply)))


def _rows(reply: Reply) -> Iterator[list[InlineKeyboardButton]]:
    """Short labels in pairs, a long one on a line of its own: Telegram cuts what does not fit."""
    row: list[InlineKeyboardButton] = []
    for choice in reply.choices:
        button = InlineKeyboardButton(shortened(choice.label, LABEL), callback_data=choice.action)
        if row and (len(row) == 2 or max(_columns(one.text) for one in (*row, button)) > SHORT):
            yield row
            row = []
        row.append(button)
    if row:
        yield row


def _columns(text: str) -> int:
    return sum(2 if character > "\u2e7f" else 1 for character in text)
