"""The doctor finds what is wrong with the Slack app and the Telegram bot, and says what to do."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.clock import machine_time
from bot.doctor.finding import Mark
from bot.manifest import SCOPES, scopes
from tests.channels_cast import ROOM
from tests.doctor_cast import HISTORY, PUBLIC, found, marked, slack_settings, telegram_settings, with_history
from tests.slack_contract import METHODS
from tests.slack_platform import Fault, Platform, rate_limited
from tests.telegram_platform import Fault as TelegramFault
from tests.telegram_platform import TelegramPlatform

IN_SLACK = {"SUPPORT_ROOM": f"slack:{ROOM}"}
HOOK = {"TELEGRAM_WEBHOOK_SECRET": "hook-secret", **PUBLIC}
GROUP = -1001234567890
IN_TELEGRAM = {"SUPPORT_ROOM": f"telegram:{GROUP}"}


@pytest.fixture(autouse=True)
def _documented(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METHODS, "conversations.history", HISTORY)


@pytest.fixture
def app(slack: Platform) -> Platform:
    """Slack, with Usher's app as the manifest makes it."""
    slack.scopes = ",".join(scopes(support_room=True))
    with_history(slack)
    return slack


# Slack


async def test_a_slack_app_that_is_well_set_up_has_nothing_to_tell(app: Platform, tmp_path: Path) -> None:
    told = await found("Slack", tmp_path, slack_settings(app), IN_SLACK, SLACK_APP_TOKEN=app.app_token)
    assert [line.split()[0] for line in told] == ["ok"] * 6
    assert f"@usher in {app.team} (T0USHER)" in told[1]
    assert f"SUPPORT_ROOM=slack:{ROOM}" in told[4]
    assert "Socket Mode can be connected" in told[5]
    methods = ("auth.test", "conversations.history", "conversations.info", "apps.connections.open")
    assert all(call.method in methods for call in app.calls)


async def test_nothing_is_read_in_the_support_room(app: Platform, tmp_path: Path) -> None:
    before = machine_time().timestamp()
    await found("Slack", tmp_path, slack_settings(app), IN_SLACK)
    (call,) = app.called("conversations.history")
    assert float(call.arguments["oldest"]) >= before


async def test_a_lacking_scope_is_named_with_its_reason(app: Platform, tmp_path: Path) -> None:
    app.scopes = "chat:write,commands,im:history"
    told = marked(await found("Slack", tmp_path, slack_settings(app)), Mark.BROKEN)
    assert f"app_mentions:read (to {SCOPES['app_mentions:read']})" in told
    assert "chat:write" not in told
    assert "install the app again" in told


async def test_a_support_room_needs_one_scope_more(app: Platform, tmp_path: Path) -> None:
    app.scopes = ",".join(SCOPES)
    assert not [line for line in await found("Slack", tmp_path, slack_settings(app)) if line.startswith("broken")]
    assert "groups:history" in marked(await found("Slack", tmp_path, slack_settings(app), IN_SLACK), Mark.BROKEN)


async def test_every_room_of_the_desk_is_looked_at_and_a_shared_one_is_told(app: Platform, tmp_path: Path) -> None:
    app.channel("C0SECOND", app.users["U0ANN"], kind="private", shared=True)
    rooms = {"SUPPORT_ROOM": f"slack:{ROOM}", "SUPPORT_SECOND_TIER": "slack:C0SECOND"}
    told = await found("Slack", tmp_path, slack_settings(app), rooms)
    assert f"SUPPORT_ROOM=slack:{ROOM}: Usher is in it" in "\n".join(told)
    assert "SUPPORT_SECOND_TIER=slack:C0SECOND is shared with another organisation" in marked(told, Mark.BROKEN)


async def test_more_scopes_than_needed_are_a_warning(app: Platform, tmp_path: Path) -> None:
    app.scopes += ",channels:history,users:read"
    told = marked(await found("Slack", tmp_path, slack_settings(app)), Mark.WARNING)
    assert told.endswith("take away: channels:history, users:read")


