"""The lint finds each thing that would mislead a person, says where it is, and finds nothing else."""

from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from models.campaign import Campaign, Problem, lint, load
from tests.campaign_cast import CIRCULAR, added, changed, made, raw

FACTS, ANSWERS = "campaign.toml", "answers.toml"
ROOT = Path(__file__).parents[1]
FOLDERS = sorted(
    file.parent for base in ("campaigns", "tests/campaigns") for file in (ROOT / base).glob("*/answers.toml")
)


def only(campaign: Campaign) -> Problem:
    problems = lint(campaign)
    assert len(problems) == 1, "\n".join(map(str, problems))
    return problems[0]


def test_the_small_campaign_is_clean() -> None:
    assert lint(made(raw())) == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_campaign_of_the_repository_is_clean(folder: Path) -> None:
    assert [str(problem) for problem in lint(load(folder))] == []


def test_a_problem_says_file_place_and_reason() -> None:
    problem = only(changed("fact.talk.where", clause=""))
    assert str(problem) == "campaign.toml: fact.talk.where: has no clause"


# Each breaks one thing: what is changed, the place that the lint must name, and a part of what it must say.
WRONG: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("fact.talk.where", {"quote": "enrol in the Gateway"}, FACTS, "fact.talk.where.quote", "not in circular.txt"),
    ("fact.talk.where", {"quote": ""}, FACTS, "fact.talk.where", "has no quote"),
    ("target.gate", {"quote": ""}, FACTS, "target.gate", "has no quote"),
    # a value that disagrees with its quote
    ("fact.form.open", {"value": "2022-12-18"}, FACTS, "fact.form.open.value", "2022-12-18 is not a date"),
    ("fact.form.open", {"value": "2023-12-19"}, FACTS, "fact.form.open.value", "prints: 19/12/2022"),
    ("fact.form.open", {"kind": "on"}, FACTS, "fact.form.open.kind", "say 'from'"),
    ("fact.talk.due", {"kind": "before"}, FACTS, "fact.talk.due.kind", "say 'by'"),
    ("fact.form.due", {"kind": "by"}, FACTS, "fact.form.due.kind", "it is 'by', but the quote's words say 'before'"),
    ("fact.talk.due", {"at": time(18)}, FACTS, "fact.talk.due.at", "18:00 is not a time"),
    ("fact.talk.due", {"at": None}, FACTS, "fact.talk.due.at", "absent, but the quote prints 17:00"),
    ("fact.form.processing", {"value": "late 2023-04"}, FACTS, "fact.form.processing.value", "to 2023-05"),
    ("fact.form.processing", {"value": "early 2023-04/2023-05"}, FACTS, "fact.form.processing.value", "late 2023-04"),
    ("fact.form.processing", {"kind": "on", "value": "2023-04-30"}, FACTS, "fact.form.processing.value", "2023-04-30"),
    ("fact.talk.limit", {"value": 3}, FACTS, "fact.talk.limit.value", "3 is not among the numbers"),
    ("fact.keepers.min", {"value": 4}, FACTS, "fact.keepers.min.value", "prints: 2, 5"),
    ("fact.talk.where", {"value": "in the Portal, form 7"}, FACTS, "fact.talk.where.value", "7 is not printed"),
    ("fact.talk.where", {"value": "until 20 April 2023"}, FACTS, "fact.talk.where.value", "20/4/2023 is not printed"),
    ("fact.talk.where", {"value": "in the Portal at 9:30"}, FACTS, "fact.talk.where.value", "09:30 is not printed"),
    ("fact.talk.where", {"value": "on a.example"}, FACTS, "fact.talk.where.value", "a.example is not printed"),
    ("contact.desk", {"value": "2345 6780"}, FACTS, "contact.desk.value", "2345 6780 is not the phone"),
    ("contact.mail", {"value": "info@harbour.example"}, FACTS, "contact.mail.value", "is not the email"),
    ("contact.desk", {"hours": {"en": "9:00-18:00", "zh-Hant": "日間"}}, FACTS, "contact.desk.hours", "09:00, 18:00"),
    ("briefing.24apr", {"on": date(2023, 4, 25)}, FACTS, "briefing.24apr.on", "2023-04-25 is not a date"),
    ("briefing.24apr", {"start": time(15, 30)}, FACTS, "briefing.24apr.start", "15:30 is not a time"),
    ("briefing.24apr", {"end": time(18)}, FACTS, "briefing.24apr.end", "prints: 16:00, 16:30, 17:45"),
    ("briefing.24apr", {"door": time(15)}, FACTS, "briefing.24apr.door", "15:00 is not a time"),
    ("briefing.24apr", {"limit": 3}, FACTS, "briefing.24apr.limit", "3 is not among the numbers"),
    ("briefing.24apr", {"capacity": 40}, FACTS, "briefing.24apr.capacity", "40 is not among the numbers"),
    ("briefing.24apr", {"elsewhere": {"London": "09:30"}}, FACTS, "briefing.24apr.elsewhere.London", "09:30"),
    ("target.gate", {"url": "https://gate.harbour.example/start"}, FACTS, "target.gate.url", "is not printed"),
    ("target.queue", {"host": "mp.harbour.example"}, FACTS, "target.queue.host", "is not printed"),
    ("target.queue", {"marker": "Welcome"}, FACTS, "target.queue.marker", "only a url"),
    ("target.queue", {"issuers": ["R3"]}, FACTS, "target.queue.issuers", "only a url"),
    ("target.queue", {"proxy": "http://proxy.example:8080"}, FACTS, "target.queue.proxy", "only a url"),
    ("target.gate", {"addresses": ["203.0.0.0/8"]}, FACTS, "target.gate.addresses", "so wide"),
    ("target.gate", {"guide": {"en": "the guide"}}, FACTS, "target.gate.guide", "lacks zh-Hant"),
    ("target.queue", {"ports": [1414]}, FACTS, "target.queue.ports", "prints: 1414, 1415"),
    ("link.guide", {"url": "https://harbour.example/b"}, FACTS, "link.guide.url", "is not printed"),
    ("briefing.24apr", {"closes": "form.open"}, FACTS, "briefing.24apr.closes", "fact.form.open is no deadline"),
    ("briefing.24apr", {"closes": "form.due"}, FACTS, "briefing.24apr.closes", "is later (2023-04-28)"),
    # what is not stated, and why
    ("fact.talk.where", {"status": "inferred"}, FACTS, "fact.talk.where.reason", "without the reason"),
    ("fact.talk.where", {"status": "ruled", "ruled_by": "A. Lee"}, FACTS, "fact.talk.where.ruled_by", "ruled"),
    ("fact.talk.where", {"status": "ruled", "ruled_on": date(2023, 4, 3)}, FACTS, "fact.talk.where.ruled_by", "ruled"),
    # languages
    ("fact.talk.due", {"name": {"en": "Talks"}}, FACTS, "fact.talk.due.name", "lacks zh-Hant"),
    ("fact.talk.due", {"task": {"zh-Hant": "報名"}}, FACTS, "fact.talk.due.task", "lacks en"),
    ("fact.form.due.schedule", {"timeline": True, "name": {"en": "Form A", "zh-Hant": "表格A"},
     "task": {"en": "return form A"}}, FACTS, "fact.form.due.schedule.task", "lacks zh-Hant"),
    ("contact.desk", {"label": {"zh-Hant": "服務台", "en": " "}}, FACTS, "contact.desk.label", "lacks en"),
    ("briefing.24apr", {"place": {"en": "Hall"}}, FACTS, "briefing.24apr.place", "lacks zh-Hant"),
    ("briefing.24apr", {"language": "yue", "language_name": {"en": "Cantonese"}}, FACTS,
     "briefing.24apr.language_name", "lacks zh-Hant"),
    ("subject.form", {"name": {"en": "Form"}}, FACTS, "subject.form.name", "lacks zh-Hant"),
    ("", {"locales": {"en": "en_HK"}}, FACTS, "locales", "lacks zh-Hant"),
    ("", {"audience": {"en": "Members"}}, FACTS, "audience", "lacks zh-Hant"),
    ("", {"prevails": "fr"}, FACTS, "prevails", "'fr' is not among languages"),
    ("answer.talk.fee", {"title": {"en": "Fee"}}, ANSWERS, "answer.talk.fee.title", "lacks zh-Hant"),
    ("answer.talk.fee", {"text": {"en": ["No."]}}, ANSWERS, "answer.talk.fee.text", "lacks zh-Hant"),
    ("answer.talk.fee", {"text": {"en": ["No."], "zh-Hant": []}}, ANSWERS, "answer.talk.fee.text", "lacks zh-Hant"),
    # labels
    ("subject.form", {"name": {"en": "x" * 41, "zh-Hant": "表格"}}, FACTS, "subject.form.name", "41 characters"),
    ("", {"name": {"en": "x" * 41, "zh-Hant": "表格"}}, FACTS, "name", "41 characters"),
    ("answer.talk.fee", {"title": {"en": "Fee", "zh-Hant": "費" * 41}}, ANSWERS,
     "answer.talk.fee.title", "41 characters"),
    ("answer.talk.fee", {"title": {"en": "How many may come", "zh-Hant": "費用"}}, ANSWERS,
     "answer.talk.fee.title", "is the title of answer.talk.limit too"),
    # sources of answers
    ("answer.talk.limit", {"sources": ["desk"]}, ANSWERS, "answer.talk.limit.sources", "tells talk.limit"),
    ("answer.talk.limit", {"sources": ["talk.limit", "form-a"]}, ANSWERS, "answer.talk.limit.sources", "no quote"),
    ("answer.talk.limit", {"sources": ["talk.limit", "form.due"]}, ANSWERS,
     "answer.talk.limit.sources", "has form.due, but not form.due.schedule"),
    ("answer.talk.limit", {"sources": ["talk.limit", "form.due.schedule"]}, ANSWERS,
     "answer.talk.limit.sources", "has form.due.schedule, but not form.due,"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "fields", "file", "named", "words"), WRONG, ids=lambda value: str(value)[:40])
