"""Whatever Usher says fits into Slack's blocks, keeps its letters, and calls nobody."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.slack import render
from bot.slack.modals import form_view, reply_view
from handlers.commands import Commands, starts
from handlers.facts import Facts
from handlers.forms import FORMS, form
from handlers.front import Front, Reader
from handlers.phrasing import Phrasing
from models.campaign import Campaign, load
from models.message import Address, Choice, Reply, Source
from models.wording import in_script, phrases
from tests.reception_cast import KEY, MORNING, ROOT
from tests.slack_blocks import Violation
from tests.slack_contract import check_message, check_view

CAMPAIGNS = {KEY: ROOT / "campaigns" / KEY, "nordhaven": ROOT / "tests" / "campaigns" / "nordhaven-2027-014"}
SOURCE = Source("small", "paragraph 3", "CPs & DAs shall *verify* <b>before</b> 28 April.")
LANGUAGES = ("en", "zh-Hant", "zh-Hans")
HOSTILE = {
    "long": "a" * 5_000,
    "longest": "Nothing but words. " * 3_000,
    "ampersands": "&" * 5_000,
    "angles": "<>" * 2_500,
    "marks": "*bold* _italic_ ~gone~ `code` ```block```\n> quoted\n>>> quoted",
    "pings": "<!channel> <!here> <!everyone> <@U0SAM> <#C0GEN> <!subteam^S012> @channel @here @sam #general",
    "dates": "<!date^1392734382^{date}|a long time ago>",
    "links": "<https://example.org|Press here> <mailto:a@example.org|mail> https://example.org/a?b=1&c=<script>",
    "many links": "http://a " * 2_000,
    "emoji": "👩‍👩‍👧‍👦🇭🇰" * 1_000,
    "named emoji": ":tada: :+1: at 10:30:45",
    "right to left": "\u202eأين الإحاطة؟ \u2066" * 300,
    "invisible": "\u200b\u200d\ufeff",
    "entities": "&amp; &lt;!channel&gt; &copy;",
    "lines": "\n".join("x" for _ in range(3_000)),
    "control": "a\x07b\x1bc",
}


@pytest.fixture
def keep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp() / "understanding"


def checked(reply: Reply) -> dict[str, Any]:
    """The message, which Slack would take: also to change another one, whose text may be shorter."""
    message = render.message(reply)
    check_message("chat.postMessage", message)
    assert len(message["text"].encode("utf-16-le")) // 2 <= 4_000
    assert len(str(message["blocks"])) < 60_000
    assert sum(len(text) for text, _ in texts(message["blocks"])) <= 13_200
    return message


def texts(blocks: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Every text of the blocks, with its kind."""
    parts = [block["text"] for block in blocks if block["type"] == "section"]
    parts += [part for block in blocks if block["type"] == "context" for part in block["elements"]]
    return [(part["text"], part["type"]) for part in parts]


@pytest.mark.parametrize("path", CAMPAIGNS.values(), ids=CAMPAIGNS)
def test_every_answer_of_a_campaign_in_every_language_is_a_message(path: Path, keep: Path) -> None:
    campaign = load(path)
    facts = Facts.of([campaign], keep)
    for answer in campaign.answers:
        for language in LANGUAGES:
            reply = facts.answer(campaign.key, answer.key, MORNING, language)
            assert reply, answer.key
            shown = [text for text, _ in texts(checked(reply)["blocks"])]
            assert "…" not in "".join(shown).replace("……", ""), "all of it is shown"
            for source in reply.sources:
                assert any(source.quote in text for text in shown), answer.key
            checked(facts.reply(answer.examples[0] if answer.examples else "", MORNING, (), language))


@pytest.mark.parametrize("path", CAMPAIGNS.values(), ids=CAMPAIGNS)
def test_every_label_of_a_choice_is_shown_whole(path: Path) -> None:
    campaign = load(path)
    for language in LANGUAGES:
        offered = starts([campaign], language)
        reply = Reply("Which?", choices=(*offered, *titles(campaign, language)[: 25 - len(offered)]))
        *_, row = checked(reply)["blocks"]
        assert [one["text"]["text"] for one in row["elements"]] == [choice.label for choice in reply.choices]
        assert [one["value"] for one in row["elements"]] == [choice.action for choice in reply.choices]


def titles(campaign: Campaign, language: str) -> list[Choice]:
    return [Choice(answer.title.get(language, answer.title["en"]), f"/a {answer.key}") for answer in campaign.answers]


def test_the_home_is_a_view_in_every_language(campaign: Campaign, keep: Path) -> None:
    commands = Commands(Facts.of([campaign], keep), Phrasing([campaign]))
    for language in LANGUAGES:
        for firms in ((), ("A1 · Alpha",), tuple(f"B{number} · {HOSTILE['pings']}" for number in range(50))):
            check_view("views.publish", render.home(commands.front(Reader(language, firms), MORNING)))
    check_view("views.publish", render.home(Front("Hello", (), None)))


