"""A campaign is rehearsed before anybody gets a reminder: the days, the numbers, the texts, and nothing is sent."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from models.campaign import load
from tests.browser_cast import DESKTOP, PHONE
from tests.program import ROOT
from tests.rehearsal_cast import REAL, altered, messages, read, rehearse, report, table
from tests.test_browser_access import violations

KEY, NORDHAVEN = "ccms-2fa-2023", ROOT / "tests" / "campaigns" / "nordhaven-2027-014"

# The samples: 2 languages x 8 states of 3 tasks x 27 states of 3 briefings (no seat, a seat, a registered one) = 432,
# and in each language somebody who acts for the first two, of which all is open, and one has no seat.
FIRMS = 2 * 8 * 27
ANY_OPEN = FIRMS * 7 // 8 + 2
NO_SEAT = 2 * 8 + 2
NO_SEAT_OR_UNREGISTERED = 2 * 8 * (27 - 8 + 1) + 2  # of 27 states 8 have no seat that is unregistered, one has none
AT_A_BRIEFING = FIRMS * 2 // 3  # only who holds the seat is told of it: not who acts for two
AT_A_BRIEFING_OR_OPEN = FIRMS - 2 * 1 * 9 + 2  # all but those with nothing open and no seat there

APRIL = {
    "2023-04-06T10:00:00+08:00": NO_SEAT,  # 7 business days before the 19th, over Easter
    "2023-04-13T10:00:00+08:00": ANY_OPEN,  # 10 before the 27th, which is the last day before the 28th
    "2023-04-14T10:00:00+08:00": NO_SEAT_OR_UNREGISTERED,  # 3 before the 19th
    "2023-04-18T10:00:00+08:00": NO_SEAT_OR_UNREGISTERED,
    "2023-04-19T10:00:00+08:00": NO_SEAT_OR_UNREGISTERED,
    "2023-04-20T10:00:00+08:00": ANY_OPEN,  # 5 before the 27th
    "2023-04-21T10:00:00+08:00": AT_A_BRIEFING,  # the Friday before Monday the 24th
    "2023-04-24T10:00:00+08:00": AT_A_BRIEFING,
    "2023-04-25T10:00:00+08:00": AT_A_BRIEFING_OR_OPEN,  # 2 before the 27th, and the briefing of the 26th
    "2023-04-26T10:00:00+08:00": ANY_OPEN,
    "2023-04-27T10:00:00+08:00": ANY_OPEN,
    "2023-04-28T10:00:00+08:00": ANY_OPEN,  # "before 28 April": what to do where it was missed
}


def seconds(row: dict[str, str]) -> float:
    """How long after its planning it was sent."""
    sent, planned = datetime.fromisoformat(row["sent at"]), datetime.fromisoformat(row["planned at"])
    return (sent - planned) / timedelta(seconds=1)


@pytest.fixture(scope="module")
def april(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rehearsal of the real campaign, with samples."""
    out = tmp_path_factory.mktemp("april") / "out"
    assert rehearse(REAL, out) == 0
    return out


# --------------------------------------------------------------------------------------------------------- the calendar


def test_the_campaign_of_2023_has_exactly_the_messages_that_are_due(april: Path) -> None:
    rows = messages(april)
    assert Counter(row["planned at"] for row in rows) == APRIL
    assert {row["outcome"] for row in rows} == {"sent"}


def test_the_report_tells_the_same_days_and_numbers(april: Path) -> None:
    told = read(april)
    for at, count in APRIL.items():
        assert f"{datetime.fromisoformat(at):%H:%M} {count} messages" in told
    assert f"Messages {sum(APRIL.values()):,}" in told
    assert "Played (Asia/Hong_Kong) Wed 5 Apr 2023, 00:00 to Sun 30 Apr 2023, 00:00" in told
    assert load(REAL).content_hash[:16] in told


@pytest.mark.parametrize(
    "said",
    [
        "Fri 7 Apr 2023 Good Friday",
        "Sat 15 Apr 2023 Weekend",
        "Deadline as stated, “before”: register users' and DAs' e-mail addresses",
        "Last safe day: register users' and DAs' e-mail addresses",
        "Briefing 24apr, 16:30",
        "Slack takes 10 a second, 60 a minute to one chat",
        "Telegram takes 30 a second",
        "The participants are made up",
    ],
)
def test_the_calendar_says_what_the_days_are_and_what_the_platforms_take(april: Path, said: str) -> None:
    assert said in read(april)


def test_no_reminder_counts_from_a_tentative_date(april: Path) -> None:
    tentative = {fact.key for fact in load(REAL).facts if fact.kind == "fuzzy"}
    assert tentative
    assert not {rule.milestone for rule in load(REAL).reminders} & tentative
    assert max(row["planned at"] for row in messages(april)) < "2023-04-29"
    assert not [row for row in messages(april) if re.search(r"\bMay\b|5月", row["text"])]