def test_one_wrong_thing_is_one_problem(place: str, fields: dict[str, Any], file: str, named: str, words: str) -> None:
    problem = only(changed(place, **fields))
    assert (problem.file, problem.place) == (file, named)
    assert words in problem.message


def test_an_answer_needs_a_source() -> None:
    problem = only(changed("answer.talk.fee", outcome="answer"))
    assert str(problem) == "answers.toml: answer.talk.fee.sources: has no source"


@pytest.mark.parametrize("outcome", ["not_stated", "refuse", "chat"])
def test_a_refusal_needs_no_source(outcome: str) -> None:
    assert lint(changed("answer.talk.fee", outcome=outcome)) == []


def test_a_deadline_without_its_task_is_found() -> None:
    problems = lint(changed("fact.talk.due", task=None))
    assert [str(one) for one in problems] == [
        f"campaign.toml: fact.talk.due.task: lacks {one}" for one in ("en", "zh-Hant")
    ]


def test_a_weekday_that_the_circular_prints_wrongly_is_found() -> None:
    circular = CIRCULAR.replace("19 April 2023 (Wednesday)", "19 April 2023 (Thursday)")
    data = changed("fact.talk.due", quote="by 17:00 on 19 April 2023 (Thursday)")
    problem = only(data.model_copy(update={"circular": circular}))
    assert problem.place == "fact.talk.due.quote"
    assert problem.message == "it prints Thursday, but 2023-04-19 is a Wednesday"