@pytest.mark.parametrize(
    ("code", "advice"),
    [("invalid_auth", "copy it again"), ("token_revoked", "install the app again"), ("fatal_error", "fatal_error")],
)
async def test_a_token_that_slack_refuses_is_explained(app: Platform, tmp_path: Path, code: str, advice: str) -> None:
    app.fail("auth.test", Fault(code))
    told = marked(await found("Slack", tmp_path, slack_settings(app)), Mark.BROKEN)
    assert "SLACK_BOT_TOKEN" in told
    assert advice in told


@pytest.mark.parametrize("fault", [Fault(status=500), Fault(status=503), Fault(reset="before")])
async def test_a_slack_that_is_down_is_told(app: Platform, tmp_path: Path, fault: Fault) -> None:
    app.fail("auth.test", fault)
    assert "could not be checked" in marked(await found("Slack", tmp_path, slack_settings(app)), Mark.BROKEN)


async def test_a_slack_that_asks_to_wait_is_no_fault(app: Platform, tmp_path: Path) -> None:
    app.fail("auth.test", rate_limited())
    assert "asks to wait" in marked(await found("Slack", tmp_path, slack_settings(app)), Mark.WARNING)


async def test_an_app_token_that_does_not_work_is_told(app: Platform, tmp_path: Path) -> None:
    told = await found("Slack", tmp_path, slack_settings(app), SLACK_APP_TOKEN="xapp-of-another-app")
    assert "SLACK_APP_TOKEN: invalid_auth" in marked(told, Mark.BROKEN)


async def test_without_an_https_address_no_event_can_come(app: Platform, tmp_path: Path) -> None:
    told = await found("Slack", tmp_path, slack_settings(app), PUBLIC_URL="http://127.0.0.1:8080")
    assert "PUBLIC_URL" in marked(told, Mark.BROKEN)


@pytest.mark.parametrize(("room", "said"), [("C0NOWHERE", "/invite @Usher"), ("C0GEN", "public channel")])
async def test_a_support_room_that_usher_cannot_hear_is_told(
    app: Platform, tmp_path: Path, room: str, said: str
) -> None:
    told = await found("Slack", tmp_path, slack_settings(app), SUPPORT_ROOM=f"slack:{room}")
    assert said in marked(told, Mark.BROKEN)


@pytest.mark.parametrize(("seconds", "side"), [(40, "ahead of"), (-40, "behind")])
async def test_a_clock_that_is_wrong_is_told_on_both_platforms(
    app: Platform, telegram: TelegramPlatform, tmp_path: Path, seconds: int, side: str
) -> None:
    for about, settings in (("Slack", slack_settings(app)), ("Telegram", telegram_settings(telegram))):
        told = await found(about, tmp_path, settings, now=lambda: machine_time() + timedelta(seconds=seconds))
        assert f"s {side} the one there" in marked(told, Mark.WARNING)


# Telegram


async def test_a_bot_that_is_well_set_up_has_nothing_to_tell(telegram: TelegramPlatform, tmp_path: Path) -> None:
    telegram.group(GROUP, "Support")
    told = await found("Telegram", tmp_path, telegram_settings(telegram), IN_TELEGRAM)
    assert [line.split()[0] for line in told] == ["ok"] * 5
    assert "@usher_test_bot" in told[0]
    assert "Support (supergroup)" in told[3]
    assert {call.method for call in telegram.calls} == {"getMe", "getWebhookInfo", "getChat"}


async def test_an_unknown_token_is_told(telegram: TelegramPlatform, tmp_path: Path) -> None:
    wrong = f"{telegram.token[:-4]}0000"
    told = await found("Telegram", tmp_path, telegram_settings(telegram), TELEGRAM_BOT_TOKEN=wrong)
    assert "@BotFather" in marked(told, Mark.BROKEN)
    telegram.violations.clear()  # it counts a wrong token as one


@pytest.mark.parametrize("fault", [TelegramFault.broken(502, html=True), TelegramFault.lost_before()])
async def test_a_telegram_that_is_down_is_told(
    telegram: TelegramPlatform, tmp_path: Path, fault: TelegramFault
) -> None:
    telegram.fail("getMe", fault)
    told = await found("Telegram", tmp_path, telegram_settings(telegram))
    assert "could not be checked" in marked(told, Mark.BROKEN)


