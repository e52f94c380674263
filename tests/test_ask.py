"""`python -m bot ask` and `python -m bot campaign`, as a person or a script runs them: real processes, real output."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from models.campaign import find_quote, load
from tests import program
from tests.campaign_cast import ANSWERS, FACTS, written

HKCC = program.ROOT / "campaigns" / "ccms-2fa-2023"
APRIL = "2023-04-12T10:00:00+08:00"
DEADLINE = "When is the deadline?"
FORM = {"id", "behaviour", "text", "sources", "answer"}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all of them: what is learned of the circular is kept in its `var`."""
    return tmp_path_factory.mktemp("ask")


def piped(folder: Path, *lines: dict[str, Any] | str | bytes) -> subprocess.CompletedProcess[str]:
    """Give `python -m bot ask` these lines, as they are or as JSON, at the morning of 12 April 2023."""
    given = b"\n".join(
        line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line)).encode()
        for line in lines
    )
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "ask", "--as-of", APRIL],
        cwd=folder, env=program._environ({}), input=given, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    return subprocess.CompletedProcess(ended.args, ended.returncode, ended.stdout.decode(), ended.stderr.decode())


def objects(ended: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ended.stdout.splitlines()]


# ------------------------------------------------------------------------------------------------ one question


def test_one_question_gets_its_answer_and_the_words_of_the_circular(here: Path) -> None:
    ended = program.told(here, "ask", "--as-of", APRIL, "By when must we register for a briefing?")
    assert (ended.returncode, ended.stderr) == (0, "")
    text, *sources = ended.stdout.splitlines()
    assert "by Wednesday 19 April 2023" in text
    assert sources
    for source in sources:
        clause, _, quote = source.removeprefix("  — ").partition(": “")
        assert clause == "Body, paragraph 2"
        assert find_quote(load(HKCC).circular, quote.removesuffix("”"))


def test_a_question_may_be_several_words_of_the_command_line(here: Path) -> None:
    ended = program.told(here, "ask", "--as-of", APRIL, "幾時", "死線呀?")
    assert "2023年4月27日" in ended.stdout


def test_a_refusal_shows_what_can_be_pressed(here: Path) -> None:
    lines = program.told(here, "ask", "--as-of", APRIL, "How much does it cost?").stdout.splitlines()
    assert lines[-2:] == ["  [Yes, ask support]", "  [No, thanks]"]


def test_json_is_one_object(here: Path) -> None:
    ended = program.told(here, "ask", "--json", "--as-of", APRIL, DEADLINE)
    (reply,) = objects(ended)
    assert reply.keys() == FORM - {"id"}
    assert (reply["behaviour"], reply["answer"]) == ("answer", "ccms-2fa-2023/deadlines")
    assert {source.keys() == {"clause", "quote"} for source in reply["sources"]} == {True}


def test_explain_shows_what_was_read_and_weighed(here: Path) -> None:
    ended = program.told(here, "ask", "--explain", "--as-of", APRIL, "Is 28 April the last day for user e-mails?")
    assert ended.returncode == 0
    for shown in ("folded", "subject", "emails.user", "aspect", "deadline", "days", "2023-04-28", "like ", "examples "):
        assert shown in ended.stdout
    for threshold in ("answer 0.", "lead 0.", "choice 0."):
        assert threshold in ended.stdout.splitlines()[-1]


def test_the_time_to_live_at_changes_the_answer(here: Path) -> None:
    for moment, wanted in (("2023-04-19T23:59:59+08:00", "is the last day"), ("2023-04-19T16:00:00Z", "has passed")):
        assert wanted in program.told(here, "ask", "--as-of", moment, "last day to sign up for a briefing?").stdout


@pytest.mark.parametrize(
    "wrong", ["yesterday", "2023-04-12T10:00:00", "2023-04-12", "2023-13-40T10:00:00+08:00", "12/4"]
)
def test_a_wrong_time_is_named_in_one_sentence(tmp_path: Path, wrong: str) -> None:
    ended = program.told(tmp_path, "ask", "--as-of", wrong, DEADLINE)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert len(ended.stderr.splitlines()) == 1
    for named in ("--as-of", wrong, APRIL):
        assert named in ended.stderr


def test_a_missing_folder_of_campaigns_is_named_in_one_sentence(tmp_path: Path) -> None:
    ended = program.told(tmp_path, "ask", DEADLINE, CAMPAIGNS=str(tmp_path / "none"))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert len(ended.stderr.splitlines()) == 1
    assert "CAMPAIGNS" in ended.stderr


