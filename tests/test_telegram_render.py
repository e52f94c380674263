"""How replies look on Telegram: in HTML that Telegram reads, within its limits, with nothing lost."""

from pathlib import Path

import pytest

from bot.telegram.render import SOURCES, Piece, pieces
from handlers.commands import languages
from handlers.facts import Facts
from models.campaign import Campaign, load
from models.message import Choice, Reply, Source
from tests.reception_cast import ROOT
from tests.telegram_contract import read, units
from tests.telegram_text import formatted
from tests.web_cast import MORNING

HOSTILE = [
    "<b>bold</b> & <script>alert(1)</script>",
    "&amp; &lt;b&gt; &#128077; &unknown; & &",
    "\"quotes\" 'and' “others” </blockquote><blockquote>",
    "😀👨‍👩‍👧‍👦🇭🇰" * 700,
    "\u202eright to left\u202c שלום עולם مرحبا",
    "word " * 2_000,
    "幾時截止。" * 2_000,
    "x" * 10_000,
    "One sentence. " * 800,
    "<" * 4_200,
]


def shown(reply: Reply) -> list[str]:
    """The messages as Telegram shows them; fails where it would refuse one."""
    texts = []
    made = pieces(reply)
    for number, piece in enumerate(made):
        text = _accepted(piece)
        assert units(text) <= 4_096
        assert (piece.keyboard is not None) == (number == len(made) - 1 and bool(reply.choices) and not reply.chosen)
        texts.append(text)
    return texts


def _accepted(piece: Piece) -> str:
    keyboard = {"reply_markup": piece.keyboard.to_json()} if piece.keyboard else {}
    told = read("sendMessage", {"chat_id": "1", "text": piece.text, "parse_mode": "HTML", **keyboard})
    text, entities = formatted(told)
    kinds = [entity["type"] for entity in entities]
    assert kinds.count("expandable_blockquote") == piece.text.count("<blockquote expandable>")
    assert kinds.count("expandable_blockquote") + kinds.count("bold") <= 100
    return text


def _plain(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("folder", ["campaigns/ccms-2fa-2023", "tests/campaigns/nordhaven-2027-014"])
def test_every_answer_of_a_campaign_can_be_shown_in_every_language(folder: str, understanding: Path) -> None:
    campaign = load(ROOT / folder)
    facts = Facts.of([campaign], understanding)
    for language in languages([campaign]):
        for answer in campaign.answers:
            reply = facts.answer(campaign.key, answer.key, MORNING, language)
            assert reply
            told = _plain("".join(shown(reply)))
            assert _plain(reply.text) in told
            assert all(_plain(source.quote) in told and _plain(source.clause) in told for source in reply.sources)
            assert told.count("“") >= len(reply.sources)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
def test_a_hostile_text_is_shown_whole_in_every_place(text: str) -> None:
    quote = text[:1_400]
    choices = (Choice(text[:200], "/a small due"), Choice("<No> & 'thanks'", "/no"))
    reply = Reply(text, choices=choices, sources=(Source("small", "§ <1> & more", quote),))
    told = shown(reply)
    assert _plain("".join(told)).startswith(_plain(text))
    assert _plain(quote) in _plain(told[-1])
    assert "§ <1> & more" in told[-1]


def test_a_long_text_is_cut_where_a_sentence_ends() -> None:
    first, *_ = shown(Reply("One sentence goes here. " * 400))
    assert first.endswith("here.")
    first, *_ = shown(Reply("第一句在此完結。" * 1_200))
    assert first.endswith("。")


def test_sixty_sources_are_all_shown_and_the_buttons_stand_below_the_last() -> None:
    sources = tuple(Source("small", f"paragraph {number}", f"Quote {number} ends.") for number in range(60))
    told = shown(Reply("See:", sources=sources, choices=(Choice("Yes", "/support"),)))
    assert len(told) == 2
    assert told[0].count("“") == SOURCES
    assert [part in "".join(told) for part in ("paragraph 0\n", "paragraph 59\n", "Quote 59 ends.")] == [True] * 3


def test_long_sources_go_on_to_the_next_message() -> None:
    sources = tuple(Source("small", f"paragraph {number}", f"{number} " + "😀 long " * 180) for number in range(12))
    told = shown(Reply("See:", sources=sources))
    assert len(told) > 3
    assert [sum(f"paragraph {number}\n" in text for text in told) for number in range(12)] == [1] * 12


def test_a_text_that_just_fits_and_one_unit_more() -> None:
    assert len(shown(Reply("a" * 4_000))) == 1
    assert len(shown(Reply("a" * 4_001))) == 2
    assert len(shown(Reply("😀" * 2_000))) == 1
    assert len(shown(Reply("😀" * 2_001))) == 2


def test_short_labels_stand_in_pairs_and_long_ones_alone() -> None:
    labels = ["Deadlines", "Briefings", "The connection check of the new server", "限期", "簡報會", "支援"]
    (piece,) = pieces(Reply("x", choices=tuple(Choice(label, f"/a c {label}"[:20]) for label in labels)))
    assert piece.keyboard
    assert [[button.text for button in row] for row in piece.keyboard.inline_keyboard] == [
        labels[:2], labels[2:3], labels[3:5], labels[5:]
    ]  # fmt: skip


def test_a_choice_that_was_made_takes_the_place_of_the_buttons() -> None:
    choices = (Choice("Yes, ask <support>", "/support 0123"), Choice("No", "/no"))
    (piece,) = pieces(Reply("Shall I?", choices=choices, chosen="/no"))
    assert (piece.text, piece.keyboard) == ("Shall I?\n\n✓ No", None)
    (piece,) = pieces(Reply("Shall I?", choices=choices, chosen="/support 0123"))
    assert _accepted(piece) == "Shall I?\n\n✓ Yes, ask <support>"


def test_no_action_of_a_campaign_is_longer_than_telegram_takes(campaign: Campaign) -> None:
    long = Choice("x", "/a " + "k" * 61)
    assert _accepted(pieces(Reply("x", choices=(long,)))[0]) == "x"
    with pytest.raises(ValueError, match="64 bytes"):
        Choice("x", "/a " + "期" * 21)
    assert all(len(f"/a {campaign.key} {answer.key}".encode()) <= 64 for answer in campaign.answers)