async def test_a_telegram_that_asks_to_wait_is_no_fault(telegram: TelegramPlatform, tmp_path: Path) -> None:
    telegram.fail("getMe", TelegramFault.too_many(3))
    assert "wait" in marked(await found("Telegram", tmp_path, telegram_settings(telegram)), Mark.WARNING)


async def test_the_webhook_of_this_usher_is_well(telegram: TelegramPlatform, tmp_path: Path) -> None:
    telegram.updates.webhook = {"url": "https://usher.example.org/telegram/webhook"}
    told = await found("Telegram", tmp_path, telegram_settings(telegram), HOOK)
    assert "ok       Telegram: updates are sent to https://usher.example.org/telegram/webhook; 0 waiting" in told


async def test_a_webhook_that_is_not_set_yet_is_a_warning(telegram: TelegramPlatform, tmp_path: Path) -> None:
    told = await found("Telegram", tmp_path, telegram_settings(telegram), HOOK)
    assert "when it starts" in marked(told, Mark.WARNING)


@pytest.mark.parametrize(("settings", "said"), [(HOOK, "another address"), ({}, "nothing can be fetched")])
async def test_a_webhook_of_somebody_else_is_told_without_its_path(
    telegram: TelegramPlatform, tmp_path: Path, settings: dict[str, str], said: str
) -> None:
    telegram.updates.webhook = {"url": "https://other.example.org/hidden"}
    told = marked(await found("Telegram", tmp_path, telegram_settings(telegram), settings), Mark.BROKEN)
    assert said in told
    assert "other.example.org" in told
    assert "hidden" not in told


@pytest.mark.parametrize(("waiting", "mark"), [(0, Mark.WARNING), (2, Mark.BROKEN)])
async def test_the_last_error_of_the_webhook_is_told_with_its_time(
    telegram: TelegramPlatform, tmp_path: Path, waiting: int, mark: Mark
) -> None:
    telegram.updates.webhook = {"url": "https://usher.example.org/telegram/webhook"}
    telegram.updates._failure = {"last_error_date": 1_681_264_800, "last_error_message": "Connection refused"}
    telegram.updates.pending = [{"update_id": number, "poll": {}} for number in range(waiting)]
    told = marked(await found("Telegram", tmp_path, telegram_settings(telegram), HOOK), mark)
    assert f"2023-04-12 02:00:00 UTC: Connection refused; {waiting} waiting" in told


async def test_a_webhook_needs_https(telegram: TelegramPlatform, tmp_path: Path) -> None:
    telegram.updates.webhook = {"url": "http://usher.example.org/telegram/webhook"}
    plain = HOOK | {"PUBLIC_URL": "http://usher.example.org"}
    told = await found("Telegram", tmp_path, telegram_settings(telegram), plain)
    assert "https://" in marked(told, Mark.BROKEN)


async def test_privacy_mode_that_is_off_is_a_warning(telegram: TelegramPlatform, tmp_path: Path) -> None:
    telegram.can_read_all_group_messages = True
    told = marked(await found("Telegram", tmp_path, telegram_settings(telegram)), Mark.WARNING)
    assert "/setprivacy" in told


async def test_a_support_chat_that_is_not_reached_is_told(telegram: TelegramPlatform, tmp_path: Path) -> None:
    told = await found("Telegram", tmp_path, telegram_settings(telegram), IN_TELEGRAM)
    assert "chat not found" in marked(told, Mark.BROKEN).lower()


async def test_a_support_group_that_became_a_supergroup_is_told_with_its_number(
    telegram: TelegramPlatform, tmp_path: Path
) -> None:
    group = telegram.group(-4321, "Support", kind="group")
    larger = await telegram.migrate(group, telegram.user(7, "Sam"))
    told = await found("Telegram", tmp_path, telegram_settings(telegram), SUPPORT_ROOM="telegram:-4321")
    assert f"SUPPORT_ROOM=telegram:{larger.id}" in marked(told, Mark.BROKEN)