def test_what_was_learned_is_kept_and_an_answer_is_the_same_without_it(here: Path, tmp_path: Path) -> None:
    first = program.told(here, "ask", "--json", "--as-of", APRIL, DEADLINE)
    assert list((here / "var" / "understanding").iterdir())
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "understanding").touch()  # no folder: nothing can be kept
    assert program.told(tmp_path, "ask", "--json", "--as-of", APRIL, DEADLINE).stdout == first.stdout


# -------------------------------------------------------------------------------------------------- JSON lines


def test_each_line_is_answered_with_one_line_of_the_same_form(here: Path) -> None:
    asked = {"a": DEADLINE, "b": "How much does it cost?", "c": "?", "d": "幾時死線？", "e": "thanks"}
    ended = piped(here, *({"id": key, "question": question} for key, question in asked.items()))
    replies = objects(ended)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [reply["id"] for reply in replies] == list(asked)
    assert all(reply.keys() == FORM for reply in replies)
    assert [reply["behaviour"] for reply in replies][:4] == ["answer", "escalate", "clarify", "answer"]
    assert all(0 < len(reply["text"]) <= 900 for reply in replies)
    assert replies[2]["answer"] is None
    assert "死線" not in ended.stdout  # what is asked is not said back
    assert "限期" in ended.stdout  # letters, and not \\u escapes


def test_a_line_may_have_its_own_time_and_history(here: Path) -> None:
    before, after, follow, alone = objects(piped(
        here,
        {"id": "1", "question": "By when must we register for a briefing?"},
        {"id": "2", "question": "By when must we register for a briefing?", "as_of": "2023-04-20T00:00:00+08:00"},
        {"id": "3", "question": "until when?", "history": ["Hello", "How do we test the connection?"]},
        {"id": "4", "question": "until when?", "history": []},
    ))  # fmt: skip
    assert "that day included" in before["text"]
    assert "has passed" in after["text"]
    assert follow["answer"] == "ccms-2fa-2023/connection.due"
    assert alone["answer"] != follow["answer"]


BAD: list[tuple[str | bytes, str]] = [
    ("{", "not JSON"),
    (b'\xff\xfe{"id"', "not UTF-8 at byte 0"),
    ("[" * 200_000, "nested too deeply"),
    ('{"id": "x", "question": "When \\ud800?"}', "question is missing or not a text"),
    ('{"id": "x", "question": "When?", "as_of": 5}', "as_of is not a text"),
    ('{"id": "x", "question": "When?", "as_of": "0001-01-01T00:00:00+08:00"}', "is not between 1900 and 2200"),
    ('["id", "question"]', "not an object"),
    ('{"question": "When?"}', "id is missing"),
    ('{"id": 7, "question": "When?"}', "id is missing or not a text"),
    ('{"id": "x"}', "question is missing"),
    ('{"id": "x", "question": ["When?"]}', "question is missing or not a text"),
    ('{"id": "x", "question": "When?", "history": "earlier"}', "history is not a list of texts"),
    ('{"id": "x", "question": "When?", "history": [1]}', "history is not a list of texts"),
    ('{"id": "x", "question": "When?", "as_of": "noon"}', "'noon' is not a time"),
    ('{"id": "x", "question": "When?", "as_of": "2023-04-12T10:00"}', "has no time zone"),
]


def test_a_bad_line_gets_an_error_with_its_number_and_the_rest_goes_on(here: Path) -> None:
    good = {"id": "good", "question": DEADLINE}
    ended = piped(here, good, *(line for line, _ in BAD), "", "   ", good)
    first, *errors, last = objects(ended)
    assert ended.returncode == 1
    assert ended.stderr == ""
    assert (first["id"], last["id"]) == ("good", "good")
    assert [error["line"] for error in errors] == list(range(2, len(BAD) + 2))
    for error, (_, reason) in zip(errors, BAD, strict=True):
        assert error.keys() == {"error", "line"}
        assert error["error"].startswith(f"line {error['line']}: ")
        assert reason in error["error"]


def test_nothing_given_is_nothing_answered(here: Path) -> None:
    ended = piped(here, "", "\n")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_a_long_or_strange_question_is_answered_like_any_other(here: Path) -> None:
    strange = [
        "x" * 50_000,
        "死線" * 10_000,
        "",
        "\u202e\u0007\u0000",
        "🇭🇰" * 500,
        "' OR 1=1; --",
        "{deadline emails.due}",
    ]
    ended = piped(here, *({"id": str(place), "question": text} for place, text in enumerate(strange)))
    replies = objects(ended)
    assert ended.returncode == 0
    assert len(replies) == len(strange)
    assert all(0 < len(reply["text"]) <= 900 and "{" not in reply["text"] for reply in replies)


