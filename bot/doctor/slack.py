"""Examines Slack: the tokens, the scopes, Socket Mode, the clock, and whether Usher is in the team's own channel."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot import manifest
from bot.doctor.finding import SECONDS, Finding, Findings, broken, clocks, ok, warning
from bot.rooms import named_rooms
from bot.settings import Settings
from bot.skew import Skew
from bot.slack.errors import FAILURES, code_of, send_error

SLACK = "Slack"
AGAIN = "install the app again (OAuth & Permissions), and copy the token anew"
# What Slack says of a token, and what to do.
ADVICE = {
    "invalid_auth": "Slack does not know it: copy it again, from the app of this workspace",
    "not_authed": "Slack did not get it: a proxy in between takes it away",
    "account_inactive": f"the app was uninstalled: {AGAIN}",
    "token_revoked": f"it was revoked: {AGAIN}",
    "token_expired": f"it has expired: switch token rotation off, {AGAIN}",
    "not_allowed_token_type": "it is of another kind: the bot token begins with xoxb-, the app-level token with xapp-",
    "missing_scope": "it lacks a scope: the app-level token needs connections:write",
    "team_access_not_granted": f"the workspace has not approved the app: {AGAIN}",
}


async def examine(settings: Settings, now: Callable[[], datetime]) -> Findings:
    if not settings.slack_bot_token:
        yield ok(SLACK, "not used (no SLACK_BOT_TOKEN); docs/channels.md tells how to set it up")
        return
    for finding in _way(settings):
        yield finding
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS)) as session:
        token, url = settings.slack_bot_token.get_secret_value(), settings.slack_api_url
        client = AsyncWebClient(token=token, base_url=url, session=session, timeout=int(SECONDS), retry_handlers=[])
        async for finding in _called(client, settings, now):
            yield finding


def _way(settings: Settings) -> Iterator[Finding]:
    """How events come in; whether that works shows only once one comes."""
    url = f"{(settings.public_url or '').rstrip('/')}{manifest.EVENTS_PATH}"
    if settings.slack_app_token:
        yield ok(SLACK, "events are fetched through Socket Mode (SLACK_APP_TOKEN)")
    elif url.startswith("https://"):
        yield ok(SLACK, f"events come by HTTP to {url}; a wrong SLACK_SIGNING_SECRET shows in the log when one comes")
    else:
        yield broken(
            SLACK,
            "events cannot come in: set PUBLIC_URL to the https:// address that people see, or use Socket Mode "
            "(SLACK_APP_TOKEN)",
        )


async def _called(client: AsyncWebClient, settings: Settings, now: Callable[[], datetime]) -> Findings:
    skew = Skew(SLACK, now, logs=False)
    begun = skew.begin()
    try:
        told = await client.auth_test()
    except FAILURES as error:
        yield _trouble("SLACK_BOT_TOKEN", error)
    else:
        yield ok(SLACK, f"SLACK_BOT_TOKEN works: @{told['user']} in {told['team']} ({told['team_id']})")
        skew.end(begun, told.headers)
        granted = _granted(told.headers)
        for finding in (*scopes(granted, settings), *clocks(SLACK, skew)):
            yield finding
        if granted is None or granted >= {"groups:history"}:
            for name, channel in named_rooms(settings, "slack"):
                yield await _room(client, name, channel, now())
    if settings.slack_app_token:
        yield await _socket(client, settings)


def _granted(headers: Any) -> set[str] | None:
    told = {name.lower(): value for name, value in headers.items()}.get("x-oauth-scopes")
    return None if told is None else {scope.strip() for scope in told.split(",")} - {""}


def scopes(granted: set[str] | None, settings: Settings) -> Iterator[Finding]:
    """The token's scopes beside the manifest's; nothing where Slack does not tell them."""
    if granted is None:
        return
    needed = manifest.scopes(support_room=manifest.in_slack(settings))
    lacking = [f"{scope} (to {why})" for scope, why in needed.items() if scope not in granted]
    if lacking:
        told = f"the token lacks {', '.join(lacking)}: add that under OAuth & Permissions, then {AGAIN}"
        yield broken(SLACK, told)
    else:
        yield ok(SLACK, f"the token has all scopes that are needed: {', '.join(needed)}")
    if extra := granted - set(manifest.scopes(support_room=True)):
        yield warning(SLACK, f"the token has more scopes than Usher uses; take away: {', '.join(sorted(extra))}")


async def _room(client: AsyncWebClient, room: str, channel: str, now: datetime) -> Finding:
    """Ask for what is written there from now on, which is nothing: whether that is allowed is all there is to know."""
    try:
        await client.conversations_history(channel=channel, limit=1, oldest=f"{now.timestamp():.6f}")
    except FAILURES as error:
        code = code_of(error)
        if code in ("channel_not_found", "not_in_channel"):
            return broken(SLACK, f"{room}: Usher is not in it, or it is no channel here: write /invite @Usher there")
        if code == "missing_scope":
            return broken(SLACK, f"{room} is a public channel, where Usher hears no reply: take a private one")
        return _trouble(room, error)
    return await _is_shared(client, room, channel)


async def _is_shared(client: AsyncWebClient, room: str, channel: str) -> Finding:
    """People of another organisation are no support desk: Usher tells no case in front of them."""
    try:
        told = await client.conversations_info(channel=channel)
    except FAILURES as error:
        if code_of(error) == "missing_scope":
            return warning(
                SLACK, f"{room}: Usher is in it; whether it is shared with another organisation it may not ask"
            )
        return _trouble(room, error)
    if told["channel"].get("is_ext_shared"):
        return broken(SLACK, f"{room} is shared with another organisation, so it is not used: take one of your own")
    return ok(SLACK, f"{room}: Usher is in it, and it is private")


async def _socket(client: AsyncWebClient, settings: Settings) -> Finding:
    """Ask for a connection, and make none: a running Usher keeps its own."""
    try:
        await client.apps_connections_open(app_token=settings.slack_app_token.get_secret_value())
    except FAILURES as error:
        return _trouble("SLACK_APP_TOKEN", error)
    return ok(SLACK, "SLACK_APP_TOKEN works: Socket Mode can be connected")


def _trouble(name: str, error: Exception) -> Finding:
    code = code_of(error)
    if code in ADVICE:
        return broken(SLACK, f"{name}: {code}. {ADVICE[code]}")
    told = send_error(error)
    mark = broken if told.retry_after is None else warning
    return mark(SLACK, f"{name} could not be checked: {told.reason.partition(';')[0]}")
