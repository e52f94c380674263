"""Slack fails at each step of a file: it is tried again where that does no harm, else told; the words stay one."""

from collections.abc import Iterator

import pytest

from bot.app import App
from models.message import Reply
from models.reach import closed
from tests.slack_cast import answers, channel, idle, only_sqlite, shown
from tests.slack_papers import ANN, DATES, MISSING, STEPS, TEXT, came, check_texts, register, settled
from tests.slack_platform import RESPONSE_URL, UPLOAD_URL, Fault, Platform, rate_limited
from tests.slack_workspace import User

pytestmark = only_sqlite


@pytest.fixture(autouse=True)
def _acts(slack: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    register(monkeypatch)
    yield
    check_texts(slack)


@pytest.fixture
def ann(slack: Platform) -> User:
    return slack.users["U0ANN"]


PASSING = {
    "limited": rate_limited(0),
    "down": Fault("service_unavailable", 503),
    "broken": Fault(status=500),
    "cut before": Fault(reset="before"),
    "cut after": Fault(reset="after"),
}


@pytest.mark.parametrize("trouble", PASSING)
@pytest.mark.parametrize("step", STEPS[:2])
async def test_until_it_is_shared_a_file_is_tried_again(
    in_slack: App, slack: Platform, ann: User, step: str, trouble: str
) -> None:
    slack.fail(step, PASSING[trouble], PASSING[trouble])
    await slack.say(ann, "/public")
    await came(slack)
    await settled(in_slack)
    assert (len(slack.called(step)), len(slack.shared)) == (3, 1)
    assert (len(slack.called("chat.postMessage")), await idle(in_slack)) == (1, {"answered": 1})


@pytest.mark.parametrize("trouble", ["limited", "down"])
async def test_a_file_that_was_not_shared_is_tried_again(
    in_slack: App, slack: Platform, ann: User, trouble: str
) -> None:
    slack.fail(STEPS[2], PASSING[trouble], PASSING[trouble])
    await slack.say(ann, "/public")
    await came(slack)
    await settled(in_slack)
    assert (len(slack.called(STEPS[2])), len(slack.called("chat.postMessage"))) == (3, 1)


@pytest.mark.parametrize(("trouble", "shared"), [("broken", 0), ("cut before", 0), ("cut after", 1)])
async def test_a_file_that_may_have_been_shared_is_not_shared_again_and_its_reader_is_told(
    in_slack: App, slack: Platform, ann: User, trouble: str, shared: int
) -> None:
    slack.fail(STEPS[2], PASSING[trouble])
    await slack.say(ann, "/public")
    told = await slack.until(lambda: [one for one in slack.shown_to(ann) if one.text.startswith(MISSING)])
    await settled(in_slack)
    assert (len(slack.called(STEPS[2])), len(slack.shared), len(told)) == (1, shared, 1)
    assert await idle(in_slack) == {"answered": 1}


@pytest.mark.parametrize(
    ("step", "fault", "tries"),
    [
        (STEPS[0], Fault("missing_scope"), 4),
        (STEPS[0], Fault("file_uploads_disabled"), 1),
        (STEPS[0], Fault(status=500), 4),
        (STEPS[0], rate_limited(3_600), 1),
        (UPLOAD_URL, Fault(status=413), 4),
        (UPLOAD_URL, Fault(status=302), 4),
        (STEPS[2], rate_limited(0), 4),
        (STEPS[2], Fault("file_type_not_allowed"), 1),
        (STEPS[2], Fault("not_in_channel"), 1),
    ],
)
async def test_a_file_that_cannot_be_sent_is_told_in_words(
    in_slack: App,
    slack: Platform,
    ann: User,
    caplog: pytest.LogCaptureFixture,
    step: str,
    fault: Fault,
    tries: int,
) -> None:
    slack.fail(step, *[fault] * tries)
    await slack.say(ann, "/public")
    words, told = await answers(slack, ann, 2)
    await settled(in_slack)
    assert (shown(words), shown(told).startswith(MISSING), slack.shared) == (TEXT, True, [])
    assert (len(slack.called(step)), len(slack.shown_to(ann))) == (tries, 2)
    assert [line for line in caplog.messages if line.startswith("the file dates.ics may not have come to D0ANN: ")]
    # The words count as sent, and the place stays open.
    assert (await idle(in_slack), await in_slack.store.read(closed, ANN)) == ({"answered": 1}, None)


async def test_one_file_that_fails_keeps_no_other_back(in_slack: App, slack: Platform, ann: User) -> None:
    slack.fail(STEPS[2], Fault("file_type_not_allowed"))
    await slack.say(ann, "/public both")
    await came(slack)
    await settled(in_slack)
    assert [file.name for _, file in slack.shared] == ["seats.csv"]
    assert [shown(one).startswith(MISSING) for one in slack.shown_to(ann) if not one.files] == [False, True]


async def test_the_reader_is_told_in_the_answer_s_language(
    in_slack: App, slack: Platform, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack.fail(STEPS[0], Fault("file_uploads_disabled"))
    await channel(in_slack).send(ANN, Reply("喺度。", files=(DATES,), language="zh-Hant"), "key")
    _, told = await answers(slack, ann, 2)
    assert shown(told).startswith("檔案 dates.ics 出現問題。")


async def test_an_answer_whose_words_were_limited_is_sent_once_with_its_file(
    in_slack: App, slack: Platform, ann: User
) -> None:
    slack.fail("chat.postMessage", rate_limited(0))
    slack.fail(RESPONSE_URL, rate_limited(0))
    await slack.say(ann, "/public")
    await came(slack)
    await slack.command(ann, "C0GEN", "/private")
    await came(slack, 2)
    await settled(in_slack)
    assert (len(slack.called("chat.postMessage")), len(slack.called(RESPONSE_URL))) == (3, 2)
    assert len(slack.shared) == 2


NOT_SLACK_S = ("https://files.slack.com.example.org/upload/v1/x", "http://files.slack.com/x", "file:///etc/passwd")


@pytest.mark.parametrize("url", NOT_SLACK_S)
async def test_content_goes_to_no_address_but_slack_s(
    in_slack: App, slack: Platform, ann: User, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setattr(slack, "url_of_upload", lambda key: url)
    await slack.say(ann, "/public")
    _, told = await answers(slack, ann, 2)
    assert shown(told).startswith(MISSING)
    assert len(slack.called(STEPS[0])) == 1


async def test_at_the_end_a_file_under_way_is_waited_for_and_one_that_hangs_is_written_down(
    in_slack: App, slack: Platform, ann: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.slack.STOP_SECONDS", 0.5)
    slack.fail(STEPS[0], Fault(seconds=0.2), rate_limited(30))
    for words in ("/public", "/public again"):
        await slack.say(ann, words)
        await idle(in_slack)
    await channel(in_slack).close()
    assert len(slack.shared) == 1
    assert "the file dates.ics may not have come to D0ANN: Usher was stopped" in caplog.messages