def test_a_day_that_does_not_exist_is_found() -> None:
    circular = CIRCULAR.replace("19 April 2023 (Wednesday)", "31 April 2023 (Wednesday)")
    data = changed("fact.talk.due", quote="by 17:00 on 31 April 2023 (Wednesday)", kind="text", value="April", at=None)
    places = {problem.place for problem in lint(data.model_copy(update={"circular": circular}))}
    assert "fact.talk.due.quote" in places


def test_a_ruling_may_contradict_the_quote() -> None:
    ruled = {"status": "ruled", "ruled_by": "A. Lee, Help Desk", "ruled_on": date(2023, 4, 3)}
    assert lint(changed("fact.talk.due", value="2023-04-20", **ruled)) == []


def test_what_is_inferred_need_not_be_printed() -> None:
    reason = {"en": "two business days before the talk", "zh-Hant": "講座前兩個工作天"}
    assert lint(changed("fact.talk.due", status="inferred", reason=reason, value="2023-04-20")) == []


def test_the_time_of_what_is_inferred_agrees_with_the_quote_where_one_is_printed() -> None:
    reason = {"en": "two business days before the talk", "zh-Hant": "講座前兩個工作天"}
    problem = only(changed("fact.talk.due", status="inferred", reason=reason, value="2023-04-20", at=time(18)))
    assert problem.place == "fact.talk.due.at"