def test_a_reminder_of_a_tentative_date_is_named_and_nothing_is_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tentative = next(fact.key for fact in load(REAL).facts if fact.kind == "fuzzy")
    rule = f'\n[[reminder]]\nkey = "launch"\nmilestone = "{tentative}"\nleads = ["1 business day"]\naudience = "all"\n'
    folder = altered(tmp_path / "campaign", REAL, f'{rule}text = {{ en = "Soon.", zh-Hant = "快了。" }}\n')
    assert rehearse(folder, tmp_path / "out") == 1
    assert f"{tentative} has no day to count from" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_summer_time_changes_no_hour_of_the_day(tmp_path: Path) -> None:
    assert rehearse(NORDHAVEN, tmp_path / "out") == 0
    planned = Counter(row["planned at"] for row in messages(tmp_path / "out"))
    nominations = [at for at in planned if at[:10] in ("2027-03-25", "2027-03-26", "2027-03-30", "2027-03-31")]
    assert sorted(nominations) == [
        "2027-03-25T10:00:00+00:00",
        "2027-03-26T14:00:00+00:00",  # three hours before 17:00
        "2027-03-30T10:00:00+01:00",  # the clocks changed on the 28th, and the 29th is Easter Monday
        "2027-03-31T10:00:00+01:00",
    ]
    # 4 states of 2 tasks x 27 of 3 calls, and one who acts for two: either task open, and the last one open.
    assert planned["2027-03-30T10:00:00+01:00"] == 108 * 3 // 4 + 1
    assert planned["2027-03-31T10:00:00+01:00"] == 108 // 2 + 1


# ------------------------------------------------------------------------------------------- shifted, skipped, unplayed


def test_a_reminder_that_would_fall_on_a_holiday_comes_earlier_and_the_report_says_why(
    tmp_path: Path, small: Sequence[str | Path]
) -> None:
    rule = '\n[[reminder]]\nkey = "early"\nmilestone = "emails.due"\nleads = ["20 calendar days"]\naudience = "all"\n'
    folder = altered(tmp_path / "campaign", REAL, f'{rule}text = {{ en = "Begin.", zh-Hant = "開始。" }}\n')
    assert rehearse(folder, tmp_path / "out", *small) == 0
    begin = [row["planned at"] for row in messages(tmp_path / "out") if "early" in row["rules"]]
    assert begin == ["2023-04-06T09:00:00+08:00"] * 2
    assert "Comes earlier: Fri 7 Apr 2023 is not a business day (Good Friday)." in read(tmp_path / "out")
    said = r"You get this already today because [^.]*7 April[^.]*\(Good Friday\) is not a business day\."
    assert re.search(said, read(tmp_path / "out"))


def test_who_begins_late_gets_only_what_is_still_of_use_and_reads_what_was_left_out(
    tmp_path: Path, small: Sequence[str | Path]
) -> None:
    out = tmp_path / "out"
    span = ("--from", "2023-04-20T18:00:00+08:00", "--to", "2023-04-25T12:00:00+08:00")
    assert rehearse(REAL, out, *span, *small) == 0
    assert Counter((row["planned at"], row["rules"], row["leads"]) for row in messages(out)) == {
        ("2023-04-20T18:00:00+08:00", "emails, connection", "5 business days, 5 business days"): 2,
        ("2023-04-25T10:00:00+08:00", "emails, connection", "2 business days, 2 business days"): 2,
    }
    told = read(out)
    late = "18:00:00 to 18:00:00, late: on Thu 20 Apr 2023."
    assert (
        f"Thu 20 Apr 2023, 10:00 E-mail registration, 5 business days 2 messages about 2 participants, {late}" in told
    )
    skipped = "E-mail registration, 10 business days Left out: a later reminder was due by then."
    assert f"Thu 13 Apr 2023, 10:00 {skipped}" in told
    assert "Briefing registration, 0 business days Left out: it was of no use any more." in told
    unplayed = "E-mail registration, 0 business days Not played: it comes after the end of this rehearsal."
    assert f"Thu 27 Apr 2023, 10:00 {unplayed}" in told


def test_participants_that_nobody_can_be_reached_of_are_named_and_all_names_are_escaped(tmp_path: Path) -> None:
    firms = table(tmp_path / "firms.csv", "code,name", "A1,Alpha", 'X9,"<script>alert(1)</script> & Co"')
    people = table(tmp_path / "people.csv", "participant,channel,address,name", "A1,slack,T01:U01,Amy")
    out = tmp_path / "out"
    assert rehearse(REAL, out, "--participants", firms, "--contacts", people) == 0
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Co (X9)" in report(out)
    assert "<script" not in report(out)
    assert {(row["participants"], row["contact"]) for row in messages(out)} == {("A1", "Amy")}


