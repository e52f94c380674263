"""A small campaign in which nothing is wrong, and a way to make one thing wrong."""

import tomllib
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from models.campaign import Campaign

CIRCULAR = """\
## 通告 CIRCULAR

Enquiry: Help Desk : 2345 6789/ E-mail : [help@harbour.example](mailto:help@harbour.example)

Members must return form A **before 28 April 2023 (Friday)** as described in the [guide](#) on https://harbour.example/a.
Members can enrol in the Portal by 17:00 on **19 April 2023 (Wednesday)** for one of the 2 talks.

Date\tPlace\tTime
24 April 2023 (Monday)\tGreat Hall*\t16:30 -17:45 (doors open at 16:00)

\\*Maximum 2 attendees per member.

<b>Schedule</b>\t<ul style="list-style-type: none"><li>• none</li></ul>
19 December 2022 onwards\t<ul><li>• Form A can be returned</li></ul>
28 April 2023\t<ul><li>• Deadline for form A</li></ul>
Late April – May 2023\t<ul><li>• Forms are processed</li></ul>

Open <https://gate.harbour.example:8443/start>, and reach mq.harbour.example ports 1414 and 1415.
A member names at least two and at most five keepers.
"""

FACTS = """
key = "small-2023"
name = { en = "Form A", zh-Hant = "表格A" }
issuer = { en = "Harbour", zh-Hant = "海港" }
issuer_short = "Harbour"
audience = { en = "Members", zh-Hant = "會員" }
languages = ["en", "zh-Hant"]
prevails = "en"
locales = { en = "en_HK", zh-Hant = "zh_Hant_HK" }
time_zone = "Asia/Hong_Kong"
time_label = { en = "HKT", zh-Hant = "香港時間" }

[calendar]
first = 2022-12-01
last = 2023-06-30
closed = [
  { on = 2023-04-05, name = { en = "Ching Ming Festival", zh-Hant = "清明節" } },
  { on = 2023-04-07, name = { en = "Good Friday", zh-Hant = "耶穌受難節" } },
  { on = 2023-04-10, name = { en = "Easter Monday", zh-Hant = "復活節星期一" } },
]

[[subject]]
key = "form"
name = { en = "Form A", zh-Hant = "表格A" }

[[subject]]
key = "talk"
name = { en = "Talks", zh-Hant = "講座" }

[[contact]]
key = "desk"
kind = "phone"
value = "2345 6789"
label = { en = "Help Desk", zh-Hant = "服務台" }
clause = "Enquiry"
quote = "Help Desk : 2345 6789"

[[contact]]
key = "mail"
kind = "email"
value = "help@harbour.example"
label = { en = "e-mail", zh-Hant = "電郵" }
clause = "Enquiry"
quote = "E-mail : help@harbour.example"

[[fact]]
key = "form.due"
subject = "form"
about = "deadline"
kind = "before"
value = "2023-04-28"
name = { en = "Form A returned", zh-Hant = "交回表格A" }
task = { en = "return form A", zh-Hant = "交回表格A" }
clause = "Body, paragraph 1"
quote = "Members must return form A before 28 April 2023 (Friday)"
conflicts_with = ["form.due.schedule"]

[[fact]]
key = "form.due.schedule"
subject = "form"
about = "deadline"
kind = "by"
value = "2023-04-28"
timeline = false
clause = "Schedule"
quote = "28 April 2023 • Deadline for form A"

[[fact]]
key = "form.open"
subject = "form"
about = "opens"
kind = "from"
value = "2022-12-19"
name = { en = "Form A open", zh-Hant = "開始交表格A" }
clause = "Schedule"
quote = "19 December 2022 onwards • Form A can be returned"

[[fact]]
key = "form.processing"
subject = "form"
about = "processing"
kind = "fuzzy"
value = "late 2023-04/2023-05"
name = { en = "Forms processed", zh-Hant = "處理表格" }
clause = "Schedule"
quote = "Late April – May 2023 • Forms are processed"

[[fact]]
key = "talk.due"
subject = "talk"
about = "deadline"
kind = "by"
value = "2023-04-19"
at = 17:00:00
name = { en = "Enrolment for the talks", zh-Hant = "報名參加講座" }
task = { en = "enrol for a talk in the Portal", zh-Hant = "報名參加講座" }
clause = "Body, paragraph 2"
quote = "Members can enrol in the Portal by 17:00 on 19 April 2023 (Wednesday)"

[[fact]]
key = "talk.where"
subject = "talk"
about = "register"
value = "in the Portal"
clause = "Body, paragraph 2"
quote = "Members can enrol in the Portal"

[[fact]]
key = "talk.limit"
subject = "talk"
about = "limit"
kind = "number"
value = 2
clause = "Note *"
quote = "*Maximum 2 attendees per member."

[[fact]]
key = "keepers.min"
subject = "form"
about = "minimum"
kind = "number"
value = 2
clause = "Last line"
quote = "at least two and at most five keepers"

[[briefing]]
key = "24apr"
on = 2023-04-24
start = 16:30:00
end = 17:45:00
door = 16:00:00
mode = "hall"
mode_name = { en = "in person", zh-Hant = "現場" }
limit = 2
clause = "Table and note *"
quote = "24 April 2023 (Monday) Great Hall* 16:30 -17:45 (doors open at 16:00) *Maximum 2 attendees per member."
closes = "talk.due"

[[target]]
key = "gate"
name = { en = "the gate", zh-Hant = "入口" }
url = "https://gate.harbour.example:8443/start"
clause = "Last lines"
quote = "Open https://gate.harbour.example:8443/start"

[[target]]
key = "queue"
name = { en = "the queue", zh-Hant = "隊列" }
host = "mq.harbour.example"
ports = [1414, 1415]
clause = "Last lines"
quote = "mq.harbour.example ports 1414 and 1415"

[[link]]
key = "guide"
name = { en = "the guide", zh-Hant = "指南" }
url = "https://harbour.example/a"
clause = "Body, paragraph 1"
quote = "the guide on https://harbour.example/a"

[[term]]
key = "form-a"
name = "form A"
meaning = { en = "the form of a member", zh-Hant = "會員表格" }

[[reminder]]
key = "talk"
milestone = "talk.due"
leads = ["7 business days", "14 calendar days", "3 hours"]
at = 10:00:00
audience = "all"
text = { en = "{deadline talk.due}", zh-Hant = "{deadline talk.due}" }
"""

