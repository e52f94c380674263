"""`python -m bot staff` names who may reply to participants, and says in one sentence what it cannot do."""

from pathlib import Path

import pytest

from tests.program import told

SAM = ("staff", "add", "Sam Lee")


def test_a_member_is_named_listed_and_removed(tmp_path: Path) -> None:
    assert told(tmp_path, "staff", "list").stdout.startswith("Nobody is named yet")
    assert told(tmp_path, *SAM, "--slack", "T01:U02").stdout == "Sam Lee may reply to participants as slack:T01:U02.\n"
    told(tmp_path, *SAM, "--telegram", "22")
    assert told(tmp_path, "staff", "list").stdout == "Sam Lee: slack:T01:U02, telegram:22\n"
    assert told(tmp_path, "staff", "remove", "Sam Lee").returncode == 0
    assert told(tmp_path, "staff", "list").stdout.startswith("Nobody is named yet")
    again = told(tmp_path, "staff", "remove", "Sam Lee")
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)


def test_an_account_belongs_to_one_member_until_that_one_leaves(tmp_path: Path) -> None:
    told(tmp_path, *SAM, "--telegram", "22")
    taken = told(tmp_path, "staff", "add", "Eve", "--telegram", "22")
    assert taken.returncode == 2
    assert taken.stderr == "telegram:22 is the account of Sam Lee: remove Sam Lee first, if that is right.\n"
    told(tmp_path, "staff", "remove", "Sam Lee")
    assert told(tmp_path, "staff", "add", "Eve", "--telegram", "22").returncode == 0
    assert told(tmp_path, "staff", "list").stdout == "Eve: telegram:22\n"


@pytest.mark.parametrize(
    "account", [("--slack", "sam"), ("--slack", "U02"), ("--telegram", "@sam"), ("--telegram", "-5"), ()]
)
def test_an_account_that_is_none_is_refused(account: tuple[str, ...], tmp_path: Path) -> None:
    ended = told(tmp_path, *SAM, *account)
    assert ended.returncode == 2
    assert told(tmp_path, "staff", "list").stdout.startswith("Nobody is named yet")


def test_a_reply_to_no_case_and_an_empty_one_are_refused(tmp_path: Path) -> None:
    assert told(tmp_path, "reply", "7", "Yes.").stderr.startswith("There is no case 7")
    assert told(tmp_path, "reply", "7", " ").stderr.startswith("The reply is empty")
