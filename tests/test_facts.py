"""What is said of the circular of 2023 from day to day: every trap in it that shows in an answer, in both languages."""

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from handlers.facts import NO_SUPPORT, SUPPORT, Facts
from models.campaign import Campaign, find_quote, load
from models.message import Reply
from tests import scoring

ROOT = Path(__file__).parents[1]
KEY, NORDHAVEN = "ccms-2fa-2023", "nordhaven-2027-014"
HONG_KONG = ZoneInfo("Asia/Hong_Kong")
MORNING = "04-12 10:00"
NOTE = {"zh-Hant": "以上中文只供參考，以英文原文為準。", "zh-Hans": "以上中文只供参考，以英文原文为准。"}


@pytest.fixture(scope="module")
def keep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp() / "understanding"  # shared: learning takes seconds


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    return load(ROOT / "campaigns" / KEY)


@pytest.fixture(scope="module")
def facts(campaign: Campaign, keep: Path) -> Facts:
    return Facts.of([campaign], keep)


@pytest.fixture(scope="module")
def both(campaign: Campaign, keep: Path) -> Facts:
    return Facts.of([campaign, load(ROOT / "tests" / "campaigns" / NORDHAVEN)], keep)


def at(moment: str) -> datetime:
    """Such as "04-12 10:00": Hong Kong time, in 2023 where no year stands."""
    return datetime.fromisoformat(moment if moment.startswith("20") else f"2023-{moment}").replace(tzinfo=HONG_KONG)


def said(reply: Reply) -> str:
    """The text; where it is Chinese without its spaces, which carry nothing."""
    return reply.text if reply.language == "en" else reply.text.replace(" ", "")


Case = tuple[str, str, tuple[str, ...], tuple[str, ...]]  # as of, question, what must be said, what must not

EMAILS, EMAILS_ZH = "When do the e-mails have to be in?", "電郵地址最遲幾時要登記？"
EMAILS_CN = "电邮地址最迟什么时候要登记？"
TEST, TEST_ZH = "By when must the connection be verified?", "連線測試最遲幾時要做？"
BRIEF, BRIEF_ZH = "By when must we register for a briefing?", "簡報會最遲幾時報名？"
OPEN = ("by Thursday 27 April 2023", "before Friday 28 April 2023", "not stated, so do not rely on it", "No clock time")
SAFE = ("Today, Thursday 27 April 2023, is the last safe day", "do it now", "No clock time is stated")
DOUBT = ("whether today still counts is not stated", "do it now", "2979 7222", "before Friday 28 April 2023")
WRONG_28 = ("still have", "last safe day", "has passed", "is in time", "by Friday 28", "business day")
OVER = ("has passed", "what can still be done is not stated", "2979 7222")

# "Before 28 April": the 27th is safe, the 28th is doubtful, the 29th is too late; every day begins at midnight there.
BEFORE: list[Case] = [
    ("2022-12-01 09:00", EMAILS, OPEN, ("passed",)),
    (MORNING, EMAILS, (*OPEN, "11 business days are left"), ("passed", "28 April 2023, that day included")),
    (MORNING, TEST, (*OPEN, "11 business days are left"), ("passed",)),
    (MORNING, EMAILS_ZH, ("4月27日（星期四）", "2023年4月28日（星期五）之前", "請勿依賴", "尚餘11個營業日"), ("已過",)),
    (MORNING, EMAILS_CN, ("2023年4月27日（星期四）", "2023年4月28日（星期五）之前", "请勿依赖"), ("已过",)),
    ("04-26 23:59", EMAILS, (*OPEN, "1 business day is left"), ("Today",)),
    ("04-27 00:00", EMAILS, SAFE, ("business day",)),
    ("04-27 23:59", TEST, SAFE, ("passed",)),
    ("04-27 23:59", EMAILS_ZH, ("今天（2023年4月27日（星期四））", "最後穩妥日子", "立即"), ("已過",)),
    ("04-28 00:00", EMAILS, DOUBT, WRONG_28),
    ("04-28 23:59", TEST, DOUBT, WRONG_28),
    ("04-28 00:00", EMAILS_ZH, ("今天是否仍計算在內並無說明", "立即", "29797222"), ("已過", "最後穩妥", "仍可")),
    ("04-28 18:00", EMAILS_CN, ("今天是否仍计算在内并无说明", "立即", "29797222"), ("已过", "最后稳妥", "仍可")),
    ("04-28 12:00", "What are the deadlines?", ("whether today still counts is not stated", "do it now"), ("have",)),
    ("04-29 00:00", EMAILS, OVER, ("still counts", "do it now")),
    ("04-29 00:00", TEST_ZH, ("已過", "並無說明", "29797222"), ("立即", "請於")),
    ("2024-02-01 12:00", EMAILS, OVER, ("do it now",)),
]  # fmt: skip