# ------------------------------------------------------------------------------------------------------------ the texts


def test_each_lead_is_shown_in_each_language_as_it_is_sent(april: Path) -> None:
    campaign, told = load(REAL), read(april)
    leads = [(rule, lead) for rule in campaign.reminders for lead in rule.leads]
    sent: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for row in messages(april):
        sent[row["rules"], row["leads"], row["text version"].split()[-1]].append(" ".join(row["text"].split()))
    for rule, lead in leads:
        for language in campaign.languages:
            assert any(text in told for text in sent[rule.key, lead, language]), (rule.key, lead, language)
    assert report(april).count('<p class="text" lang="en">') == len(leads) + 2
    assert report(april).count('<p class="text" lang="zh-Hant">') == len(leads) + 2


def test_an_example_has_everything_open_its_buttons_and_its_source(april: Path) -> None:
    section = report(april).partition("<code>emails</code></h3>")[2].partition("<h4>5 business days")[0]
    told = " ".join(unescape(re.sub(r"<[^>]+>", " ", section)).split())
    assert told.startswith("10 business days: Thu 13 Apr 2023, 10:00 English Reminder – CCMS two-factor authentication")
    assert "Not yet said to be done: ① CCMS users' e-mail addresses, ② DAs' e-mail addresses." in told
    assert f"/done {KEY} emails.user SAMPLE-" in told
    assert "“" in told.partition("Section")[2] or "Body, paragraph" in told


def test_what_is_of_one_hour_is_shown_in_one_message(april: Path) -> None:
    told = read(april).partition("Several in one message")[2]
    assert "To somebody who acts for 2 participants." in told
    assert "Of the same hour, in one message: emails, 2 business days; connection, 2 business days" in told


def test_marks_in_a_text_are_shown_as_they_are(tmp_path: Path, small: Sequence[str | Path]) -> None:
    folder = altered(tmp_path / "campaign", REAL, "", ("Little time is left.", 'Little <b>time</b> & \\"less\\".'))
    assert rehearse(folder, tmp_path / "out", *small) == 0
    assert "Little &lt;b&gt;time&lt;/b&gt; &amp; &#34;less&#34;." in report(tmp_path / "out")


# ------------------------------------------------------------------------------------------------------------- the pace


def test_the_times_are_those_that_the_platforms_allow(tmp_path: Path) -> None:
    """A mail every two seconds, and on Telegram thirty messages a second; neither waits for the other."""
    people = [("mail", f"p{number}@alpha.example") for number in range(8)]
    people += [("telegram", str(1000 + number)) for number in range(100)]
    firms = table(tmp_path / "firms.csv", "code,name", "A1,Alpha")
    contacts = table(tmp_path / "people.csv", "participant,channel,address", *(f"A1,{at},{who}" for at, who in people))
    span = ("--from", "2023-04-13T09:59:00+08:00", "--to", "2023-04-13T10:00:00+08:00")
    given = ("--participants", firms, "--contacts", contacts)
    assert rehearse(REAL, tmp_path / "out", *span, *given) == 0
    rows = [row for row in messages(tmp_path / "out") if "10:00:00" in row["planned at"]]
    assert sorted(seconds(row) for row in rows if row["channel"] == "mail") == [0, 2, 4, 6, 8, 10, 12, 14]
    chats = Counter(seconds(row) for row in rows if row["channel"] == "telegram")
    assert list(chats) == [0, 1, 2, 3]
    assert [chats[second] for second in (0, 1, 2)] == pytest.approx([30, 30, 30], abs=1)
    assert "Mail 8, at 30 a minute: the last goes after 14 s" in read(tmp_path / "out")
    assert re.search(r"Telegram 100, at 30 a second: the last goes after 3\.[34] s", read(tmp_path / "out"))


# --------------------------------------------------------------------------------------------------------- in a browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_report_is_readable_for_everybody(
    browser: Browser, april: Path, scheme: str, viewport: dict[str, int]
) -> None:
    with browser.new_context(color_scheme=scheme, viewport=viewport) as context:  # type: ignore[arg-type]  # both are of the literals that it knows
        page = context.new_page()
        page.goto((april / "report.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.get_by_role("columnheader").count() == 6
        assert page.get_by_role("rowheader", name="Fri 7 Apr 2023").count() == 1
        assert violations(page) == []


def test_the_report_loads_nothing_and_runs_nothing(april: Path) -> None:
    assert not re.search(r"<(script|link|img|iframe)\b|@import|url\(|\bon\w+=", report(april))
