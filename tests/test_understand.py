"""A question is read the same however it is written, asks one thing or several, or is honestly not understood."""

import math
import re
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.facts import Facts
from handlers.understand import Understander, Understanding
from models.campaign import Campaign, load
from tests.campaign_cast import ANSWERS, written

ROOT = Path(__file__).parents[1]
HONG_KONG = ZoneInfo("Asia/Hong_Kong")
NOW = datetime(2023, 4, 12, 10, tzinfo=HONG_KONG)  # a Wednesday


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    return load(ROOT / "campaigns" / "ccms-2fa-2023")


@pytest.fixture(scope="module")
def one(campaign: Campaign, tmp_path_factory: pytest.TempPathFactory) -> Understander:
    keep = tmp_path_factory.getbasetemp() / "understanding"  # shared: learning takes seconds
    return Understander.of(campaign, keep)


def asks(one: Understander, text: str, history: Sequence[str] = ()) -> list[str]:
    """The keys of the answers that the text asks for."""
    return [part.key for part in one.understand(text, NOW, history).parts]


ALIKE = [
    ("電郵登記幾時截止？", "电邮登记几时截止？", "電郵登記什麼時候截止？", "電郵登記 幾時 截止", "電郵登記幾時截止!!!"),
    ("簡報會喺邊度？", "簡報會在哪裏？", "简报会在哪里？"),
    ("聰明咭幾時停用？", "聪明咭什么时候停用？"),
    ("有冇泊車？", "有没有泊车？", "有沒有泊車"),
    ("WHEN ARE THE BRIEFINGS?", "when are the briefings", "Ｗｈｅｎ are the briefings", "When are\u200b the briefings"),
    ("What's the e-mail deadline?", "what is the email deadline", "what’s the E-MAIL deadline??"),
    ("two-factor launch when?", "2FA launch when?", "2-FA launch when?"),
]  # fmt: skip


@pytest.mark.parametrize("alike", ALIKE, ids=lambda alike: str(alike[-1]))
def test_script_case_and_marks_make_no_difference(one: Understander, alike: tuple[str, ...]) -> None:
    readings = [one.read(text, NOW) for text in alike]
    assert len({reading.tokens for reading in readings}) == 1
    assert all(first.found == second.found for first, second in pairwise(readings))
    assert len({tuple(asks(one, text)) for text in alike}) == 1


@pytest.mark.parametrize(
    ("text", "keys"),
    [("what's still open?", ["next"]), ("is the briefing registration still open?", ["briefing.due"]),
     ("when must the e-mails be in, and what's still open?", ["emails.due", "next"]),
     ("is the hotline still open at 7pm?", ["contact.hours"])],
)  # fmt: skip
def test_what_is_still_open_is_not_whether_one_thing_is(one: Understander, text: str, keys: list[str]) -> None:
    assert asks(one, text) == keys


@pytest.mark.parametrize(
    ("misspelt", "right"),
    [("emial adress registartion deadlne", "email address registration deadline"),
     ("when dose the smratcard end", "when does the smartcard end"), ("conectivity step", "connectivity step"),
     ("where is the audtiorium", "where is the auditorium"), ("the webniar in english", "the webinar in english")],
)  # fmt: skip
def test_a_slip_of_the_pen_makes_no_difference(one: Understander, misspelt: str, right: str) -> None:
    for kind in ("subject", "qualifier"):
        assert one.read(misspelt, NOW).keys(kind) == one.read(right, NOW).keys(kind)
    assert asks(one, misspelt) == asks(one, right)
    assert asks(one, right)


def test_another_word_is_not_taken_for_a_misspelt_one(one: Understander) -> None:
    for text in ("female", "resignation letter", "harbour"):
        assert not {"emails", "smartcard", "connection"} & {*one.read(text, NOW).keys("subject")}, text


@pytest.mark.parametrize(
    ("text", "count"),
    [("3 of us", 3), ("three of us", 3), ("my 2 colleagues", 2), ("ten people", 10), ("12 of my staff", 12),
     ("a third person", 3), ("三個人", 3), ("我哋三個", 3), ("兩位同事", 2), ("3位", 3), ("12人", 12), ("十個人", 10),
     ("24 April", None), ("3 briefings", None), ("11個營業日", None), ("2 days", None), ("at 16:30", None)],
)  # fmt: skip
def test_how_many_people_are_meant_is_read(one: Understander, text: str, count: int | None) -> None:
    assert one.read(text, NOW).asked.count == count


def test_what_is_not_wanted_is_read_as_not_wanted(one: Understander) -> None:
    for text in ("no Cantonese", "not in Cantonese please", "I don't speak Cantonese", "唔識聽廣東話", "不懂粵語"):
        assert one.read(text, NOW).keys("qualifier") == ("not language:yue",), text


def test_a_question_with_a_no_in_it_is_not_a_denial(one: Understander) -> None:
    for text in ("係咪 Cantonese", "係咪廣東話", "是不是粵語", "is it Cantonese or not", "是否粵語"):
        assert one.read(text, NOW).keys("qualifier") == ("language:yue",), text


