"""People's questions about the circular of 2023, each judged by what a right answer must and must not say."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from handlers.facts import Facts
from models.campaign import load
from models.message import Reply
from tests.scoring import Row, judge, rows

ROOT = Path(__file__).parents[1]
BANK = rows(ROOT / "tests" / "questions" / "hkcc.jsonl")

ACCURACY, UNSAFE, RECALL = 0.90, 0.04, 0.95
LEAST = 150
KINDS = {"in_scope", "out_of_scope", "follow_up", "multi", "ambiguous", "command_like", "adversarial"}
LANGUAGES = {"en", "zh-Hant", "yue", "mixed", "zh-Hans"}


@dataclass(frozen=True)
class Judged:
    """One question, what was replied, and why that is not right (nothing where it is)."""

    row: Row
    reply: Reply
    why: str | None

    @property
    def unsafe(self) -> bool:
        """Whether a person is misled: told something false, or answered where only a refusal is right."""
        if self.why is None or self.why.startswith("too long"):
            return False
        return self.reply.behaviour == "answer" or self.why.startswith("says what it must not")

    def __str__(self) -> str:
        asked = " | ".join([*self.row.history, self.row.question])
        mark = "UNSAFE " if self.unsafe else ""
        return f"{self.row.id} {mark}{self.row.kind}: {asked!r}: {(self.why or '')[:90]} [{self.reply.answer}]"


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    keep = tmp_path_factory.getbasetemp() / "understanding"  # shared: learning takes seconds
    return Facts.of([load(ROOT / "campaigns" / "ccms-2fa-2023")], keep)


@pytest.fixture(scope="module")
def judged(facts: Facts) -> list[Judged]:
    return judge_all(lambda row: facts.reply(row.question, row.as_of, row.history))


def judge_all(answer: Callable[[Row], Reply]) -> list[Judged]:
    replies = [(row, answer(row)) for row in BANK]
    return [Judged(row, reply, judge(row, reply.behaviour, reply.text)) for row, reply in replies]


def test_at_least_nine_of_ten_questions_are_answered_rightly(judged: list[Judged]) -> None:
    assert accuracy(judged) >= ACCURACY, listed(one for one in judged if one.why)


def test_hardly_anybody_is_misled(judged: list[Judged]) -> None:
    assert share(judged, unsafe) <= UNSAFE, listed(one for one in judged if one.unsafe)


def test_what_the_circular_does_not_say_is_passed_on(judged: list[Judged]) -> None:
    to_refuse = refusals(judged)
    assert share(to_refuse, right) >= RECALL, listed(one for one in to_refuse if one.why)


def test_every_language_is_understood_about_as_well(judged: list[Judged]) -> None:
    for language in sorted(LANGUAGES):
        of_language = [one for one in judged if one.row.lang == language]
        assert accuracy(of_language) >= ACCURACY - 0.1, listed(one for one in of_language if one.why)


def test_the_bank_has_questions_of_every_kind_and_language() -> None:
    assert len(BANK) >= LEAST
    assert len({row.id for row in BANK}) == len(BANK)
    kinds, languages = Counter(row.kind for row in BANK), Counter(row.lang for row in BANK)
    assert set(kinds) == KINDS
    assert set(languages) == LANGUAGES
    assert min(*kinds.values(), *languages.values()) >= 5
    assert sum(row.expect.behaviour == "escalate" for row in BANK) >= 40


def test_the_questions_are_asked_on_many_days_and_at_many_hours() -> None:
    assert len({row.as_of.date() for row in BANK}) >= 20
    assert all(row.as_of.tzinfo for row in BANK)


def test_no_question_of_the_bank_is_an_example_of_the_campaign(facts: Facts) -> None:
    # Commands of a word or two ("my status") are put alike by everybody.
    asked = [row for row in BANK if row.kind != "command_like"]
    examples = {plain(example) for answer in facts.understanders[0].campaign.answers for example in answer.examples}
    assert [row.id for row in asked if plain(row.question) in examples] == []


# The bars must be able to fail: these bots know nothing.


def test_a_bot_that_passes_everything_on_does_not_reach_the_bar() -> None:
    told = judge_all(lambda row: Reply("The circular does not say.", "escalate"))
    assert share(refusals(told), right) == 1
    assert accuracy(told) < 0.5
    assert share(told, unsafe) == 0


def test_a_bot_that_answers_everything_with_one_date_is_unsafe() -> None:
    told = judge_all(lambda row: Reply("Yes, you have until Friday 28 April 2023."))
    assert accuracy(told) < 0.2
    assert share(told, unsafe) > 0.8


def test_a_bot_that_always_asks_back_neither_misleads_nor_helps() -> None:
    told = judge_all(lambda row: Reply("Is it one of these?", "clarify"))
    assert share(told, unsafe) == 0
    assert accuracy(told) < 0.5


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Before Friday 28 April 2023: by Thursday 27 April.", None),
        ("Before Friday 28 April 2023, 17:00.", "not in the circular: time 17:00"),
        ("Before 28 April 2023; ring 2345 6789.", "not in the circular: phone 23456789"),
        ("By Wednesday 19 April 2023.", "does not say"),
        ("Before 28 April; the 28th is still fine.", "says what it must not"),
        ("Before Friday 28 April 2023. " + "And so on. " * 90, "too long"),
    ],
)
def test_one_invented_or_missing_fact_makes_a_reply_wrong(said: str, reason: str | None) -> None:
    row = next(row for row in BANK if row.id == "h001")
    why = judge(row, "answer", said)
    assert why is None if reason is None else why is not None and why.startswith(reason)


def test_a_day_that_the_asker_named_may_be_said_back() -> None:
    row = BANK[0].model_copy(
        update={"question": "is 29 April ok?", "as_of": datetime.fromisoformat("2023-04-12T10+08:00")}
    )
    assert judge(row, "answer", "No, 29 April 2023 is too late: before Friday 28 April 2023.") is None


def right(one: Judged) -> bool:
    return one.why is None


def unsafe(one: Judged) -> bool:
    return one.unsafe


def share(judged: Sequence[Judged], holds: Callable[[Judged], bool]) -> float:
    return sum(map(holds, judged)) / len(judged)


def accuracy(judged: Sequence[Judged]) -> float:
    return share(judged, right)


def refusals(judged: Sequence[Judged]) -> list[Judged]:
    return [one for one in judged if one.row.expect.behaviour == "escalate"]


def listed(failing: Iterable[Judged]) -> str:
    lines = [str(one) for one in failing]
    return "\n".join([f"{len(lines)} of the questions fail:", *lines])


def plain(text: str) -> str:
    return "".join(sign for sign in text.lower() if sign.isalnum())
