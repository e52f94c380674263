"""Whether questions are matched with the right answer, whatever their spelling, and strange ones are not."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from handlers.classify import SCORES, VERSION, Classifier, NotSavedHere

ROOT = Path(__file__).parents[1]
EXAMPLES = {
    "deadline": [
        "when is the deadline for registration",
        "what is the last day to register",
        "until when can we register",
        "by which date must the registration be in",
        "is it too late to register",
        "registration closing date",
        "报名什么时候截止",
        "最后报名日期是哪天",
        "现在报名还来得及吗",
    ],
    "place": [
        "where does the briefing take place",
        "what is the address of the venue",
        "in which building and room is the briefing",
        "how do i get to the venue",
        "where is the room of the briefing",
        "location of the briefing",
        "简报会在哪里举行",
        "会场的地址是什么",
        "怎么去会场",
    ],
    "fee": [
        "how much does it cost",
        "is there a fee to pay",
        "what is the price of a seat",
        "is the seat free of charge",
        "do we have to pay anything",
        "cost of taking part",
        "要付多少钱",
        "参加需要收费吗",
        "费用是多少",
    ],
    "password": [
        "i forgot my password",
        "how can i reset my password",
        "my password does not work any more",
        "set a new password for my account",
        "i cannot log in because of the password",
        "change password",
        "我忘记密码了",
        "怎样重设密码",
        "密码不能用了",
    ],
    "language": [
        "in which language is the briefing held",
        "is the briefing in english or in cantonese",
        "do you speak mandarin at the briefing",
        "will there be interpretation into english",
        "which languages are spoken",
        "language of the briefing",
        "简报会用什么语言",
        "有英文翻译吗",
        "是讲粤语还是普通话",
    ],
    "contact": [
        "whom can i call for help",
        "what is the telephone number of the hotline",
        "give me the email address of support",
        "how do i reach a person at support",
        "contact details of the support team",
        "phone number for questions",
        "热线电话是多少",
        "怎样联系支持人员",
        "客服的邮箱是什么",
    ],
}
TEXTS = [text for texts in EXAMPLES.values() for text in texts]
LABELS = [label for label, texts in EXAMPLES.items() for _ in texts]
STRANGE = [
    "will it rain in paris tomorrow",
    "play some jazz",
    "who won the football match",
    "今天天气怎么样",
    "推荐一部电影",
]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.fit(TEXTS, LABELS)


def best(classifier: Classifier, text: str) -> str:
    return classifier.scores(text)[0][0]


def test_every_example_is_known(classifier: Classifier) -> None:
    assert [best(classifier, text) for text in TEXTS] == LABELS


def test_two_thirds_of_unseen_questions_find_their_answer() -> None:
    right = sum(right_of_fold(fold, folds=6) for fold in range(6))
    assert right / len(TEXTS) >= 2 / 3


def right_of_fold(fold: int, folds: int) -> int:
    kept = [number for number in range(len(TEXTS)) if number % folds != fold]
    classifier = Classifier.fit([TEXTS[number] for number in kept], [LABELS[number] for number in kept])
    return sum(best(classifier, TEXTS[number]) == LABELS[number] for number in range(fold, len(TEXTS), folds))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("i forgott my pasword", "password"),
        ("rest passwrod", "password"),
        ("whats the registartion deadlne", "deadline"),
        ("adress of the vnue", "place"),
        ("telefone numbr hotlin", "contact"),
    ],
)
def test_typing_errors_do_no_harm(classifier: Classifier, text: str, label: str) -> None:
    assert best(classifier, text) == label


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("请问报名截止日期", "deadline"),
        ("会场在哪", "place"),
        ("收费多少", "fee"),
        ("忘了密码怎么办", "password"),
        ("有没有普通话翻译", "language"),
        ("支持热线的电话号码", "contact"),
        ("我的password忘记了", "password"),
    ],
)
def test_chinese_needs_no_spaces(classifier: Classifier, text: str, label: str) -> None:
    assert best(classifier, text) == label


def test_scores_fall_and_lie_between_0_and_1(classifier: Classifier) -> None:
    scores = [score for _, score in classifier.scores("where can i register")]
    assert len(scores) == len(EXAMPLES)
    assert all(0 <= after <= before <= 1 for before, after in pairwise(scores))


def test_at_most_twenty_labels_are_told() -> None:
    classifier = Classifier.fit([f"word{number}" for number in range(SCORES + 5)], [str(n) for n in range(SCORES + 5)])
    assert len(classifier.scores("word3")) == SCORES
    assert best(classifier, "word3") == "3"


@pytest.mark.parametrize("text", STRANGE)
def test_a_strange_question_gives_less_confidence_than_any_example(classifier: Classifier, text: str) -> None:
    assert classifier.confidence(text) < min(classifier.confidence(example) for example in TEXTS)


def test_unseen_questions_give_more_confidence_than_strange_ones(classifier: Classifier) -> None:
    unseen = ["where is the briefing held", "how much is a seat", "reset the password", "热线的电话", "报名截止日期"]
    assert min(map(classifier.confidence, unseen)) > max(map(classifier.confidence, STRANGE))


@pytest.mark.parametrize("text", ["", "   ", "?!…", "🙂🙂", "zzzzqqqq"])
def test_a_text_with_nothing_known_in_it_gives_little_confidence(classifier: Classifier, text: str) -> None:
    assert classifier.confidence(text) < 0.1
    assert [likeness for _, likeness in classifier.nearest(text)] == [0, 0, 0]


def test_words_that_no_example_holds_make_a_text_less_alike(classifier: Classifier) -> None:
    plain, strange = "how can i reset my password", "how can i reset my password xylophone zigzag"
    assert classifier.nearest(strange)[0][1] < classifier.nearest(plain)[0][1] - 0.2
    assert classifier.confidence(strange) < classifier.confidence(plain)


def test_the_word_that_decides_outweighs_a_nearer_example() -> None:
    places = ["paris", "london", "tokyo", "berlin", "madrid", "vienna"]
    trips = [f"hotel {one} {two} by train" for one in places for two in places]
    texts = [*trips[:18], *(trip.replace("hotel", "flight") for trip in trips[18:])]
    classifier = Classifier.fit(texts, ["hotel"] * 18 + ["flight"] * 18)
    asked = trips[20]
    assert classifier.nearest(asked, count=1)[0][0] == 20
    assert best(classifier, asked) == "hotel"


@pytest.mark.parametrize("number", range(0, len(TEXTS), 5))
def test_an_example_is_nearest_to_itself(classifier: Classifier, number: int) -> None:
    (first, one), (_, second), (_, third) = classifier.nearest(TEXTS[number])
    assert first == number
    assert one == pytest.approx(1, abs=1e-5)
    assert 0.99 > second >= third >= 0


def test_as_many_examples_are_nearest_as_asked_for(classifier: Classifier) -> None:
    assert len(classifier.nearest("password", count=5)) == 5
    assert len(classifier.nearest("password", count=1000)) == len(TEXTS)


def test_of_equal_examples_the_first_is_nearest() -> None:
    classifier = Classifier.fit(["b again", "same words", "same words"], ["x", "y", "a"])
    assert [number for number, _ in classifier.nearest("same words", count=2)] == [1, 2]


def test_the_same_examples_give_the_same_file(classifier: Classifier, tmp_path: Path) -> None:
    classifier.save(tmp_path / "one")
    Classifier.fit(TEXTS, LABELS).save(tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_another_process_counts_the_same_pieces(classifier: Classifier, tmp_path: Path) -> None:
    """Python's own hash() is another in every process."""
    classifier.save(tmp_path / "kept")
    ask = (
        "import sys, pathlib, handlers.classify as c; print(c.Classifier.load(pathlib.Path(sys.argv[1])).scores('fee'))"
    )
    said = subprocess.run(
        [sys.executable, "-c", ask, str(tmp_path / "kept")], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert said.stdout.strip() == str(classifier.scores("fee"))


def test_a_loaded_classifier_says_the_same(classifier: Classifier, tmp_path: Path) -> None:
    classifier.save(tmp_path / "kept")
    loaded = Classifier.load(tmp_path / "kept")
    for text in [*TEXTS, *STRANGE, ""]:
        assert loaded.scores(text) == classifier.scores(text)
        assert loaded.nearest(text) == classifier.nearest(text)


def test_another_file_is_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("not a classifier")
    np.savez(tmp_path / "other.npz", labels=np.array(["a"]))
    for name in ("empty", "text", "other.npz"):
        with pytest.raises(NotSavedHere, match=name):
            Classifier.load(tmp_path / name)


def test_a_damaged_file_is_not_loaded(classifier: Classifier, tmp_path: Path) -> None:
    classifier.save(tmp_path / "kept")
    whole = bytearray((tmp_path / "kept").read_bytes())
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    whole[len(whole) // 2] ^= 1
    (tmp_path / "flipped").write_bytes(whole)
    for name in ("cut", "flipped"):
        with pytest.raises(NotSavedHere):
            Classifier.load(tmp_path / name)


def test_a_file_of_another_version_is_not_loaded(
    classifier: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier.save(tmp_path / "kept")
    monkeypatch.setattr("handlers.classify.VERSION", VERSION + 1)
    with pytest.raises(NotSavedHere, match="version"):
        Classifier.load(tmp_path / "kept")


@pytest.mark.parametrize(("texts", "labels"), [([], []), (["one"], []), (["one"], ["a", "b"])])
def test_fitting_needs_a_label_for_every_example(texts: list[str], labels: list[str]) -> None:
    with pytest.raises(ValueError, match="at least one"):
        Classifier.fit(texts, labels)


def test_one_label_and_empty_examples_can_be_fitted() -> None:
    assert best(Classifier.fit(["hello"], ["only"]), "hello there") == "only"
    assert best(Classifier.fit(["", "?"], ["a", "b"]), "hello") in {"a", "b"}


def test_a_large_set_is_still_known_by_rare_words() -> None:
    """From `ENOUGH` examples on, a piece that only one example holds has no weight, but still makes it the nearest."""
    numbers = range(5200)
    texts = [f"the usual question about topic{number % 40} and item{number:05}" for number in numbers]
    classifier = Classifier.fit(texts, [f"topic{number % 40}" for number in numbers])
    assert classifier.weights[-1].tolist() == [0] * 40  # the row of all pieces without weights
    ((nearest, likeness),) = classifier.nearest(texts[77], count=1)
    assert nearest == 77
    assert likeness == pytest.approx(1, abs=1e-5)
    assert [best(classifier, texts[number]) for number in range(40)] == [f"topic{number}" for number in range(40)]
