"""Operators open in a spreadsheet how every firm stands and who sits where; support notes what it has seen."""

import csv
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from models import seats, status
from models.campaign import Campaign
from models.demonstration import Demonstration
from models.seats import Attendee, Moment, Rules
from models.status import Duty
from models.store import Store
from tests.channels_cast import ONE_DATABASE
from tests.firms import firm
from tests.program import ROOT, told
from tests.reception_cast import KEY, MORNING
from tests.status_cast import ALPHA, BETA, DAS, LINE, USERS, said

MACHINE = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
AT = Moment(MORNING, MACHINE)
TEN, RECORDED = "2023-04-12T10:00:00+08:00", "2026-02-03T12:05:06+08:00"
Bot = Callable[..., CompletedProcess[str]]


@pytest.fixture
def bot(tmp_path: Path, database_url: str) -> Bot:
    """The real command line, in a folder of its own, with the test's database."""
    return lambda *arguments, **environ: told(tmp_path, *arguments, DATABASE_URL=database_url, **environ)


def rows(ended: CompletedProcess[str]) -> list[dict[str, str]]:
    assert (ended.returncode, ended.stderr) == (0, "")
    return table(ended.stdout)


def table(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"))))


# -------------------------------------------------------------------------------------------------------------- status


async def test_every_task_of_every_firm_has_a_row_also_where_nothing_was_said(
    store: Store, two_firms: dict[str, int], bot: Bot
) -> None:
    await store.write(status.declare, Duty(KEY, ALPHA, USERS), two_firms["amy"], MORNING, MACHINE)
    await store.write(status.verify, Duty(KEY, ALPHA, USERS), "Sam", MORNING, MACHINE, "list of 11 April")
    await store.write(status.declare, Duty(KEY, BETA, DAS), two_firms["cy"], MORNING, MACHINE)
    listed = rows(bot("status", "export"))
    assert [(row["participant"], row["task"], row["state"]) for row in listed] == [
        (ALPHA, USERS, "verified"),
        (ALPHA, DAS, "not said"),
        (ALPHA, LINE, "not said"),
        (BETA, USERS, "not said"),
        (BETA, DAS, "done"),
        (BETA, LINE, "not said"),
    ]
    assert listed[0] == {
        "campaign": KEY,
        "participant": ALPHA,
        "name": "Alpha Securities",
        "task": USERS,
        "last safe day": "2023-04-27",
        "state": "verified",
        "declared by": "Amy Wong",
        "declared at (campaign time)": TEN,
        "declared at (machine time)": RECORDED,
        "verified by": "Sam",
        "verified at (campaign time)": TEN,
        "verified at (machine time)": RECORDED,
        "evidence": "list of 11 April",
    }
    assert listed[4]["declared by"] == "a colleague"


async def test_a_name_that_is_a_formula_is_a_name(store: Store, bot: Bot) -> None:
    await store.write(firm, "=1+1", "＠SUM(1)")
    first = rows(bot("status", "export"))[0]
    assert (first["participant"], first["name"]) == ("'=1+1", "'＠SUM(1)")


@ONE_DATABASE
async def test_all_campaigns_are_listed_or_the_one_that_is_named(
    two_firms: dict[str, int], bot: Bot, tmp_path: Path
) -> None:
    for folder in (ROOT / "campaigns" / KEY, ROOT / "tests" / "campaigns" / "nordhaven-2027-014"):
        shutil.copytree(folder, tmp_path / "served" / folder.name)
    both = {"CAMPAIGNS": str(tmp_path / "served")}
    listed = rows(bot("status", "export", **both))
    assert [(row["campaign"], row["participant"]) for row in listed] == [
        *[(KEY, code) for code in (ALPHA, BETA) for _ in range(3)],
        *[("nordhaven-2027-014", code) for code in (ALPHA, BETA) for _ in range(2)],
    ]
    named = rows(bot("status", "export", "--campaign", KEY, **both))
    assert {row["campaign"] for row in named} == {KEY}
    unknown = bot("seats", "export", "--campaign", "older", **both)
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert unknown.stderr == f"There is no campaign 'older'; there are: {KEY}, nordhaven-2027-014.\n"


@ONE_DATABASE
async def test_a_file_is_written_and_replaced_only_where_that_is_said(
    two_firms: dict[str, int], bot: Bot, tmp_path: Path
) -> None:
    export = ("status", "export", "--out", "status.csv")
    first = bot(*export)
    assert (first.returncode, first.stdout) == (0, "status.csv: 6 rows\n")
    assert len(table((tmp_path / "status.csv").read_text(encoding="utf-8"))) == 6
    again = bot(*export)
    assert again.returncode == 2
    assert again.stderr == "status.csv is there already: name another file, or add --force to replace it.\n"
    assert bot(*export, "--force").returncode == 0


# --------------------------------------------------------------------------------------------------------------- seats


async def test_seats_are_listed_with_their_registration_and_then_the_line(
    store: Store, campaign: Campaign, two_firms: dict[str, int], bot: Bot
) -> None:
    rules = Rules.of(campaign, campaign.briefing["24apr"])

    amy, ben = two_firms["amy"], two_firms["ben"]
    await store.write(seats.reserve, rules, ALPHA, amy, [Attendee("=Amy", "amy@alpha.example")], AT)
    await store.write(seats.book, KEY, "24apr", ALPHA, amy, "HK-7", AT)
    await store.write(seats.reserve, rules, ALPHA, amy, [Attendee("Eve", "eve@alpha.example")], AT)
    await store.write(seats.wait, rules, ALPHA, ben, Attendee("Ben", "ben@alpha.example"), AT)
    booked, not_booked, waiting = rows(bot("seats", "export"))
    assert booked == {
        "campaign": KEY,
        "briefing": "24apr",
        "date": "2023-04-24",
        "start": "2023-04-24T16:30+08:00",
        "participant": ALPHA,
        "name": "Alpha Securities",
        "attendee": "'=Amy",
        "attendee e-mail": "amy@alpha.example",
        "registered by": "Amy Wong",
        "since (campaign time)": TEN,
        "state": "held",
        "place in line": "",
        "on offer until (campaign time)": "",
        "registered where it counts": "done",
        "reference": "HK-7",
        "said at (campaign time)": TEN,
    }
    assert (not_booked["attendee"], not_booked["registered where it counts"]) == ("Eve", "not yet said")
    assert (waiting["attendee"], waiting["state"], waiting["place in line"]) == ("Ben", "waiting", "1")
    assert (waiting["registered by"], waiting["registered where it counts"]) == ("Ben Lee", "")


async def test_who_has_an_offer_is_listed_once_as_that(
    store: Store, campaign: Campaign, two_firms: dict[str, int], bot: Bot
) -> None:
    rules = Rules.of(campaign, campaign.briefing["24apr"])

    amy = two_firms["amy"]
    both = [Attendee(name, f"{name}@x.example") for name in "ab"]
    held = await store.write(seats.reserve, rules, ALPHA, amy, both, AT)
    await store.write(seats.wait, rules, ALPHA, amy, Attendee("c", "c@x.example"), AT)
    await store.write(seats.free, rules, held.seats[0].id or 0, ALPHA, amy, AT)
    listed = {row["attendee"]: row for row in rows(bot("seats", "export"))}
    assert {name: row["state"] for name, row in listed.items()} == {"b": "held", "c": "offered"}
    assert listed["c"]["on offer until (campaign time)"] == "2023-04-13T10:00:00+08:00"


# ------------------------------------------------------------------------------------------------------------- support


async def test_support_verifies_and_takes_that_off_again(store: Store, two_firms: dict[str, int], bot: Bot) -> None:
    verify = ("status", "verify", ALPHA, USERS, "--by", "Sam Lee")
    done = bot(*verify, "--evidence", "list of 11 April")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{ALPHA}, {USERS}: verified by support.")
    assert bot(*verify).returncode == 0
    (row,) = await store.read(status.history, KEY, ALPHA)
    assert (row.what, row.by, row.evidence) == ("verified", "Sam Lee", "list of 11 April")
    assert datetime.now(UTC) - row.recorded_at < timedelta(minutes=1)

    unverify = ("status", "unverify", ALPHA, USERS, "--by", "Sam Lee")
    assert bot(*unverify).returncode == 0
    again = bot(*unverify)
    assert (again.returncode, again.stderr) == (
        2,
        f"{ALPHA}, {USERS} was not verified by support: nothing was changed.\n",
    )
    assert await said(store) == [(USERS, "verified"), (USERS, "unverified")]


@ONE_DATABASE
@pytest.mark.parametrize(
    ("given", "told_of"),
    [
        (("B09999", USERS, "--by", "Sam"), "There is no participant 'B09999'"),
        ((ALPHA, "emails", "--by", "Sam"), f"There is no task 'emails'; there are: {USERS}, {DAS}, {LINE}."),
        ((ALPHA, USERS, "--by", " "), "a name has 1 to 80 letters"),
        ((ALPHA, USERS), "--by"),
        ((ALPHA, USERS, "--by", "Sam", "--evidence", "two\nlines"), "in one line"),
    ],
)
async def test_what_support_cannot_verify_is_said_and_changes_nothing(
    store: Store, two_firms: dict[str, int], bot: Bot, given: tuple[str, ...], told_of: str
) -> None:
    ended = bot("status", "verify", *given)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert told_of in ended.stderr
    assert await said(store) == []


@ONE_DATABASE
async def test_where_several_circulars_have_the_task_one_must_be_named(
    store: Store, two_firms: dict[str, int], bot: Bot, tmp_path: Path
) -> None:
    for key in (KEY, "again"):
        shutil.copytree(ROOT / "campaigns" / KEY, tmp_path / "served" / key)
    facts = tmp_path / "served" / "again" / "campaign.toml"
    facts.write_text(facts.read_text(encoding="utf-8").replace(f'key = "{KEY}"', 'key = "again"', 1), encoding="utf-8")
    served, verify = {"CAMPAIGNS": str(tmp_path / "served")}, ("status", "verify", ALPHA, USERS, "--by", "Sam")
    unclear = bot(*verify, **served)
    assert unclear.stderr == f"Several circulars have {USERS}: add --campaign again or {KEY}.\n"
    assert bot(*verify, "--campaign", KEY, **served).returncode == 0
    assert await said(store) == [(USERS, "verified")]


@ONE_DATABASE
async def test_in_a_demonstration_support_verifies_at_its_time(
    store: Store, two_firms: dict[str, int], bot: Bot
) -> None:
    now = datetime.now(UTC)
    row_of_time = Demonstration(began_as_of=MORNING, campaign_at=MORNING, machine_at=now, seen_at=now)
    await store.write(lambda session: session.add(row_of_time))
    assert bot("status", "verify", ALPHA, USERS, "--by", "Sam").returncode == 0
    (row,) = await store.read(status.history, KEY, ALPHA)
    assert timedelta(0) <= row.at - MORNING < timedelta(minutes=1)
    assert row.recorded_at.year >= 2025