# "By 19 April" has the 19th in it.
BY: list[Case] = [
    (MORNING, BRIEF, ("by Wednesday 19 April 2023", "that day included", "No clock time", "5 business days"), ()),
    ("04-18 23:59", BRIEF, ("by Wednesday 19 April 2023", "1 business day is left"), ("Today",)),
    ("04-19 00:00", BRIEF, ("Today, Wednesday 19 April 2023, is the last day", "do it now"), ("passed", "not stated:")),
    ("04-19 23:59", BRIEF, ("is the last day", "do it now"), ("passed", "whether")),
    ("04-19 23:59", BRIEF_ZH, ("今天（2023年4月19日（星期三））", "最後一日"), ("已過", "是否")),
    ("04-20 00:00", BRIEF, OVER, ("last day",)),
    ("04-20 00:00", BRIEF_ZH, ("已過", "29797222"), ("最後一日",)),
    ("05-10 12:00", "Can I still register for a briefing?", ("has passed", "2979 7222"), ("do it now",)),
]

# Hong Kong's holidays and weekends are no business days.
BUSINESS: list[Case] = [
    ("04-06 10:00", EMAILS, ("13 business days are left",), ("not a business day",)),
    ("04-05 12:00", BRIEF, ("8 business days are left", "not a business day (Ching Ming Festival)"), ()),
    ("04-07 12:00", EMAILS, ("13 business days are left", "not a business day (Good Friday)"), ()),
    ("04-09 12:00", BRIEF, ("7 business days are left", "not a business day (the weekend)"), ()),
    ("04-10 12:00", TEST, ("13 business days are left", "not a business day (Easter Monday)"), ()),
    ("04-10 12:00", TEST_ZH, ("尚餘13個營業日", "今天不是營業日（復活節星期一）"), ()),
    ("04-11 00:00", TEST, ("12 business days are left",), ("not a business day",)),
    ("04-22 12:00", TEST, ("4 business days are left", "not a business day (the weekend)"), ()),
    ("04-23 23:59", TEST, ("4 business days are left",), ()),
    ("04-24 18:00", TEST, ("3 business days are left",), ("not a business day",)),
    ("04-25 18:00", TEST, ("2 business days are left",), ()),
    ("04-26 18:00", TEST, ("1 business day is left",), ()),
    ("04-26 18:00", TEST_ZH, ("尚餘1個營業日",), ()),
]

