"""Rehearsals take the operator's own tables, replace nothing unasked, and say in a sentence what cannot be played."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.rehearsal_cast import REAL, altered, messages, read, rehearse, report, table


def test_participants_without_contacts_get_a_made_up_person_each(tmp_path: Path) -> None:
    firms = table(tmp_path / "firms.csv", "code,name,language", "A1,Alpha,zh-Hant", "B2,Beta,")
    out = tmp_path / "out"
    assert rehearse(REAL, out, "--participants", firms) == 0
    assert {(row["participants"], row["contact"], row["text"].split()[0]) for row in messages(out)} == {
        ("A1", "Made-up person 1", "提示"),
        ("B2", "Made-up person 2", "Reminder"),
    }
    assert "Each has one made-up person" in read(out)


def test_a_report_that_is_there_is_replaced_only_by_force(
    tmp_path: Path, small: Sequence[str | Path], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.html").write_text("mine")
    assert rehearse(REAL, out, *small) == 2
    assert "report.html is there already" in capsys.readouterr().err
    assert [file.name for file in out.iterdir()] == ["report.html"]
    assert report(out) == "mine"
    assert rehearse(REAL, out, *small, "--force") == 0
    assert "two-factor" in report(out)


def test_a_broken_folder_is_told_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = altered(tmp_path / "campaign", REAL, "", ('milestone = "briefing.due"', 'milestone = "nothing"'))
    assert rehearse(folder, tmp_path / "out") == 2
    assert "nothing" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_the_lint_finds_is_told_on_the_terminal_and_in_the_report(
    tmp_path: Path, small: Sequence[str | Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = altered(tmp_path / "campaign", REAL, "", ("first = 2022-12-01", "first = 2023-04-20"))
    assert rehearse(folder, tmp_path / "out", *small) == 1
    problem = next(line for line in capsys.readouterr().err.splitlines() if "calendar" in line)
    assert "The lint finds" in read(tmp_path / "out")
    assert problem in read(tmp_path / "out")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--contacts", "people.csv"), "name their table too, with --participants"),
        (("--from", "2023-04-12"), "--from: '2023-04-12' has no time zone"),
        (("--to", "soon"), "--to: 'soon' is not a time"),
        (("--to", "2023-04-01T00:00:00+08:00"), "would end (2023-04-01) before it begins (2023-04-05)"),
        (("--participants", "missing.csv"), "missing.csv cannot be read"),
    ],
)
def test_what_cannot_be_played_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: tuple[str, ...], said: str
) -> None:
    assert rehearse(REAL, tmp_path / "out", *given) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_wrong_rows_of_a_table_are_named_and_nothing_is_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    firms = table(tmp_path / "firms.csv", "code,name", "A1,Alpha", "a b,Beta")
    assert rehearse(REAL, tmp_path / "out", "--participants", firms) == 2
    assert "3" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