@pytest.mark.parametrize("other", [{"kind": "by"}, {"kind": "before"}])
def test_two_dates_for_one_thing_need_a_ruling_or_a_declared_conflict(other: dict[str, str]) -> None:
    silent = {key: value for key, value in _table(other["kind"]).items() if key != "conflicts_with"}
    problem = only(added("fact", **silent))
    assert (problem.file, problem.place) == (FACTS, "fact.talk.due.other")
    assert "fact.talk.due says by 2023-04-19 17:00 about the same (talk, deadline)" in problem.message


def test_a_declared_conflict_is_none() -> None:
    assert lint(added("fact", **_table("by"))) == []


def test_a_ruling_settles_a_conflict() -> None:
    settled = {"status": "ruled", "ruled_by": "A. Lee, Help Desk", "ruled_on": date(2023, 4, 3), "conflicts_with": []}
    assert lint(added("fact", **_table("by") | settled)) == []


def _table(kind: str) -> dict[str, Any]:
    """A second deadline of the talks, as a table of the circular might have it."""
    quotes = {"by": "28 April 2023 • Deadline for form A", "before": "before 28 April 2023 (Friday)"}
    return {
        "key": "talk.due.other", "subject": "talk", "about": "deadline", "kind": kind, "value": "2023-04-28",
        "timeline": False, "clause": "Schedule", "quote": quotes[kind], "conflicts_with": ["talk.due"],
    }  # fmt: skip


OUTSIDE = {"on": date(2023, 7, 1), "name": {"en": "Establishment Day", "zh-Hant": "成立紀念日"}}


def test_a_holiday_outside_the_calendar_is_found() -> None:
    closed = [*raw()["calendar"]["closed"], OUTSIDE]
    assert only(changed("calendar", closed=closed)).place == "calendar.closed.2023-07-01"


def test_a_holiday_that_stands_twice_is_found() -> None:
    closed = raw()["calendar"]["closed"]
    problem = only(changed("calendar", closed=[*closed, closed[0]]))
    assert str(problem) == "campaign.toml: calendar.closed.2023-04-05: stands twice"


def test_a_holiday_without_a_name_in_every_language_is_found() -> None:
    closed = [*raw()["calendar"]["closed"], {"on": date(2023, 5, 1), "name": {"en": "Labour Day"}}]
    assert str(only(changed("calendar", closed=closed))) == "campaign.toml: calendar.closed.2023-05-01: lacks zh-Hant"


def test_a_calendar_that_ends_before_it_begins_is_found() -> None:
    places = [problem.place for problem in lint(changed("calendar", last=date(2022, 11, 30)))]
    assert places[0] == "calendar"


def test_a_deadline_that_the_calendar_does_not_reach_is_found() -> None:
    problems = lint(changed("calendar", last=date(2023, 4, 27)))
    assert [problem.place for problem in problems] == ["fact.form.due", "fact.form.due.schedule"]


REMINDERS: list[tuple[dict[str, Any], str, str]] = [
    ({"leads": ["0 calendar days"], "at": time(17)}, "leads", "falls on 2023-04-19 17:00, after the deadline"),
    ({"leads": ["0 business days"], "at": time(18)}, "leads", "after_deadline is not set"),
    ({"milestone": "form.due", "leads": ["0 hours"]}, "leads", "falls on 2023-04-28 00:00, after the deadline"),
    ({"leads": ["0 business days"], "after_deadline": True}, "leads", "before the deadline, but after_deadline is set"),
    ({"leads": ["200 calendar days"]}, "leads", "200 calendar days: falls on 2022-09-30, which the calendar does not"),
    ({"milestone": "form.processing"}, "milestone", "fact.form.processing has no day to count from"),
    ({"milestone": "talk.limit"}, "milestone", "fact.talk.limit has no day to count from"),
    ({"leads": ["1 hour", "1 hour"]}, "leads", "1 hour stands twice"),
]


@pytest.mark.parametrize(("fields", "field", "words"), REMINDERS, ids=[words for _, _, words in REMINDERS])
def test_a_reminder_that_comes_at_the_wrong_time_is_found(fields: dict[str, Any], field: str, words: str) -> None:
    problem = only(changed("reminder.talk", **fields))
    assert (problem.file, problem.place) == (FACTS, f"reminder.talk.{field}")
    assert words in problem.message


def test_a_reminder_that_is_meant_for_after_the_deadline_is_fine() -> None:
    assert lint(changed("reminder.talk", leads=["1 business day", "1 hour"], after_deadline=True)) == []
