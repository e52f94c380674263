"""`python -m bot participants` and `contacts import` take tables over, hand out codes and remove people."""

import csv
import re
import shutil
import stat
from pathlib import Path

import pytest

from tests.program import told

FIRMS = "code,name,e-mail domains\nC01,Alpha Securities,alpha.hk\nC02,Beta Futures,\n"
PEOPLE = (
    "participant,channel,address,name\nC01,telegram,123,Amy Wong\nC02,telegram,123,Amy Wong\nC01,mail,ben@alpha.hk,\n"
)
CODE = r"USHER(-[0-9A-Z]{4}){4}"


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("office")
    (folder / "firms.csv").write_text(FIRMS, encoding="utf-8")
    (folder / "people.csv").write_text(PEOPLE, encoding="utf-8")
    assert told(folder, "participants", "import", "firms.csv").returncode == 0
    assert told(folder, "contacts", "import", "people.csv").returncode == 0
    return folder


@pytest.fixture
def office(furnished: Path, tmp_path: Path) -> Path:
    """A folder with a database in which the firms and their people are."""
    return shutil.copytree(furnished, tmp_path, dirs_exist_ok=True)


def test_a_table_is_imported_and_again_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "firms.csv").write_text(FIRMS, encoding="utf-8")
    first = told(tmp_path, "participants", "import", "firms.csv")
    assert first.stdout == "firms.csv: 2 participants new, 0 changed, 0 the same as before.\n"
    assert first.stderr == ""  # no bar where nobody looks at a terminal
    again = told(tmp_path, "participants", "import", "firms.csv")
    assert again.stdout == "firms.csv: 0 participants new, 0 changed, 2 the same as before.\n"


def test_every_wrong_row_is_named_and_nothing_is_imported(tmp_path: Path) -> None:
    (tmp_path / "firms.csv").write_text(FIRMS + "C 3,,gmail.com\n" + "?,x,\n" * 60, encoding="utf-8")
    ended = told(tmp_path, "participants", "import", "firms.csv")
    lines = ended.stderr.splitlines()
    assert (ended.returncode, ended.stdout) == (2, "")
    assert lines[0].startswith("row 4, code: “C 3” is no code")
    assert lines[-2:] == ["and 13 more", "Nothing was imported: 63 problems in firms.csv."]
    assert told(tmp_path, "participants", "codes", "make", "C01").returncode == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "cannot be read"), (b"", "is empty"), ("code,name\nC01,中\n".encode("utf-16"), "CSV UTF-8")],
)
def test_a_file_that_is_none_is_refused_in_a_sentence(content: bytes | None, says: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "table.csv").write_bytes(content)
    for command in ("participants", "contacts"):
        ended = told(tmp_path, command, "import", "table.csv")
        assert ended.returncode == 2
        assert says in ended.stderr
        assert "Traceback" not in ended.stderr


def test_a_code_is_made_shown_once_listed_and_revoked(office: Path) -> None:
    made = told(office, "participants", "codes", "make", "c01", "--uses", "3", "--telegram", "@UsherBot")
    code = re.match(rf"C01  ({CODE})  https://t\.me/UsherBot\?start=\1\n$", made.stdout)
    assert code
    listed = told(office, "participants", "codes", "list").stdout
    assert re.match(rf"1  {code[1][:10]}-…  C01: 0 of 3 used, open, good until \d", listed)
    assert code[1] not in listed
    assert told(office, "participants", "codes", "revoke", code[1][:10]).returncode == 0
    assert "revoked" in told(office, "participants", "codes", "list", "C01").stdout
    assert told(office, "participants", "codes", "revoke", "99").returncode == 2


def test_a_code_for_each_is_written_into_a_table_that_only_its_owner_reads(office: Path) -> None:
    made = told(office, "participants", "codes", "make", "--all", "--out", "codes.csv", "--telegram", "UsherBot")
    assert made.stdout == "2 codes written to codes.csv, nowhere shown again.\n"
    assert stat.S_IMODE((office / "codes.csv").stat().st_mode) == 0o600
    with (office / "codes.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["participant"], row["name"]) for row in rows] == [("C01", "Alpha Securities"), ("C02", "Beta Futures")]
    assert all(re.fullmatch(CODE, row["code"]) and row["Telegram link"].endswith(row["code"]) for row in rows)
    again = told(office, "participants", "codes", "make", "--all", "--out", "codes.csv")
    assert again.returncode == 2
    assert told(office, "participants", "codes", "list").stdout.count("\n") == 2  # nothing was made in vain


@pytest.mark.parametrize(
    "arguments",
    [("make",), ("make", "C09"), ("make", "C01", "--all"), ("make", "C01", "--uses", "0"),
     ("make", "C01", "--days", "x"), ("make", "C01", "--telegram", "no bot"), ("revoke", "USHER-ZZZZ")],
)  # fmt: skip
def test_what_cannot_be_done_about_a_code_is_refused(arguments: tuple[str, ...], office: Path) -> None:
    ended = told(office, "participants", "codes", *arguments)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


def test_people_are_shown_with_their_numbers_and_addresses(office: Path) -> None:
    assert [re.sub(r"\d{4}-\d\d-\d\d", "DATE", line) for line in
            told(office, "participants", "people", "C01").stdout.splitlines()] == [
        "1  Amy Wong, C01 since DATE (import): telegram:123",
        "2  somebody without a name, C01 since DATE (import): mail:ben@alpha.hk",
    ]  # fmt: skip
    assert told(office, "participants", "people").stdout.count("\n") == 3


def test_somebody_is_removed_from_one_participant_and_stays_out(office: Path) -> None:
    told(office, "participants", "codes", "make", "C01")
    assert told(office, "participants", "remove", "1").stderr == "Contact 1 acts for C01 and C02: name one.\n"
    removed = told(office, "participants", "remove", "1", "C01", "--by", "Sam Lee")
    assert removed.stdout.startswith("Contact 1 acts for C01 no longer.")
    assert re.search(r"good still \(USHER-\w{4}-…\)", removed.stdout)
    assert "Amy Wong, C02" in told(office, "participants", "people").stdout
    assert told(office, "participants", "remove", "1", "C01").returncode == 2
    again = told(office, "contacts", "import", "people.csv").stdout
    assert "1 left out, who left or were removed since (row 2); --again takes them in." in again
    assert "1 contacts new" in told(office, "contacts", "import", "people.csv", "--again").stdout