# What somebody takes for granted, and is wrong.
PREMISES: list[Case] = [
    (MORNING, "Is the briefing on the 25th in English?", ("Not on 25 April 2023", "Wednesday 26 April 2023"), ()),
    (MORNING, "25號嗰場係咪英文？", ("不是2023年4月25日", "2023年4月26日（星期三）", "英語"), ()),
    (MORNING, "Is there an English session in person?", ("No briefing is in person and in English",), ()),
    (MORNING, "禮堂有冇英文場？", ("沒有現場及英語的簡報會",), ()),
    (MORNING, "Can we register the e-mails until 30 April?", ("30 April 2023 is too late", "27 April 2023"), ()),
    (MORNING, "Is 28 April still fine for the e-mails?", ("Do not leave it to 28 April 2023",), ("is in time",)),
    (MORNING, "Would signing up for the briefing on the 21st be in time?", ("21 April 2023 is too late",), ()),
    (MORNING, "Can 3 of us come to the auditorium?", ("3 are too many", "At most 2 attendees per CP"), ()),
    (MORNING, "我哋三個人可唔可以一齊去禮堂？", ("3人超出上限", "最多2人"), ()),
    (MORNING, "Can 2 of us come to the auditorium?", ("2 are within the limit",), ("too many",)),
    (MORNING, "Can ten of us join the webinar?", ("no limit is stated, which does not mean",), ("too many",)),
    (MORNING, "Is the launch on 31 May?", ("late May 2023 (tentative, no exact day given)",), ("31 May",)),
]  # fmt: skip

# What the circular holds, and where it is silent.
HELD: list[Case] = [
    (MORNING, "When are the briefings?",
     ("24 April 2023", "25 April 2023", "26 April 2023", "16:30–17:45 HKT", "prints the time once"), ("over",)),
    (MORNING, "簡報會幾時舉行？", ("4月24日", "4月25日", "4月26日", "16:30至17:45（香港時間）", "只列出一次時間"), ()),
    ("04-26 17:45", "When is the English webinar?", ("Wednesday 26 April 2023, 16:30–17:45 HKT",), ("over",)),
    ("04-26 17:46", "When is the English webinar?", ("This briefing is over",), ()),
    ("04-27 10:00", "簡報會幾時舉行？", ("以上簡報會已經完結",), ()),
    (MORNING, "When do the doors open at the auditorium?", ("16:00 HKT", "not for the webinars"), ()),
    (MORNING, "How do I register for a briefing?", ("Event section of Client Connect", "19 April 2023"), ("e-mail",)),
    (MORNING, "Does a seat in this chat count as registration?", ("Client Connect",), ("Yes",)),
    (MORNING, "How do I get the webinar link?", ("successfully registered", "I cannot issue it"), ()),
    (MORNING, "How many seats are left?", ("does not state the capacity",), ()),
    (MORNING, "When will 2FA be launched?", ("late May 2023 (tentative, no exact day given)",), ("was",)),
    ("08-01 12:00", "When is the launch?", ("was to be launched in late May 2023", "is not stated"), ()),
    (MORNING, "聰明咭幾時停用？", ("2023年7月下旬（暫定，沒有確實日期）",), ()),
    (MORNING, "Can we still use the smartcard after the launch?", ("fallback", "late July 2023", "is not stated"), ()),
    (MORNING, "How will new users log in after the launch?", ("only access CCMS with 2FA", "not for them"), ()),
    (MORNING, "What time on the 27th is the cut-off for the e-mails?", ("no clock time",), ("17:00", "midnight")),
    (MORNING, "電郵登記限期當日幾點截止？", ("沒有列明限期的鐘點時間",), ("下午", "午夜")),
    (MORNING, "Which documents are for users and for DAs?", ("users the Information Package", "the Guideline"), ()),
    (MORNING, "Is the connection test compulsory?", ("CPs shall verify", "Appendix recommends", "before Friday"), ()),
    (MORNING, "How do we test the connection?", ("CCMS Terminal PC", "MS Edge", "without logging on"), ("picture",)),
    (MORNING, "What is the connectivity test in late May?", ("without explaining that test", "not wait for May"), ()),
    (MORNING, "Can we do the connection test after the briefing?",
     ("Better not wait", "24 April 2023 3", "25 April 2023 2", "26 April 2023 1", "27 April 2023"), ()),
    (MORNING, "What is the date of this circular?", ("does not state this circular's own date",), ()),
    (MORNING, "What is next?", ("19 April 2023", "27 April 2023"), ("19 December",)),
    ("05-22 12:00", "What is next?", ("All deadlines have passed", "launch of 2FA"), ("processed",)),
]  # fmt: skip