def test_the_window_for_a_reply_is_one_in_every_language() -> None:
    for language in ("en", "zh-Hant"):
        told = phrases()[language]
        words = [told[word] for word in ("card.reply", "card.write", "card.send", "what_to_ask.no")]
        check_view("views.open", reply_view(words, "meant"))
    check_view("views.open", reply_view(["w" * 3_000] * 4, "meant"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("word", FORMS)
def test_every_form_is_shown_whole_in_every_language(word: str, language: str) -> None:
    told = phrases()["zh-Hant" if language.startswith("zh") else "en"]
    asked = form(f"{word} {'k' * 57}", lambda phrase: in_script(told[phrase], language))
    assert asked
    meant = json.dumps({"action": "/" + "𠮷" * 15, "thread": "1" * 40, "pressed": "1" * 80, "language": language})
    view = form_view(asked, meant)
    check_view("views.open", view)
    assert [view[part]["text"] for part in ("title", "submit", "close")] == [asked.title, asked.send, asked.cancel]
    for field, block in zip(asked.fields, view["blocks"], strict=True):
        assert (block["label"]["text"], block["hint"]["text"]) == (field.label, field.hint)
        assert block["element"]["max_length"] <= 3_000
        assert block["element"]["multiline"] is field.long


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_words_fit_and_call_nobody(text: str) -> None:
    source = Source("small", text[:5_000], text[:5_000])
    choices = tuple(Choice(text[:200], f"/a small {number}") for number in range(30))
    message = checked(Reply(text, choices=choices, sources=(source,) * 60, about=Address("slack", "T0:U0ANN")))
    marked = [part for part, kind in texts(message["blocks"]) if kind == "mrkdwn"]
    for part in (message["text"], *marked):
        assert not {"<!", "<@U0SAM", "<#"} & {part[at : at + size] for size in (2, 8) for at in range(len(part))}
    sections = [block for block in message["blocks"] if block["type"] == "section"]
    assert all(block["text"]["type"] == "plain_text" or block["text"]["verbatim"] for block in sections)
    assert [part for part in marked if "<@" in part] == ["<@U0ANN>"]
    buttons = message["blocks"][-1]
    assert (buttons["type"], len(buttons["elements"])) == ("actions", 25)


@pytest.mark.parametrize("name", ["marks", "pings", "named emoji", "entities", "right to left", "long"])
def test_every_letter_of_a_text_is_shown_as_it_is(name: str) -> None:
    blocks = checked(Reply(HOSTILE[name]))["blocks"]
    shown = "".join(plain(*part) for part in texts(blocks))
    assert "".join(shown.split()) == "".join(HOSTILE[name].split())


def plain(text: str, kind: str) -> str:
    """What Slack makes of it on the screen."""
    if kind == "plain_text":
        return text
    assert not {"*", "_", "~", "`"} & set(text)
    for sign, name in (("<", "&lt;"), (">", "&gt;"), ("&", "&amp;")):
        text = text.replace(name, sign)
    return text


def test_an_address_stays_a_link_and_other_words_become_none() -> None:
    told = "See https://example.org/a_b?c=1&d=2. (Or <https://example.org>, http://x.hk/。)"
    ((shown, kind),) = texts(checked(Reply(told))["blocks"])
    link = "<https://example.org/a_b?c=1&amp;d=2>"
    assert kind == "mrkdwn"
    assert shown == f"See {link}. (Or &lt;<https://example.org>&gt;, <http://x.hk/>。)"


def test_sources_are_cut_before_anything_else_and_that_is_shown() -> None:
    message = checked(Reply("Short.", choices=(Choice("Go", "/help"),), sources=(Source("s", "1", "q" * 1_000),) * 60))
    assert texts(message["blocks"])[-1][0] == "…"
    assert [block["type"] for block in message["blocks"]][-1] == "actions"


def test_a_choice_that_was_made_is_shown_and_one_that_was_not_offered_takes_nothing_away() -> None:
    offer = Reply("Shall I?", choices=(Choice("Yes", "/support 1"), Choice("No", "/no-support")))
    made = checked(Reply("Shall I?", choices=offer.choices, chosen="/support 1"))["blocks"]
    assert [text for text, _ in texts(made)] == ["Shall I?", "✓ Yes"]
    assert checked(Reply("Shall I?", choices=offer.choices, chosen="/support 2")) == checked(offer)


def test_the_check_of_this_file_would_see_a_message_that_is_too_long() -> None:
    with pytest.raises(Violation):
        check_message(
            "chat.postMessage",
            {"text": "x", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "a" * 3_001}}]},
        )
