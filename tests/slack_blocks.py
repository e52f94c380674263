"""The building blocks of a Slack message: their fields, their limits, and the marks that a text may have."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

Json = dict[str, Any]
Check = Callable[[Any, str], None]  # the value, and where it stands

CONTRACT: Json = json.loads((Path(__file__).parent / "contracts" / "slack.json").read_text(encoding="utf-8"))
LIMITS: Json = CONTRACT["limits"]

_LABEL = r"(?:\|(?:[^<>&]|&(?:amp|lt|gt);)*)?"
_ENTITY = re.compile(
    rf"<(?:@[UW][A-Z0-9]+|#C[A-Z0-9]+|!(?:here|channel|everyone|subteam\^S[A-Z0-9]+|date\^\d+\^[^<>|]+)"
    rf"|(?:https?://|mailto:|tel:)[^<>|\s]+){_LABEL}>|&(?:amp|lt|gt);"
)
_QUOTED = re.compile(r"^(?:>>>|>)", re.MULTILINE)  # a line that begins so is shown as a quotation


class Refused(Exception):  # noqa: N818 - named after the situation
    """Slack's "ok": false, where the caller could not know better: the state of the workspace is the reason."""

    def __init__(self, error: str, **more: str) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


class Violation(Refused):
    """A call that is wrong in itself, with a sentence that tells why."""

    def __init__(self, error: str, sentence: str) -> None:
        super().__init__(error)
        self.sentence = sentence


def refuse_bare(words: str, at: str) -> None:
    bare = re.search(r"[<>&]", _QUOTED.sub("", _ENTITY.sub("", words)))
    if bare:
        raise Violation("invalid_arguments", f"{at} has a bare {bare[0]!r}, which must be escaped: {words[:80]!r}")


def wrong(sentence: str) -> Violation:
    return Violation("invalid_blocks", sentence)


def characters(value: Any, most: int, at: str, least: int = 1) -> None:
    if not isinstance(value, str):
        raise wrong(f"{at} must be a string")
    if not least <= len(value) <= most:
        raise wrong(f"{at} has {len(value)} characters; {least} to {most} are allowed")


def string(most: int, least: int = 1) -> Check:
    return lambda value, at: characters(value, most, at, least)


def boolean(value: Any, at: str) -> None:
    if not isinstance(value, bool):
        raise wrong(f"{at} must be true or false")


