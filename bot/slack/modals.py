"""Opens windows in Slack: the form that completes an action, and the one in which the support team writes a reply."""

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from sqlalchemy.exc import DBAPIError

from bot.slack.calls import Calls
from bot.slack.read import Seen, is_hand_over
from bot.slack.render import plain
from bot.slack.views import CHOICE_VIEW, FORM, REPLY_VIEW, Incomplete
from models.message import Address, Ask, Choice, Field, Form, SendError
from models.store import StoreError

log = logging.getLogger(__name__)

View = dict[str, Any]

TITLE, LABEL, WRITTEN = 24, 2_000, 3_000
OPTIONS, OPTION = 100, 75  # of a list to choose from
OPEN_SECONDS = 2.5  # the trigger of a press lives for three
NOT_AGAIN = "exchanged_trigger_id"


class Inside(Protocol):
    """What the windows need of Usher."""

    async def take(self, *asks: Ask) -> None: ...

    async def may_reply(self, person: Address) -> bool: ...

    async def colleagues(self, person: Address, number: int) -> list[Choice]: ...

    async def language_for(self, ask: Ask) -> str: ...

    def form(self, action: str, language: str) -> Form | None: ...

    def say(self, phrase: str, language: str, **fields: object) -> str: ...


class Modals:
    """Where a window cannot be opened, its action is taken as if it had been written: then it is asked for in words."""

    def __init__(self, calls: Calls, inside: Inside) -> None:
        self._calls, self._inside = calls, inside

    async def open(self, seen: Seen) -> None:
        """Show the window that was asked for by a press."""
        ask = seen.ask
        if ask is None:
            return
        opens = self._reply if seen.what == "reply" else self._hand_over if is_hand_over(ask) else self._form
        view, instead = await opens(ask)
        if view is None or not await self._opened(seen.trigger, view):
            await self._inside.take(instead)

    def errors(self, form: Incomplete) -> dict[str, Any]:
        """What the window itself shows, and so is not closed."""
        said = self._inside.say("form.empty", form.language)
        return {"response_action": "errors", "errors": dict.fromkeys(form.fields, said)}

    async def _form(self, ask: Ask) -> tuple[View | None, Ask]:
        """It concerns its presser alone: where there is no window, all is asked in their own conversation."""
        own = ask if not ask.in_public else replace(ask, room=ask.sender, answer_at=None, pressed=None)
        own = replace(own, once=None)
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                language = await self._inside.language_for(ask)
        except (DBAPIError, StoreError, TimeoutError) as error:
            log.warning("a form could not be opened: the database is away (%s)", type(error).__name__)
            return None, own
        form = self._inside.form(ask.text, language)
        return (form_view(form, _meant(own, language)) if form else None), own

    async def _reply(self, ask: Ask) -> tuple[View | None, Ask]:
        if not ask.pressed or not await self._inside.may_reply(ask.sender):
            return None, ask
        words = [self._inside.say(word, "en") for word in ("card.reply", "card.write", "card.send", "what_to_ask.no")]
        return reply_view(words, json.dumps({"action": ask.text, "room": ask.pressed})), ask

    async def _hand_over(self, ask: Ask) -> tuple[View | None, Ask]:
        """To whom, by name; who may not be asked that, or has nobody to choose, is told where it was pressed."""
        number = ask.text.partition(" ")[2]
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                choices = await self._inside.colleagues(ask.sender, int(number)) if number.isdecimal() else []
        except (DBAPIError, StoreError, TimeoutError) as error:
            log.warning("a window could not be opened: the database is away (%s)", type(error).__name__)
            return None, ask
        if not choices or not ask.pressed:
            return None, ask
        words = [self._inside.say(word, "en") for word in ("card.hand_over", "desk.to_whom.label", "card.send",
                                                           "what_to_ask.no")]  # fmt: skip
        return choice_view(words, choices, json.dumps({"room": ask.pressed})), ask

    async def _opened(self, trigger: str, view: View) -> bool:
        """False where the window is not there: it came too late for that, or Slack is away."""
        try:
            await self._calls.made(self._calls.client.views_open(trigger_id=trigger, view=view))
        except SendError as error:
            if NOT_AGAIN in error.reason:  # the same press came twice, and its window is there
                return True
            log.warning("a window could not be opened (%s)", error)
            return False
        return True


def form_view(form: Form, meant: str) -> View:
    """The modal of a form; `meant` comes back with what was written."""
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": meant,
        "title": plain(form.title, TITLE),
        "submit": plain(form.send, TITLE),
        "close": plain(form.cancel, TITLE),
        "blocks": [_input(f"field-{number}", field) for number, field in enumerate(form.fields)],
    }


def reply_view(words: Sequence[str], meant: str) -> View:
    """The modal for a reply to a case, by its title, its label, the words to send it and to cancel it."""
    title, label, send, cancel = words
    view = form_view(Form(title, send, cancel, ()), meant)
    return view | {"callback_id": REPLY_VIEW, "blocks": [_input("reply", Field(label, long=True))]}


def choice_view(words: Sequence[str], choices: Sequence[Choice], meant: str) -> View:
    """The modal in which one of several is chosen, by its title, its label, the words to send it and to cancel it."""
    title, label, send, cancel = words
    options = [{"text": plain(one.label, OPTION), "value": one.action} for one in choices[:OPTIONS]]
    asked = {"type": "static_select", "action_id": "chosen", "options": options}
    view = form_view(Form(title, send, cancel, ()), meant)
    shown = {"type": "input", "block_id": "choice", "label": plain(label, LABEL), "element": asked}
    return view | {"callback_id": CHOICE_VIEW, "blocks": [shown]}


def _input(block: str, field: Field) -> View:
    written = {"type": "plain_text_input", "action_id": "text", "multiline": field.long, "max_length": WRITTEN}
    hint = {"hint": plain(field.hint, LABEL)} if field.hint else {}
    shown = {"type": "input", "block_id": block, "label": plain(field.label, LABEL), **hint}
    return shown | {"element": written | {"min_length": 1}}


def _meant(own: Ask, language: str) -> str:
    """What the window brings back: the action, how to speak, and where in the conversation it was pressed."""
    thread = own.answer_at.id.partition(":")[2] if own.answer_at else ""
    return json.dumps({"action": own.text, "language": language, "thread": thread, "pressed": own.pressed})