ANSWERS = """
[[answer]]
key = "form.deadline"
title = { en = "Deadline of form A", zh-Hant = "表格A的限期" }
covers = ["form:deadline"]
triggers = ["cut-off"]
sources = ["form.due", "form.due.schedule"]
examples = [
  "when is form A due", "deadline of the form", "by when must we return it", "last day for form A", "form A cut-off",
  "表格幾時截止", "表格A的限期", "幾號之前要交表格",
]
[answer.text]
en = [
  { when = "open form.due", text = "{deadline form.due} {left form.due}" },
  { when = "doubt form.due", text = "The last safe day was {safe form.due}." },
  { when = "over form.due", text = "{deadline form.due} Call {contact desk}." },
]
zh-Hant = ["{deadline form.due}"]

[[answer]]
key = "talk.limit"
title = { en = "How many may come", zh-Hant = "人數上限" }
covers = ["talk:limit"]
sources = ["talk.limit"]
examples = [
  "how many may come", "can three of us attend", "limit of people", "seats per member", "maximum attendees",
  "最多幾多人", "可以去三個人嗎", "人數上限",
]
[answer.text]
en = ["{value talk.limit} a member. Open {url gate}; a {meaning form-a}."]
zh-Hant = ["每會員 {value talk.limit} 人。"]

[[answer]]
key = "talk.fee"
outcome = "not_stated"
title = { en = "Fee", zh-Hant = "費用" }
examples = [
  "what does it cost", "is there a fee", "price of the talk", "is it free of charge", "how much to pay",
  "幾錢", "要收費嗎", "費用多少",
]
[answer.text]
en = ["The circular does not say."]
zh-Hant = ["通告沒有說明。"]
"""

Raw = dict[str, Any]


def raw() -> Raw:
    """The small campaign as it is read from its files."""
    return tomllib.loads(FACTS) | tomllib.loads(ANSWERS)


def made(data: Mapping[str, Any], circular: str = CIRCULAR) -> Campaign:
    return Campaign(**data, circular=circular, content_hash="0")


def changed(place: str = "", /, **fields: Any) -> Campaign:
    """The small campaign with other fields at one place, such as `fact.form.due`; a field that is None is left out."""
    data = deepcopy(raw())
    entry = at(data, place) if place else data
    for field, value in fields.items():
        entry[field] = value
        if value is None:
            del entry[field]
    return made(data)


def added(table: str, **fields: Any) -> Campaign:
    """The small campaign with one entry more."""
    data = raw()
    data.setdefault(table, []).append(fields)
    return made(data)


def at(data: Raw, place: str) -> Raw:
    table, _, key = place.partition(".")
    found = data[table]
    return next(entry for entry in found if entry["key"] == key) if isinstance(found, list) else found


def written(folder: Path, facts: str = FACTS, answers: str = ANSWERS, circular: str = CIRCULAR) -> Path:
    """The small campaign as a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "campaign.toml").write_text(facts, encoding="utf-8")
    (folder / "answers.toml").write_text(answers, encoding="utf-8")
    (folder / "circular.txt").write_text(circular, encoding="utf-8")
    return folder