@pytest.mark.parametrize(("moment", "question", "must", "must_not"), [*BEFORE, *BY, *BUSINESS, *PREMISES, *HELD])
def test_what_is_said_holds_at_that_moment(
    facts: Facts, moment: str, question: str, must: tuple[str, ...], must_not: tuple[str, ...]
) -> None:
    text = said(facts.reply(question, at(moment)))
    assert [phrase for phrase in must if phrase not in text] == [], text
    assert [phrase for phrase in must_not if phrase in text] == [], text


@pytest.mark.parametrize("moment", ["04-19 23:59", "04-20 00:00", "04-28 00:00", "04-29 00:00"])
def test_the_clock_of_another_zone_shows_the_same_hour_in_hong_kong(facts: Facts, moment: str) -> None:
    for question in (EMAILS, BRIEF_ZH, "What is next?", "Show me the timeline"):
        assert facts.reply(question, at(moment).astimezone(UTC)) == facts.reply(question, at(moment))


DATES = [at(day) for day in ("2022-12-19 09:00", "04-07 12:00", MORNING, "04-19 23:59", "04-24 17:00", "04-27 10:00",
                             "04-28 00:00", "05-01 10:00", "06-15 10:00", "2024-03-01 10:00")]  # fmt: skip
LANGUAGES = ("en", "zh-Hant", "zh-Hans")


@pytest.fixture(scope="module")
def replies(facts: Facts, campaign: Campaign) -> list[tuple[datetime, str, Reply]]:
    """Every answer, to its first example, at every date and in every language."""
    return [(now, f"{now:%m-%d %H:%M} {language} {answer.key}", facts.reply(answer.examples[0], now, language=language))
            for answer in campaign.answers for now in DATES for language in LANGUAGES]  # fmt: skip


Replies = list[tuple[datetime, str, Reply]]


def test_every_first_example_gets_its_own_answer(replies: Replies) -> None:
    assert [place for _, place, reply in replies if reply.answer != f"{KEY}/{place.rpartition(' ')[2]}"] == []


def test_no_reply_is_too_long_or_unfinished(replies: Replies) -> None:
    assert [place for _, place, reply in replies if not 0 < len(reply.text) <= scoring.LONGEST] == []
    assert [place for _, place, reply in replies if re.search(r"[{}]|None|  |\bcmn\b", reply.text)] == []


def test_a_reply_is_in_the_language_that_was_asked(replies: Replies) -> None:
    for _, place, reply in replies:
        assert reply.language == place.split()[2]
        assert bool(re.search("[\u4e00-\u9fff]", reply.text)) == (reply.language != "en"), place


def test_a_chinese_answer_says_exactly_once_that_english_prevails(replies: Replies) -> None:
    for _, place, reply in replies:
        for language, note in NOTE.items():
            wanted = reply.behaviour == "answer" and reply.language == language
            assert reply.text.count(note) == wanted, place
            assert not wanted or reply.text.endswith(note), place


def test_an_answer_quotes_the_circular_in_english_word_for_word(replies: Replies, campaign: Campaign) -> None:
    for _, place, reply in replies:
        assert reply.behaviour != "answer" or reply.sources, place
        for source in reply.sources:
            assert find_quote(campaign.circular, source.quote), place
            assert source.clause, place
            assert source.quote.isascii() or "•" in source.quote or "–" in source.quote, place


def test_a_refusal_offers_support_and_an_answer_does_not(replies: Replies) -> None:
    for _, place, reply in replies:
        offered = [choice.action for choice in reply.choices] == [SUPPORT, NO_SUPPORT]
        assert offered == (reply.behaviour == "escalate"), place


def test_no_reply_invents_a_date_a_time_a_number_or_an_address(replies: Replies) -> None:
    for now, place, reply in replies:
        if place.endswith(" day"):
            continue  # the day is the asker's own
        found = scoring.facts(scoring.plain(reply.text)) - scoring.HELD - {f"date {now.month}-{now.day}"}
        assert found == set(), place


