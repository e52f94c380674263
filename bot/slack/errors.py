"""Tells what it means when Slack does not take a message."""

import asyncio
from collections.abc import Mapping

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from models.message import SendError

# https://docs.slack.dev/reference/methods/chat.postMessage#errors
GONE = {
    "cannot_dm_bot", "channel_not_found", "is_archived", "is_inactive", "messages_tab_disabled", "not_in_channel",
    "restricted_action", "restricted_action_non_threadable_channel", "restricted_action_read_only_channel",
    "restricted_action_thread_locked", "restricted_action_thread_only_channel", "user_disabled", "user_is_bot",
    "user_not_found", "user_not_in_channel", "user_not_visible",
}  # fmt: skip
# The token or its rights: nobody's address is at fault, and it may be mended. Here `account_inactive` is the bot's own.
OURS = {
    "access_denied", "account_inactive", "accesslimited", "ekm_access_denied", "invalid_auth", "missing_scope",
    "no_permission", "not_allowed_token_type", "not_authed", "org_login_required", "team_access_not_granted",
    "team_added_to_org", "token_expired", "token_revoked", "two_factor_setup_required",
}  # fmt: skip
LATER = {"external_channel_migrating", "request_timeout", "service_unavailable", "team_not_found"}
UNKNOWN = {"internal_error", "fatal_error"}  # "it's possible some aspect of the operation succeeded"
LIMITED = {"ratelimited", "rate_limited", "message_limit_exceeded"}
WAIT_SECONDS = 30.0  # where Slack asks to wait and does not say how long

FAILURES = (SlackClientError, aiohttp.ClientError, TimeoutError, OSError)  # what a call of Slack's client raises


def send_error(error: Exception) -> SendError:
    """What `error`, raised by a call of Slack's client, means for the message."""
    if isinstance(error, SlackApiError):
        return _told(error)
    if isinstance(error, aiohttp.ClientConnectorError):
        return SendError("Slack cannot be reached")
    if isinstance(error, aiohttp.ClientError | asyncio.TimeoutError | SlackClientError | OSError):
        return SendError(f"no answer from Slack ({type(error).__name__})", outcome_unknown=True)
    raise error


def refuses_usher(error: BaseException | None) -> str | None:
    """The code by which Slack refuses Usher itself, whomever it writes to."""
    code = code_of(error)
    return code if code in OURS else None


def code_of(error: BaseException | None) -> str:
    """Slack's word for what is wrong; empty where it gave none."""
    # Where the answer is broken JSON the SDK hands over aiohttp's response instead of its own.
    if not isinstance(error, SlackApiError) or not hasattr(error.response, "get"):
        return ""
    return str(error.response.get("error") or "")


def headers(error: Exception) -> Mapping[str, str]:
    """Those of the answer that said so; none where there was no answer."""
    return error.response.headers if isinstance(error, SlackApiError) else {}


def seconds(headers: Mapping[str, str]) -> float:
    """How long Slack asks to wait."""
    told = {name.lower(): value for name, value in headers.items()}
    try:
        return max(0.0, float(told["retry-after"]))
    except (KeyError, ValueError):
        return WAIT_SECONDS


def _told(error: SlackApiError) -> SendError:
    response, code = error.response, code_of(error)
    status = response.status_code if hasattr(response, "status_code") else response.status
    if status == 429 or code in LIMITED:
        return SendError("Slack asks to wait", retry_after=seconds(response.headers))
    if code in GONE:
        return SendError(f"Slack: {code}", permanent=True)
    if code in OURS:
        return SendError(f"Slack: {code}")
    if code in LATER or status == 503:
        return SendError(f"Slack: {code or status}")
    if code in UNKNOWN or status >= 500 or not code:
        return SendError(f"Slack: {code or status}", outcome_unknown=True)
    return SendError(f"Slack: {code}", refused=True)
