"""`python -m bot staff` names who may reply to participants, and says in one sentence what it cannot do."""

import re
from pathlib import Path

import pytest

from tests.program import told

SAM = ("staff", "add", "Sam Lee")


def test_a_member_is_named_listed_and_removed(tmp_path: Path) -> None:
    assert told(tmp_path, "staff", "list").stdout.startswith("Nobody is named yet")
    named = told(tmp_path, *SAM, "--slack", "T01:U02").stdout
    assert named == "Sam Lee (support) may reply to participants as slack:T01:U02.\n"
    told(tmp_path, *SAM, "--telegram", "22", "--role", "operator")
    assert told(tmp_path, "staff", "list").stdout == "Sam Lee (operator): slack:T01:U02, telegram:22\n"
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
    assert told(tmp_path, "staff", "list").stdout == "Eve (support): telegram:22\n"


@pytest.mark.parametrize(
    "account", [("--slack", "sam"), ("--slack", "U02"), ("--telegram", "@sam"), ("--telegram", "-5")]
)
def test_an_account_that_is_none_is_refused(account: tuple[str, ...], tmp_path: Path) -> None:
    ended = told(tmp_path, *SAM, *account)
    assert ended.returncode == 2
    assert told(tmp_path, "staff", "list").stdout.startswith("Nobody is named yet")


def test_a_reply_to_no_case_and_an_empty_one_are_refused(tmp_path: Path) -> None:
    assert told(tmp_path, "reply", "7", "Yes.").stderr.startswith("There is no case 7")
    assert told(tmp_path, "reply", "7", " ").stderr.startswith("The reply is empty")


def test_a_member_without_an_account_works_on_the_desk_page_by_links_that_are_printed(tmp_path: Path) -> None:
    assert "python -m bot desk-link 'Sam Lee'" in told(tmp_path, *SAM).stdout
    assert told(tmp_path, "staff", "list").stdout == "Sam Lee (support): the desk page alone\n"
    printed = told(tmp_path, "desk-link", "Sam Lee", PUBLIC_URL="https://usher.example.org/").stdout
    assert re.fullmatch(
        r"https://usher\.example\.org/desk#[\w-]{22}\n"
        r"It signs Sam Lee in to the desk page, once, within 15 minutes\.\n",
        printed,
    )


def test_there_is_no_link_for_who_is_not_of_the_desk_and_no_role_that_does_not_exist(tmp_path: Path) -> None:
    ended = told(tmp_path, "desk-link", "Eve")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("There is no member of the support team named Eve")
    assert told(tmp_path, *SAM, "--role", "boss").returncode == 2