def integer(value: Any, at: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong(f"{at} must be a whole number")


def anything(value: Any, at: str) -> None:
    pass


def one_of(*allowed: str) -> Check:
    def check(value: Any, at: str) -> None:
        if value not in allowed:
            raise wrong(f"{at} cannot be {value!r}")

    return check


def shape(needed: dict[str, Check], may: dict[str, Check]) -> Check:
    """An object with these fields, and no other."""
    known = needed | may

    def check(value: Any, at: str) -> None:
        if not isinstance(value, dict):
            raise wrong(f"{at} must be an object")
        for name in needed.keys() - value.keys():
            raise wrong(f"{at} lacks {name}")
        for name, part in value.items():
            if name not in known:
                raise wrong(f"{at} has no field {name!r}")
            known[name](part, f"{at}.{name}")

    return check


def many(least: int, most: int, each: Check) -> Check:
    def check(value: Any, at: str) -> None:
        if not isinstance(value, list):
            raise wrong(f"{at} must be a list")
        if not least <= len(value) <= most:
            raise wrong(f"{at} has {len(value)} entries; {least} to {most} are allowed")
        for number, part in enumerate(value):
            each(part, f"{at}[{number}]")

    return check


def exactly_one(of: Check, *names: str) -> Check:
    def check(value: Any, at: str) -> None:
        of(value, at)
        if len(value.keys() & set(names)) != 1:
            raise wrong(f"{at} needs one of {' and '.join(names)}, and not both")

    return check


def kinds(**known: Check) -> Check:
    """An object that is checked by what its "type" says."""

    def check(value: Any, at: str) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind not in known:
            raise wrong(f"{at} cannot be of type {kind!r}")
        known[kind](value, at)

    return check


def text(most: int, *allowed: str) -> Check:
    forms = text_forms(most)
    return kinds(**{name: forms[name] for name in allowed or forms})


def text_forms(most: int) -> dict[str, Check]:
    def words(value: Any, at: str) -> None:
        characters(value, most, at)

    def marked(value: Any, at: str) -> None:
        characters(value, most, at)
        refuse_bare(value, at)

    return {
        "plain_text": shape({"type": anything, "text": words}, {"emoji": boolean}),
        "mrkdwn": shape({"type": anything, "text": marked}, {"verbatim": boolean}),
    }


_ID: dict[str, Check] = {"block_id": string(LIMITS["block_id_chars"]["max"])}
_ACTION: dict[str, Check] = {"action_id": string(LIMITS["action_id_chars"]["max"])}
_KIND: dict[str, Check] = {"type": anything}
_BUTTON, _OPTION, _SELECT, _CONFIRM = LIMITS["button"], LIMITS["option"], LIMITS["select"], LIMITS["confirm"]


def plain(most: int) -> Check:
    return text(most, "plain_text")


_confirm = shape(
    {
        "title": plain(_CONFIRM["title_max"]),
        "text": text(_CONFIRM["text_max"]),
        "confirm": plain(_CONFIRM["confirm_max"]),
        "deny": plain(_CONFIRM["deny_max"]),
    },
    {"style": one_of(*_BUTTON["styles"])},
)
_option = shape(
    {"text": text(_OPTION["text_max"]), "value": string(_OPTION["value_max"])},
    {"description": text(_OPTION["description_max"]), "url": string(_BUTTON["url_max"])},
)
_groups = many(
    1,
    _SELECT["option_groups_max"],
    shape(
        {
            "label": plain(LIMITS["option_group"]["label_max"]),
            "options": many(1, LIMITS["option_group"]["options_max"], _option),
        },
        {},
    ),
)
_asked: dict[str, Check] = _ACTION | {"confirm": _confirm, "focus_on_load": boolean}
_placeholder: dict[str, Check] = {"placeholder": plain(_SELECT["placeholder_max"])}
_few = many(1, LIMITS["radio_checkbox_options"]["max"], _option)
_picked = many(1, _SELECT["options_max"], _option)
_chosen: dict[str, Check] = {"options": _picked, "option_groups": _groups}

_select = exactly_one(
    shape(_KIND, _asked | _placeholder | _chosen | {"initial_option": _option}), "options", "option_groups"
)
_multi_select = exactly_one(
    shape(_KIND, _asked | _placeholder | _chosen | {"initial_options": _picked, "max_selected_items": integer}),
    "options",
    "option_groups",
)
_radio = shape(_KIND | {"options": _few}, _asked | {"initial_option": _option})
_checkboxes = shape(_KIND | {"options": _few}, _asked | {"initial_options": _few})
_datepicker = shape(_KIND, _asked | _placeholder | {"initial_date": string(10, 10)})
_overflow = shape(
    _KIND | {"options": many(LIMITS["overflow_options"]["min"], LIMITS["overflow_options"]["max"], _option)},
    _ACTION | {"confirm": _confirm},
)
_button = shape(
    _KIND | {"text": plain(_BUTTON["text_max"])},
    _ACTION
    | {
        "value": string(_BUTTON["value_max"]),
        "url": string(_BUTTON["url_max"]),
        "style": one_of(*_BUTTON["styles"]),
        "confirm": _confirm,
        "accessibility_label": string(_BUTTON["accessibility_label_max"]),
    },
)
_line = shape(
    _KIND,
    _ACTION
    | _placeholder
    | {
        "initial_value": string(LIMITS["plain_text_input"]["max_length_max"], 0),
        "multiline": boolean,
        "min_length": integer,
        "max_length": integer,
        "focus_on_load": boolean,
        "dispatch_action_config": anything,
    },
)
_picture: dict[str, Check] = {
    "image_url": string(LIMITS["image"]["url_max"]),
    "alt_text": string(LIMITS["image"]["alt_text_max"]),
}
_image = shape(_KIND | _picture, {})

_pressed: dict[str, Check] = {
    "button": _button,
    "static_select": _select,
    "multi_static_select": _multi_select,
    "radio_buttons": _radio,
    "checkboxes": _checkboxes,
    "datepicker": _datepicker,
    "overflow": _overflow,
}
_filled = {name: check for name, check in _pressed.items() if name not in ("button", "overflow")}

BLOCK = kinds(
    divider=shape(_KIND, _ID),
    header=shape(_KIND | {"text": plain(LIMITS["header"]["text_max"])}, _ID),
    section=shape(
        _KIND,
        _ID
        | {
            "text": text(LIMITS["section"]["text_max"]),
            "fields": many(1, LIMITS["section"]["fields_max"], text(LIMITS["section"]["field_text_max"])),
            "accessory": kinds(image=_image, **_pressed),
            "expand": boolean,
        },
    ),
    context=shape(
        _KIND | {"elements": many(1, LIMITS["context"]["elements_max"], kinds(image=_image, **text_forms(3000)))}, _ID
    ),
    actions=shape(_KIND | {"elements": many(1, LIMITS["actions"]["elements_max"], kinds(**_pressed))}, _ID),
    image=shape(_KIND | _picture, _ID | {"title": plain(LIMITS["image"]["title_max"])}),
    input=shape(
        _KIND
        | {
            "label": plain(LIMITS["input"]["label_max"]),
            "element": kinds(plain_text_input=_line, **_filled),
        },
        _ID | {"hint": plain(LIMITS["input"]["hint_max"]), "optional": boolean, "dispatch_action": boolean},
    ),
    markdown=shape(_KIND | {"text": string(LIMITS["markdown_text_chars"]["max"])}, _ID),
)