# ---------------------------------------------------------------------------------------------------- campaign


def test_lint_of_a_clean_campaign_ends_well(tmp_path: Path) -> None:
    ended = program.told(tmp_path, "campaign", "lint", str(written(tmp_path / "small")))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "small-2023: 8 facts, 3 answers, 0 problems\n"


def test_lint_of_the_campaigns_of_the_repository_finds_nothing(here: Path) -> None:
    for folder in (HKCC, program.ROOT / "tests" / "campaigns" / "nordhaven-2027-014"):
        ended = program.told(here, "campaign", "lint", str(folder))
        assert ended.returncode == 0, ended.stdout


def test_lint_lists_every_problem_with_its_place(tmp_path: Path) -> None:
    facts = FACTS.replace('value = "2022-12-19"', 'value = "2022-12-18"')
    facts = facts.replace('quote = "Members can enrol in the Portal"', 'quote = "Members enrol at the gate"')
    answers = ANSWERS.replace('"is there a fee"', '"when is form A due"')
    ended = program.told(tmp_path, "campaign", "lint", str(written(tmp_path / "small", facts, answers)))
    assert ended.returncode == 1
    for place in ("campaign.toml: fact.form.open.value: ", "campaign.toml: fact.talk.where", "answers.toml: answer."):
        assert place in ended.stdout
    *problems, counted = ended.stdout.splitlines()
    assert counted.endswith(f", {len(problems)} problems")


@pytest.mark.parametrize("command", ["lint", "show"])
def test_a_broken_campaign_is_named_by_file_and_field(tmp_path: Path, command: str) -> None:
    kind = FACTS.replace('kind = "from"', 'kind = "maybe"')
    zone = FACTS.replace("Asia/Hong_Kong", "Asia/Nowhere")
    broken = FACTS.replace('key = "small-2023"', "key = small")
    title = ANSWERS.replace('title = { en = "Fee"', 'titel = { en = "Fee"')
    for number, (facts, answers, file, field) in enumerate([
        (kind, ANSWERS, "campaign.toml", "fact.form.open.kind"), (broken, ANSWERS, "campaign.toml", "line 2"),
        (FACTS, title, "answers.toml", "answer.talk.fee.title"), (zone, ANSWERS, "campaign.toml", "time_zone"),
    ]):  # fmt: skip
        folder = written(tmp_path / str(number), facts, answers)
        ended = program.told(tmp_path, "campaign", command, str(folder))
        said = ended.stdout + ended.stderr
        assert ended.returncode == {"lint": 1, "show": 2}[command]
        assert str(folder / file) in said
        assert field in said
        assert "Traceback" not in said


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = written(tmp_path / "small")
    (folder / "circular.txt").unlink()
    ended = program.told(tmp_path, "campaign", "show", str(folder))
    assert (ended.returncode, ended.stderr) == (2, f"{folder / 'circular.txt'}: missing\n")


def test_show_prints_the_facts_the_timeline_and_an_answer_to_each_first_example(tmp_path: Path) -> None:
    folder = written(tmp_path / "small")
    shown = program.told(tmp_path, "campaign", "show", str(folder), "--as-of", APRIL).stdout
    heading, facts, timeline, answers = (
        shown.replace("\nFACTS\n", "§").replace("\nTIMELINE\n", "§").replace("\nANSWERS\n", "§").split("§")
    )
    assert "as of 2023-04-12 10:00 HKT" in heading
    campaign = load(folder)
    for fact in campaign.facts:
        assert f"  {fact.key}: " in facts
        assert f"— {fact.clause}: “{fact.quote}”" in facts
    assert "form.due: safe until Thursday 27 April 2023; 11 business days are left after today." in timeline
    assert "from Mon 19 Dec 2022" in timeline
    for answer in campaign.answers:
        assert f"{answer.key}: {answer.examples[0]}\n" in answers
    assert "answered as" not in answers


def test_show_can_be_at_another_time_and_in_another_language(tmp_path: Path) -> None:
    folder = str(written(tmp_path / "small"))
    late = program.told(
        tmp_path, "campaign", "show", folder, "--as-of", "2023-05-02T10:00:00+08:00", "--language", "zh-Hant"
    )
    assert "safe until" not in late.stdout
    assert "2023年4月28日" in late.stdout
    wrong = program.told(tmp_path, "campaign", "show", folder, "--as-of", "soon")
    assert wrong.returncode == 2
    assert "--as-of" in wrong.stderr