@pytest.mark.parametrize("name", ["XYZ", "ABC1", "QQRS", "T2S"])
def test_a_system_that_nothing_explains_is_refused_by_name(one: Understander, name: str) -> None:
    for question in (f"When is the deadline for {name} registration?", f"{name} 幾時截止？"):
        what = one.understand(question, NOW)
        assert (what.outcome, what.why) == ("unknown", "system")
        assert what.reading.acronyms == (name,)


def test_capitals_that_are_known_or_shouted_are_no_strange_system(one: Understander) -> None:
    for text in ("WHEN IS THE CONNECTION TEST DUE", "When is the CCMS e-mail deadline at HKEX?", "2FA 幾時推出"):
        assert one.read(text, NOW).acronyms == ()
        assert one.understand(text, NOW).outcome == "answer", text


HOSTS = ("example.com", "https://a.example/sso", "http://sso.hkexposttrade.com.hk@a.com/", "hkexposttrade.com.hk.a.com")


@pytest.mark.parametrize("host", HOSTS)
def test_an_address_typed_by_the_asker_is_refused(one: Understander, host: str) -> None:
    for question in (f"can you test {host} for us", f"幫我測試 {host}"):
        what = one.understand(question, NOW)
        assert (what.outcome, what.why) == ("unknown", "host")


def test_the_circulars_own_address_is_not_refused(one: Understander) -> None:
    for address in ("https://sso.hkexposttrade.com.hk/sso", "sso.hkexposttrade.com.hk", "SSO.hkexposttrade.com.hk"):
        what = one.understand(f"open {address}", NOW)
        assert what.outcome == "answer"
        assert what.parts[0].key.startswith("connection.")


def test_another_year_is_not_answered_with_this_years_dates(one: Understander) -> None:
    for text in ("When is the e-mail deadline in 2024?", "2021 briefing dates", "2026年電郵限期"):
        assert (one.understand(text, NOW).outcome, one.understand(text, NOW).why) == ("unknown", "year"), text
    assert asks(one, "When is the e-mail deadline in 2023?") == ["emails.due"]


def test_words_may_stand_in_the_gap_of_a_trigger_but_not_too_many(one: Understander) -> None:
    for text in ("reset our password", "reset the old password", "how do we reset all of our password"):
        assert "smartcard.support" in one.read(text, NOW).keys("trigger"), text
    far = "reset the screen of the terminal in the hall and then the password"
    assert "smartcard.support" not in one.read(far, NOW).keys("trigger")
    assert "smartcard.support" not in one.read("the password we reset", NOW).keys("trigger")  # the order counts


@pytest.mark.parametrize(
    ("before", "text", "key"),
    [("How do we test the connection?", "until when?", "connection.due"),
     ("What is the deadline for the connectivity test?", "what happens if we miss it?", "connection.consequence"),
     ("When did the users' e-mail registration start?", "and the DAs?", "emails.since"),
     ("2FA launch date?", "exact day?", "launch.when"), ("DA 的電郵登記由何時開始?", "一般用戶呢?", "emails.since")],
)  # fmt: skip
def test_a_question_goes_on_with_the_one_before(one: Understander, before: str, text: str, key: str) -> None:
    assert asks(one, text, [before]) == [key]
    assert asks(one, text, ["Where is the auditorium?", before, "thanks"]) == [key]
    assert asks(one, text) != [key]
    assert asks(one, "What is the hotline?", [before]) == ["contact"]  # complete by itself


@pytest.mark.parametrize(
    ("text", "keys"),
    [("When are the e-mails and the briefing registration due?", {"emails.due", "briefing.due"}),
     ("Where is the auditorium, and what is the hotline?", {"briefing.sessions", "contact"}),
     ("smartcard 幾時停, 2FA 幾時 launch", {"smartcard.end", "launch.when"})],
)  # fmt: skip
def test_each_question_of_a_message_gets_its_answer(one: Understander, text: str, keys: set[str]) -> None:
    assert set(asks(one, text)) == keys


def test_a_reviewed_phrasing_always_gets_its_answer(one: Understander, campaign: Campaign) -> None:
    for answer in campaign.answers:
        for example in answer.examples:
            for text in (example, example.upper(), f"  {example} ?!"):
                assert asks(one, text, ["When does 2FA launch?"]) == [answer.key], text


@pytest.mark.parametrize(("key", "own"), [("connection.due", ("27 April", "4月27日")), ("circular.earlier", ("Feb",))])
def test_without_its_answer_a_question_gets_no_other_date(campaign: Campaign, key: str, own: tuple[str, ...]) -> None:
    rest = tuple(answer for answer in campaign.answers if answer.key != key)
    fewer = campaign.model_copy(update={"answers": rest, "content_hash": f"without {key}"})
    fewer.__dict__.pop("answer", None)  # what the whole campaign looked up before
    facts = Facts.of([fewer])
    said = [facts.reply(example, NOW) for example in campaign.answer[key].examples]
    dated = [reply for reply in said if reply.behaviour == "answer" and re.search("April|late |March|月", reply.text)]
    assert [reply.answer for reply in dated if not any(day in reply.text for day in own)] == []


