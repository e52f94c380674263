"""What Telegram accepts: checks a call of the bot against the published interface, for the tests.

The interface is tests/contracts/telegram.json; the limits, which stand only in its prose, are below.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp.web import FileField

JSON = dict[str, Any]

CONTRACT: JSON = json.loads((Path(__file__).parent / "contracts" / "telegram.json").read_text(encoding="utf-8"))
# What Telegram leaves out unless it is asked for by name.
RARE = {"chat_member", "message_reaction", "message_reaction_count"}
ACTIONS = re.compile(
    "typing|choose_sticker|find_location|upload_(photo|document)|(upload|record)_(voice|video|video_note)",
)
PRESSED = {"url", "callback_data", "web_app", "login_url", "copy_text", "callback_game", "pay"}


class Refused(Exception):  # noqa: N818 - named after the situation
    """Telegram's answer to a call that it does not carry out."""

    def __init__(self, description: str, code: int = 400, **parameters: int) -> None:
        super().__init__(description)
        names = {400: "Bad Request", 403: "Forbidden", 409: "Conflict", 429: "Too Many Requests"}
        self.code = code
        self.description = f"{names[code]}: {description}" if code in names else description
        self.parameters = parameters


class Breach(Refused):
    """A call that no correct program makes."""


def read(method: str, sent: dict[str, Any]) -> JSON:
    """The parameters as Telegram understands them. What came as text in a form is read as its type asks."""
    if method not in CONTRACT["methods"]:
        raise Breach("Not Found", 404)
    fields = CONTRACT["methods"][method]["fields"]
    parameters = {name: _given(name, value, fields) for name, value in sent.items()}
    if missing := [name for name, field in fields.items() if field["required"] and name not in parameters]:
        raise Breach(f"{method}: parameter {missing[0]} is missing")
    if check := _CHECKS.get(method):
        check(parameters)
    if "reply_markup" in parameters:
        _check_keyboard(parameters["reply_markup"])
    return parameters


