"""The manifest asks Slack for all that Usher needs and for nothing else, and the document gives each scope's reason."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from bot.manifest import SCOPES, SUPPORT_SCOPES, events, manifest, scopes
from tests.doctor_cast import HISTORY
from tests.program import ROOT, told
from tests.slack_contract import METHODS

ADDRESS = "https://usher.example.org"
# https://docs.slack.dev/reference/events: the scope without which Slack does not send an event.
SCOPE_OF_EVENT = {
    "app_home_opened": None,
    "app_mention": "app_mentions:read",
    "message.im": "im:history",
    "message.groups": "groups:history",
}


def printed(folder: Path, *options: str, **environ: str) -> Any:
    ended = told(folder, "slack-manifest", *options, **environ)
    assert (ended.returncode, ended.stderr) == (0, "")
    return json.loads(ended.stdout)


def test_behind_https_everything_leads_to_one_address(tmp_path: Path) -> None:
    made = printed(tmp_path, PUBLIC_URL=f"{ADDRESS}/")
    events_url = f"{ADDRESS}/slack/events"
    assert made["settings"]["event_subscriptions"]["request_url"] == events_url
    assert made["settings"]["interactivity"] == {"is_enabled": True, "request_url": events_url}
    assert [command["url"] for command in made["features"]["slash_commands"]] == [events_url]
    assert made["settings"]["socket_mode_enabled"] is False


def test_people_can_write_to_usher_open_its_home_and_use_its_command(tmp_path: Path) -> None:
    features = printed(tmp_path, "--socket-mode")["features"]
    assert features["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }
    assert features["bot_user"] == {"display_name": "Usher", "always_online": True}
    (command,) = features["slash_commands"]
    assert (command["command"], command["should_escape"]) == ("/usher", False)
    assert command["description"]
    assert command["usage_hint"]


@pytest.mark.parametrize(
    ("options", "environ"),
    [(["--socket-mode"], {}), (["--socket-mode"], {"PUBLIC_URL": ADDRESS}), ([], {"SLACK_APP_TOKEN": "xapp-1-2"})],
)
def test_socket_mode_needs_no_address(tmp_path: Path, options: list[str], environ: dict[str, str]) -> None:
    made = printed(tmp_path, *options, **environ)
    assert made["settings"]["socket_mode_enabled"] is True
    assert "url" not in json.dumps(made)
    assert made["settings"]["interactivity"] == {"is_enabled": True}


def test_neither_is_for_a_whole_organisation_nor_changes_its_token(tmp_path: Path) -> None:
    settings = printed(tmp_path, "--socket-mode")["settings"]
    assert (settings["org_deploy_enabled"], settings["token_rotation_enabled"]) == (False, False)


@pytest.mark.parametrize("environ", [{}, {"PUBLIC_URL": "http://usher.example.org"}])
def test_without_an_address_for_slack_it_says_what_to_set(tmp_path: Path, environ: dict[str, str]) -> None:
    ended = told(tmp_path, "slack-manifest", **environ)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "PUBLIC_URL" in ended.stderr
    assert "--socket-mode" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_wrong_setting_is_told_as_everywhere(tmp_path: Path) -> None:
    ended = told(tmp_path, "slack-manifest", "--socket-mode", PORT="many")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "PORT must be" in ended.stderr


def test_a_demonstration_may_print_it_too(tmp_path: Path) -> None:
    assert printed(tmp_path, "--socket-mode", DEMO="1")


@pytest.mark.parametrize(
    ("options", "environ"), [(["--support-room"], {}), ([], {"SUPPORT_ROOM": "slack:C0123456789"})]
)
def test_a_support_room_in_slack_is_heard(tmp_path: Path, options: list[str], environ: dict[str, str]) -> None:
    made = printed(tmp_path, "--socket-mode", *options, **environ)
    assert "groups:history" in made["oauth_config"]["scopes"]["bot"]
    assert "message.groups" in made["settings"]["event_subscriptions"]["bot_events"]


@pytest.mark.parametrize("environ", [{}, {"SUPPORT_ROOM": "web"}])
def test_without_one_no_channel_is_read(tmp_path: Path, environ: dict[str, str]) -> None:
    made = printed(tmp_path, "--socket-mode", **environ)
    needed = ["app_mentions:read", "chat:write", "commands", "files:write", "im:history"]
    assert made["oauth_config"]["scopes"] == {"bot": needed}
    events = made["settings"]["event_subscriptions"]["bot_events"]
    assert events == ["app_home_opened", "app_mention", "message.im"]


def test_public_channels_are_never_read() -> None:
    assert "channels:history" not in json.dumps(manifest(ADDRESS, support_room=True))
    assert "message.channels" not in json.dumps(manifest(ADDRESS, support_room=True))


@pytest.mark.parametrize("support_room", [False, True])
def test_every_event_has_its_scope(support_room: bool) -> None:
    needed = {SCOPE_OF_EVENT[event] for event in events(support_room=support_room)} - {None}
    assert needed <= scopes(support_room=support_room).keys()


def test_the_texts_fit_into_slack() -> None:
    shown = manifest(ADDRESS, support_room=True)["display_information"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert 174 <= len(shown["long_description"]) <= 4000


def test_the_document_gives_each_scope_with_its_reason() -> None:
    document = (ROOT / "docs" / "channels.md").read_text(encoding="utf-8")
    table = document.partition("## The scopes\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([\w:.]+)` \| (.+?) \|", table, re.MULTILINE)
    assert dict(rows) == SCOPES | SUPPORT_SCOPES
    assert len(rows) == len(SCOPES | SUPPORT_SCOPES)


def called() -> set[str]:
    """The methods of the Web API that the code calls on a client of Slack's, as Slack names them."""
    known = METHODS | {"conversations.history": HISTORY}
    names = {method.replace(".", "_").lower(): method for method in known}
    files = [*(ROOT / "bot" / "slack").glob("*.py"), ROOT / "bot" / "doctor" / "slack.py"]
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    calls = [node.func for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    on_client = [
        call.attr.lower()
        for call in calls
        if isinstance(call, ast.Attribute) and ast.unparse(call.value).endswith("client")
    ]
    return {names[name] for name in on_client}  # a method that the contract does not know fails here


def test_every_method_that_is_called_is_covered_by_a_scope() -> None:
    methods = called()
    assert {"chat.postMessage", "chat.postEphemeral", "chat.update", "views.publish", "views.open"} <= methods
    assert {"files.getUploadURLExternal", "files.completeUploadExternal"} <= methods
    granted = set(scopes(support_room=True))
    needs = {method: set((METHODS | {"conversations.history": HISTORY})[method]["scopes"]) for method in methods}
    assert {method for method, any_of in needs.items() if any_of and not any_of & granted} == set()


def test_every_scope_is_used() -> None:
    by_calls = {
        scope for method in called() for scope in (METHODS | {"conversations.history": HISTORY})[method]["scopes"]
    }
    by_events = {scope for scope in SCOPE_OF_EVENT.values() if scope}
    assert set(scopes(support_room=True)) <= by_calls | by_events | {"commands"}