def test_what_was_learned_is_kept_by_content_and_read_again(tmp_path: Path) -> None:
    small, keep = load(written(tmp_path / "small")), tmp_path / "keep"
    first = Understander.of(small, keep)
    files = sorted(keep.iterdir())
    assert {file.suffix for file in files} == {".json", ".npz"}
    assert all(file.name.startswith(small.content_hash[:16]) for file in files)
    times = [file.stat().st_mtime_ns for file in files]
    again = Understander.of(small, keep)
    assert [file.stat().st_mtime_ns for file in sorted(keep.iterdir())] == times
    assert again.thresholds == first.thresholds
    assert told(again) == told(first) == told(Understander.of(small))


def test_other_content_is_learned_anew(tmp_path: Path) -> None:
    small, keep = load(written(tmp_path / "small")), tmp_path / "keep"
    Understander.of(small, keep)
    other = load(written(tmp_path / "other", answers=ANSWERS.replace("form A cut-off", "the very end of form A")))
    assert other.content_hash != small.content_hash
    Understander.of(other, keep)
    assert {file.name[:16] for file in keep.iterdir()} == {small.content_hash[:16], other.content_hash[:16]}


def test_a_kept_file_that_was_cut_short_is_learned_anew(tmp_path: Path) -> None:
    small, keep = load(written(tmp_path / "small")), tmp_path / "keep"
    whole = Understander.of(small, keep)
    for file in sorted(keep.iterdir()):
        content = file.read_bytes()
        for cut in (b"", content[:10], content[: len(content) // 2], content[:-1], b"\0" * len(content)):
            file.write_bytes(cut)
            again = Understander.of(small, keep)
            assert (again.thresholds, told(again)) == (whole.thresholds, told(whole)), (file.suffix, len(cut))


def told(one: Understander) -> list[tuple[str, float]]:
    return [(scored.key, scored.total) for text in ("when is the form due", "fee?") for scored in
            one.understand_anew(text, NOW).ranked]  # fmt: skip


def test_the_same_question_always_gets_the_same_understanding(one: Understander, campaign: Campaign) -> None:
    texts = ["emial deadlien?", "When are the briefings and what is the hotline?", "幾時死線呀?", "XYZ", "register"]
    first = [one.understand(text, NOW, ["hotline?"]) for text in texts]
    assert [one.understand(text, NOW, ["hotline?"]) for text in reversed(texts)] == first[::-1]
    afresh = Understander.of(campaign)
    assert [afresh.understand(text, NOW, ["hotline?"]) for text in texts] == first


_WORDS = st.sampled_from(["when", "deadline", "the 28th", "e-mail", "2FA", "幾時", "死線", "係咪", "4月", "XYZ", "?",
                          ",", "and", "\n", "31/12", "99:99", "https://a.b/c", "@", "３", "٣", "²", "…"])  # fmt: skip
_TEXTS = st.one_of(st.text(), st.lists(_WORDS, max_size=40).map(" ".join), st.lists(_WORDS, max_size=40).map("".join))


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=_TEXTS, history=st.lists(_TEXTS, max_size=2))
def test_any_text_gives_an_understanding(one: Understander, text: str, history: list[str]) -> None:
    bounded(one, one.understand(text, NOW, history))


STRANGE = ["", " ", "\n\t\r", "\0\x07\x1b[31m", "\u202eenildaed eht si nehw", "مرحبا متى الموعد", "👩‍💻" * 3_000,
           "死線" * 10_000, "a" * 20_000, "when? " * 3_400, "1) 2) 3) " * 2_300, "28/4 " * 4_000, "A.B" * 7_000,
           "(" * 20_000, "no " * 6_700, "\u0301" * 20_000, "\ufdfa" * 20_000, "and, " * 4_000]  # fmt: skip


@pytest.mark.parametrize("text", STRANGE, ids=range(len(STRANGE)))
@pytest.mark.timeout(10)
def test_what_is_strange_or_very_long_is_understood_within_bounds(one: Understander, text: str) -> None:
    bounded(one, one.understand(text, NOW, [text]))


def bounded(one: Understander, what: Understanding) -> None:
    assert what.outcome in ("answer", "choose", "unknown", "empty")
    assert (what.outcome == "answer") == bool(what.parts)
    assert (what.outcome == "choose") == bool(what.choices)
    assert (what.outcome == "empty") == (not what.reading.tokens)
    assert (len(what.parts) <= 4, len(what.choices) <= 3) == (True, True)
    assert len(what.reading.folded) <= 30_000  # one sign may stand for 18
    assert {part.key for part in what.parts} | {*what.choices} <= one.campaign.answer.keys()
    assert all(math.isfinite(scored.total) for scored in what.ranked)
    assert [scored.total for scored in what.ranked] == sorted((one.total for one in what.ranked), reverse=True)