def test_what_is_tentative_never_has_a_day(replies: Replies) -> None:
    for _, place, reply in replies:
        assert not re.search(r"\d(?:st|nd|rd|th)? (?:May|July)|(?:May|July) \d(?!\d\d\d)|[57]月\d", reply.text), place
        if re.search(r"(?:late|early) (?:May|July)|[57]月[上下]旬|5月初", reply.text):
            assert re.search(r"[Tt]entative|no exact day|暫定|暂定|沒有確實|没有确实", reply.text), place


def test_on_the_doubtful_day_nobody_is_told_that_there_is_time(replies: Replies) -> None:
    for now, place, reply in replies:
        if now.date() == at("04-28 00:00").date():
            wrong = "still have today|is in time|last safe day is today|仍在限期之內|仍在限期之内|today is the last"
            assert not re.search(wrong, reply.text, re.IGNORECASE), place


@pytest.mark.parametrize(
    ("question", "language"),
    [("When is the deadline?", "en"), ("幾時死線呀?", "zh-Hant"), ("email 幾時截?", "zh-Hant"),
     ("几时截止？", "zh-Hans"), ("DA 的邮箱什么时候登记", "zh-Hans"), ("2FA?", "en")],
)  # fmt: skip
def test_the_language_of_the_question_is_that_of_the_reply(facts: Facts, question: str, language: str) -> None:
    assert facts.reply(question, at(MORNING)).language == language


def test_a_sign_without_a_language_goes_on_in_that_of_the_conversation(facts: Facts) -> None:
    for before, language in (("電郵幾時截止？", "zh-Hant"), ("邮箱几时截止？", "zh-Hans"), ("When is it due?", "en")):
        assert facts.reply("?", at(MORNING), [before]).language == language


# ------------------------------------------------------------------------------------ two circulars at once


@pytest.mark.parametrize("question", ["When is the deadline?", "What are the deadlines?", "show me the timeline"])
@pytest.mark.parametrize("moment", [MORNING, "2027-03-10 10:00"])
def test_what_fits_both_circulars_gets_a_choice_that_names_them(both: Facts, question: str, moment: str) -> None:
    reply = both.reply(question, at(moment))
    assert reply.behaviour == "clarify"
    assert {choice.label for choice in reply.choices[:-1]} == {one.campaign.name["en"] for one in both.understanders}
    assert reply.choices[-1].action == SUPPORT


@pytest.mark.parametrize(
    ("question", "key"),
    [("When is the CCMS e-mail deadline?", KEY), ("CCMS 電郵幾時截止？", KEY), ("When is the deadline for CCMS?", KEY),
     ("When does 2FA launch?", KEY), ("What do we have to do for CCMS?", KEY), ("deadline for CCMS", KEY),
     ("What is the deadline for SG5?", NORDHAVEN), ("What is the SG5 deadline?", NORDHAVEN),
     ("SG5: what do we have to do", NORDHAVEN), ("When does SG5 go live?", NORDHAVEN),
     ("When are the calls?", NORDHAVEN), ("Which ports does SG5 need?", NORDHAVEN)],
)  # fmt: skip
def test_a_question_that_names_a_circulars_own_subject_goes_to_it(both: Facts, question: str, key: str) -> None:
    reply = both.reply(question, at(MORNING))
    named = {choice.action.split()[1] for choice in reply.choices if choice.action.startswith("/a ")}
    assert named | {answer.partition("/")[0] for answer in (reply.answer or "").split()} == {key}


def test_an_answer_behind_a_button_comes_from_the_circular_that_it_names(both: Facts) -> None:
    for key, day in ((KEY, "Thursday 27 April 2023"), (NORDHAVEN, "Friday 26 March 2027")):
        reply = both.answer(key, "deadlines", at(MORNING), "en")
        assert reply is not None
        assert day in reply.text
        assert {source.campaign for source in reply.sources} == {key}
    assert both.answer("no-such", "deadlines", at(MORNING), "en") is None
    assert both.answer(KEY, "no-such", at(MORNING), "en") is None
