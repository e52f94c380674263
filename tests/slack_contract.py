"""What Slack accepts in a call: which arguments, which messages, which windows, and how long each may be."""

import json
import re
from collections.abc import Iterable
from typing import Any

from tests.slack_blocks import (
    BLOCK,
    CONTRACT,
    LIMITS,
    Check,
    Json,
    Violation,
    anything,
    boolean,
    characters,
    many,
    one_of,
    refuse_bare,
    shape,
    string,
    text,
    wrong,
)

METHODS: dict[str, Json] = CONTRACT["methods"]

_TYPES = {"string": str, "boolean": bool, "array": list, "object": dict, "integer": int}
_SPOKEN = {"1": True, "true": True, "0": False, "false": False}
_FREE = {"team_id"}  # bolt adds it to every call
_TS = re.compile(r"\d{10}\.\d{6}")
_REPLY_FIELDS = {
    "text": "string",
    "blocks": "array",
    "thread_ts": "string",
    "response_type": "string",
    "replace_original": "boolean",
    "delete_original": "boolean",
    "mrkdwn": "boolean",
    "unfurl_links": "boolean",
    "unfurl_media": "boolean",
    "metadata": "object",
}


def decode(method: str, said: Json) -> Json:
    """The arguments in their types. What came as a form is text; blocks and views may be text in JSON as well."""
    return {name: _decode(method, name, value) for name, value in said.items()}


def _decode(method: str, name: str, value: Any) -> Any:
    kind = METHODS[method]["args"].get(name, {}).get("type")
    if kind in ("array", "object") and isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            raise Violation("invalid_arguments", f"{method}: {name} is no JSON") from None
    return value


def decode_form(method: str, said: Json) -> Json:
    arguments = METHODS[method]["args"]
    return decode(method, {name: _spoken(arguments.get(name, {}).get("type"), value) for name, value in said.items()})


def _spoken(kind: str | None, value: Any) -> Any:
    if kind == "integer" and isinstance(value, str) and value.isdecimal():
        return int(value)
    return _SPOKEN.get(value, value) if kind == "boolean" else value


def check_arguments(method: str, arguments: Json) -> None:
    known = METHODS[method]["args"]
    for name, value in arguments.items():
        if name not in known and name not in _FREE:
            raise Violation("invalid_arguments", f"{method} has no argument {name!r}")
        if name in known and not isinstance(value, _TYPES[known[name]["type"]]):
            raise Violation("invalid_arguments", f"{method}: {name} must be of type {known[name]['type']}")
    for name, argument in known.items():
        if argument["required"] and name not in arguments:
            raise Violation("missing_argument", f"{method} needs {name}")


def check_reply(reply: Json) -> None:
    """What is posted to a response URL, or given back in the answer to a command."""
    for name, value in reply.items():
        if name not in _REPLY_FIELDS:
            raise Violation("invalid_arguments", f"a reply has no field {name!r}")
        if not isinstance(value, _TYPES[_REPLY_FIELDS[name]]):
            raise Violation("invalid_arguments", f"a reply's {name} must be of type {_REPLY_FIELDS[name]}")
    if reply.get("response_type", "ephemeral") not in ("ephemeral", "in_channel"):
        raise Violation("invalid_arguments", f"a reply's response_type cannot be {reply['response_type']!r}")
    if not reply.get("delete_original"):
        check_message("a reply", reply)


def check_message(method: str, message: Json) -> None:
    text, blocks = message.get("text", ""), message.get("blocks", [])
    if "attachments" in message:
        raise Violation("invalid_attachments", f"{method}: attachments are Slack's old way, and not checked here")
    if "markdown_text" in message:
        if text or blocks:
            raise Violation("markdown_text_conflict", f"{method}: markdown_text stands alone")
        characters(message["markdown_text"], LIMITS["markdown_text_chars"]["max"], f"{method}: markdown_text")
        return
    if not text:
        raise Violation("no_text", f"{method} needs text" + (", the fallback of its blocks" if blocks else ""))
    if len(text) > LIMITS["message_text_chars"]["truncated_at"]:
        raise Violation("msg_too_long", f"{method}: text has {len(text)} characters")
    refuse_bare(text, f"{method}: text")
    thread_ts = message.get("thread_ts")
    if thread_ts is not None and not _TS.fullmatch(thread_ts):
        raise Violation("invalid_thread_ts", f"{method}: thread_ts {thread_ts!r} is no timestamp of a message")
    if message.get("reply_broadcast") and thread_ts is None:
        raise Violation("invalid_arguments", f"{method}: reply_broadcast is for replies in a thread")
    _check_blocks(blocks, LIMITS["blocks_per_message"]["max"], f"{method}: blocks")


def check_view(method: str, view: Json) -> None:
    at = f"{method}: view"
    limits = LIMITS["view"]
    either: dict[str, Check] = {"type": one_of("modal", "home"), "blocks": anything}
    extra: dict[str, Check] = {
        "callback_id": string(limits["callback_id_max"], 0),
        "private_metadata": string(limits["private_metadata_max"], 0),
        "external_id": string(255, 0),
    }
    modal: dict[str, Check] = {
        "submit": text(limits["submit_max"], "plain_text"),
        "close": text(limits["close_max"], "plain_text"),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
    }
    if view.get("type") == "modal":
        shape(either | {"title": text(limits["title_max"], "plain_text")}, extra | modal)(view, at)
    else:
        shape(either, extra)(view, at)
    _check_blocks(view["blocks"], LIMITS["blocks_per_view"]["max"], f"{at}.blocks")
    if view["type"] == "modal" and "submit" not in view and any(block["type"] == "input" for block in view["blocks"]):
        raise Violation("invalid_arguments", f"{at} has an input, and so needs submit")


def _check_blocks(blocks: Any, most: int, at: str) -> None:
    many(0, most, BLOCK)(blocks, at)
    _refuse_twice("block_id", blocks, at)
    for number, block in enumerate(blocks):
        if block["type"] == "actions":
            _refuse_twice("action_id", block["elements"], f"{at}[{number}].elements")
        if block["type"] == "section" and not {"text", "fields"} & block.keys():
            raise wrong(f"{at}[{number}] has neither text nor fields")


def _refuse_twice(name: str, parts: Iterable[Json], at: str) -> None:
    seen: set[str] = set()
    for part in parts:
        if part.get(name) in seen:
            raise wrong(f"{at}: {name} {part[name]!r} is there twice")
        seen |= {part[name]} if name in part else set()