def units(text: str) -> int:
    """The length as Telegram counts it: in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def _given(name: str, value: Any, fields: JSON) -> Any:
    if name not in fields:
        raise Breach(f"parameter {name} is unknown")
    types = fields[name]["types"]
    if isinstance(value, str):
        value = _from_form(name, value, types)
    _check_type(name, value, types)
    return value


def _from_form(name: str, value: str, types: list[str]) -> Any:
    if "Integer" in types and re.fullmatch(r"-?\d+", value):
        return int(value)
    if "Boolean" in types and value.lower() in {"true", "false", "1", "0"}:
        return value.lower() in {"true", "1"}
    if {"String", "Integer", "Boolean"} & set(types):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise Breach(f"can't parse {name} JSON object: {error}") from None


def _check_type(where: str, value: Any, types: list[str]) -> None:
    """Raises `Breach` with the words of the type that comes nearest."""
    refusals: list[Breach] = []
    for kind in types:
        try:
            return _check_one(where, value, kind)
        except Breach as breach:
            refusals.append(breach)
    required = {kind: CONTRACT["types"].get(kind, {}).get("fields", {}) for kind in types}
    near = [isinstance(value, dict) and any(name in value for name in fields) for fields in required.values()]
    raise refusals[near.index(True) if True in near else 0]


_PLAIN: dict[str, type] = {"Integer": int, "Boolean": bool, "String": str, "InputFile": FileField}


def _check_one(where: str, value: Any, kind: str) -> None:
    if kind in _PLAIN:
        if not isinstance(value, _PLAIN[kind]) or (isinstance(value, bool) and kind != "Boolean"):
            raise Breach(f"{where} must be of type {kind}, and is {value!r}")
        if isinstance(value, str) and re.search("[\ud800-\udfff]", value):
            raise Breach("strings must be encoded in UTF-8")
    elif kind.startswith("Array of "):
        if not isinstance(value, list):
            raise Breach(f"{where} must be an array")
        for number, item in enumerate(value):
            _check_one(f"{where}[{number}]", item, kind.removeprefix("Array of "))
    else:
        _check_object(where, value, kind)


def _check_object(where: str, value: Any, kind: str) -> None:
    if not isinstance(value, dict):
        raise Breach(f"{where} must be an object of type {kind}")
    told = CONTRACT["types"][kind]
    if "subtypes" in told:
        kinds = {_constant(name): name for name in told["subtypes"]}
        if value.get("type") not in kinds:
            raise Breach(f"{where}: there is no {kind} of type {value.get('type')!r}")
        return _check_object(where, value, kinds[value["type"]])
    for name, item in value.items():
        if name not in told["fields"]:
            raise Breach(f"{where}: {kind} has no field {name}")
        _check_type(f"{where}.{name}", item, told["fields"][name]["types"])
    for name, field in told["fields"].items():
        if field["required"] and name not in value:
            raise Breach(f"{where}: {kind} needs its field {name}")
    return None


def _constant(kind: str) -> str:
    return str(CONTRACT["types"][kind]["fields"]["type"]["description"]).rpartition("must be ")[2]


def _check_document(parameters: JSON) -> None:
    """Only what is uploaded is taken: this server keeps no files, and fetches none."""
    file = parameters["document"]
    if not isinstance(file, FileField):
        raise Breach("wrong file identifier/HTTP URL specified")
    name = file.filename
    if not name or not name.isprintable() or len(name.encode()) > 255 or re.search(r'[/\\"%]', name):
        raise Breach(f"{name!r} is no name of a file that every device can keep")
    size = file.file.seek(0, 2)
    file.file.seek(0)
    if size == 0:
        raise Breach("file must be non-empty")
    if size > 50 * 1024**2:
        raise Breach("Request Entity Too Large", 413)


def _check_keyboard(markup: JSON) -> None:
    rows = markup.get("inline_keyboard", [])
    if any(len(row) > 8 for row in rows) or sum(map(len, rows)) > 100:
        raise Breach("an inline keyboard has at most 100 buttons, and 8 in a row")
    for button in (button for row in rows for button in row):
        if not button["text"].strip():
            raise Breach("can't parse inline keyboard button: the text is empty")
        if sum(name in PRESSED or name.startswith("switch_inline") for name in button) != 1:
            raise Breach("can't parse inline keyboard button: exactly one of its actions must be given")
        if not 1 <= len(button.get("callback_data", "x").encode()) <= 64:
            raise Breach("BUTTON_DATA_INVALID")
        if not re.match(r"(https?|tg)://\S+$", button.get("url", "tg://x")):
            raise Breach(f"inline keyboard button URL '{button['url']}' is invalid")
        if button.get("style", "primary") not in {"danger", "success", "primary"}:
            raise Breach("inline keyboard button has an unknown style")


def _check_commands(parameters: JSON) -> None:
    if len(parameters["commands"]) > 100:
        raise Breach("BOT_COMMANDS_TOO_MUCH")
    for told in parameters["commands"]:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", told["command"]):
            raise Breach("BOT_COMMAND_INVALID")
        if not 1 <= units(told["description"]) <= 256:
            raise Breach("BOT_COMMAND_DESCRIPTION_INVALID")
    _check_language(parameters)


def _check_language(parameters: JSON) -> None:
    if not re.fullmatch(r"([a-z]{2})?", parameters.get("language_code", "")):
        raise Breach("LANG_CODE_INVALID")
    for name, longest in (("description", 512), ("short_description", 120)):
        if units(parameters.get(name, "")) > longest:
            raise Breach(f"{name} is too long")


def _check_updates(parameters: JSON) -> None:
    for name in parameters.get("allowed_updates", []):
        if name not in CONTRACT["updates"]:
            raise Breach(f"there are no updates of kind {name}")
    if not 1 <= parameters.get("limit", 100) <= 100 or not 0 <= parameters.get("timeout", 0) <= 50:
        raise Breach("limit must be 1-100, and timeout 0-50")


def _check_webhook(parameters: JSON) -> None:
    _check_updates(parameters)
    if not re.match(r"(https://\S+|http://127\.0\.0\.1[:/]\S*|)$", parameters["url"]):
        raise Breach("bad webhook: An HTTPS URL must be provided for webhook")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", parameters.get("secret_token", "x")):
        raise Breach("secret token contains illegal characters, or is empty or too long")
    if not 1 <= parameters.get("max_connections", 40) <= 100:
        raise Breach("max_connections must be 1-100")


def _check_answer(parameters: JSON) -> None:
    if units(parameters.get("text", "")) > 200:
        raise Breach("MESSAGE_TOO_LONG")


def _check_action(parameters: JSON) -> None:
    if not ACTIONS.fullmatch(parameters["action"]):
        raise Breach("wrong parameter action in request")


_CHECKS: dict[str, Callable[[JSON], None]] = {
    "setMyCommands": _check_commands,
    "getMyCommands": _check_language,
    "setMyDescription": _check_language,
    "setMyShortDescription": _check_language,
    "getUpdates": _check_updates,
    "setWebhook": _check_webhook,
    "answerCallbackQuery": _check_answer,
    "sendChatAction": _check_action,
    "sendDocument": _check_document,
}
