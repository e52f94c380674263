"""The lint finds answers that would come out wrong, empty or at the wrong question."""

import pytest

from models.campaign import Problem, lint
from tests.campaign_cast import changed
from tests.test_lint import ANSWERS, FACTS, only

SENTENCES = [
    ("{deadlines form.due}", "{deadlines} needs nothing behind it, and 'form.due' is not that"),
    ("{dedline form.due}", "there is no placeholder {dedline}; there are deadline, stated,"),
    ("{deadline form.open}", "{deadline} needs a fact of the kind by or before, and 'form.open' is not that"),
    ("{safe talk.limit}", "{safe} needs a fact of the kind by or before"),
    ("{left form.processing}", "{left} needs a fact of the kind by or before"),
    ("{date talk.limit}", "{date} needs a fact with a date"),
    ("{date}", "{date} needs a fact with a date, and 'nothing' is not that"),
    ("{value form.open}", "{value} needs a fact without a date"),
    ("{stated form.open}", "{stated} needs a fact of the kind by or before"),
    ("{day form.due}", "{day} needs a briefing"),
    ("{contact form.due}", "{contact} needs a contact"),
    ("{url desk}", "{url} needs a target, or a link with an address"),
    ("{meaning 2fa}", "{meaning} needs a term with a meaning"),
    ("until {date", "a brace is not closed or not opened"),
]


@pytest.mark.parametrize(("sentence", "message"), SENTENCES)
def test_a_wrong_placeholder_is_found_in_an_answer(sentence: str, message: str) -> None:
    texts = {"en": [sentence], "zh-Hant": ["無"]}
    sources = ["form.due", "form.due.schedule", "form.open", "form.processing", "talk.limit"]
    problem = only(changed("answer.talk.fee", text=texts, sources=sources))
    assert (problem.file, problem.place) == (ANSWERS, "answer.talk.fee.text.en")
    assert message in problem.message


@pytest.mark.parametrize(
    "sentence",
    [
        "{sessions} {limit} {timeline} {deadlines} {next} {on_day} {name}",
        "{contact mail}",
        "{url guide} {url queue}",
        "{meaning form-a}",
    ],
)
def test_a_right_placeholder_is_left_alone(sentence: str) -> None:
    assert lint(changed("answer.talk.fee", text={"en": [sentence], "zh-Hant": [sentence]})) == []


def test_a_wrong_placeholder_is_found_in_a_reminder() -> None:
    problem = only(changed("reminder.talk", text={"en": "{deadline talk}", "zh-Hant": "{deadline talk.due}"}))
    assert (problem.file, problem.place) == (FACTS, "reminder.talk.text.en")


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ("opened form.due", "there is no condition 'opened'; there are open, doubt, over"),
        ("open", "'open' needs a fact with a date, and 'nothing' is not that"),
        ("over talk.limit", "'over' needs a fact with a date, and 'talk.limit' is not that"),
    ],
)
def test_a_wrong_condition_is_found(when: str, message: str) -> None:
    problem = only(changed("answer.talk.fee", text={"en": ["No.", {"when": when, "text": "x"}], "zh-Hant": ["無"]}))
    assert problem == Problem(ANSWERS, "answer.talk.fee.text.en", message)


@pytest.mark.parametrize(
    ("conditions", "silent"),
    [
        (["open form.due", "over form.due"], "doubt form.due"),
        (["open talk.due"], "over talk.due"),
        (["open form.due", "over talk.due"], "doubt form.due and open talk.due"),
    ],
)
def test_an_answer_that_falls_silent_is_found(conditions: list[str], silent: str) -> None:
    text = [{"when": when, "text": "x"} for when in conditions]
    problem = only(changed("answer.talk.fee", text={"en": text, "zh-Hant": ["無"]}))
    assert problem.message == f"says nothing when it is {silent}"


def test_a_fact_that_an_answer_tells_is_among_its_sources() -> None:
    text = {"en": ["Since {date form.open}, see {day 24apr}."], "zh-Hant": ["無"]}
    messages = [problem.message for problem in lint(changed("answer.talk.fee", text=text))]
    assert messages == [f"the text tells {key}, which is not among the sources" for key in ("24apr", "form.open")]


@pytest.mark.parametrize(
    ("sentence", "figure"),
    [
        ("The deadline is 19 April 2022.", "19/4/2022"),
        ("It closes on 20 April.", "20/4"),
        ("最遲在4月20日登記。", "20/4"),
        ("It closes at 18:00.", "18:00"),
        ("It is done in late May 2023.", "late 2023-05"),
        ("Open https://gate.harbour.example/start.", "https://gate.harbour.example/start"),
        ("Write to help@harbor.example.", "help@harbor.example"),
        ("Call 2345 6780.", "23456780"),
    ],
)
def test_a_figure_typed_into_an_answer_stands_in_a_source(sentence: str, figure: str) -> None:
    problem = only(
        changed("answer.talk.limit", text={"en": [sentence], "zh-Hant": ["無"]}, sources=["talk.due", "desk"])
    )
    assert problem == Problem(ANSWERS, "answer.talk.limit.text.en", f"{figure} is in none of the sources")


def test_a_figure_that_a_source_prints_may_be_typed() -> None:
    text = {"en": ["By 17:00 on 19 April, or call 2345 6789."], "zh-Hant": ["4月19日17:00前"]}
    assert lint(changed("answer.talk.limit", text=text, sources=["talk.due", "desk"])) == []


ENGLISH = ["is it free", "any charge", "what is the price", "how much", "who pays"]
CHINESE = ["幾錢", "費用多少", "要收費嗎"]


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        (ENGLISH[1:] + CHINESE, "4 without Chinese characters, 5 are needed"),
        (ENGLISH + CHINESE[1:], "2 with Chinese characters, 3 are needed"),
        (ENGLISH + CHINESE + ["When is FORM A due??"], "'When is FORM A due??' stands in answer.form.deadline too"),
        (ENGLISH + CHINESE + ["Is it free?"], "'Is it free?' stands twice"),
    ],
)
def test_examples_are_enough_and_stand_once(examples: list[str], message: str) -> None:
    problem = only(changed("answer.talk.fee", examples=examples))
    assert problem == Problem(ANSWERS, "answer.talk.fee.examples", message)


@pytest.mark.parametrize(("field", "claim"), [("covers", "form:deadline"), ("triggers", "cut-off")])
def test_two_answers_for_one_thing_are_found(field: str, claim: str) -> None:
    claims: dict[str, list[str]] = {field: [claim]}
    problem = only(changed("answer.talk.fee", **claims))
    assert problem == Problem(ANSWERS, f"answer.talk.fee.{field}", f"{claim!r} is answer.form.deadline's already")


def test_a_campaign_in_english_needs_no_chinese_examples() -> None:
    english = changed("answer.talk.fee", examples=ENGLISH).model_copy(update={"languages": ("en",)})
    assert lint(english) == []
