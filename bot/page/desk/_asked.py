"""What a page of the desk gets to answer with: who asks and may, the form, the words, and how a page is made of it."""

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.app import App
from bot.page.desk._gate import TOKEN, Gate, Signed
from bot.page.desk._words import LANGUAGES, chosen, words
from bot.page.form import FormError
from bot.page.templates import HEADERS, Templates
from bot.page.words import Words, tag
from handlers.permissions import may, staff_roles
from handlers.support import Support
from models.people import Staff

if TYPE_CHECKING:
    from bot.page.desk._board import Board

_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass(frozen=True)
class Desk:
    """What all pages of the desk are made with."""

    app: App
    templates: Templates
    gate: Gate
    board: "Board"
    doors: Sequence["Door"]


@dataclass(frozen=True)
class Asked:
    """One request of somebody who is signed in. The gate has checked that they may have its door's deed done, and that
    a form is our own: `fields` are what it says.
    """

    desk: Desk
    request: Request
    signed: Signed
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def app(self) -> App:
        return self.desk.app

    @property
    def member(self) -> Staff:
        return self.signed.member

    @property
    def support(self) -> Support:
        return self.app.reception.support

    @property
    def at(self) -> datetime:
        """Campaign time."""
        return self.app.clock.now()

    @property
    def language(self) -> str:
        return chosen(self.request)

    @property
    def words(self) -> Words:
        return words(self.language)

    def check(self, deed: str) -> None:
        """For a door behind which several things can be done. Raises `Refused` where this one may not be."""
        self.signed.check(deed)

    def key(self, word: str) -> str:
        """Names this one wish: a form that is sent twice, by a double press or once more, is one wish.

        Raises `FormError` where the form has no mark of its own.
        """
        nonce = self.fields.get("nonce", "")
        if not _NONCE.fullmatch(nonce):
            raise FormError(400, "not_complete")
        return f"desk:{self.member.name}:{nonce}:{word}"

    def page(self, template: str, status: int = 200, **values: object) -> Response:
        """The template within the layout. It finds these values, `w` the words, `member`, and `nonce` for a form."""
        return self.desk.templates.page(template, status, **{**self.around(), **values})

    def around(self) -> dict[str, object]:
        """What the layout and every form need."""
        nav = [door for door in self.desk.doors if door.nav and self.may(door.deed)]
        marks = {"token_name": TOKEN, "token": self.signed.token, "nonce": secrets.token_urlsafe(16)}
        return {**frame(self.request), **marks, "member": self.member, "nav": nav}

    def may(self, deed: str) -> bool:
        return may(staff_roles(self.member), deed)

    def back(self, path: str) -> Response:
        """Have the browser fetch that page of the desk: how every form ends that did what it should."""
        return RedirectResponse(path, 303, HEADERS)


@dataclass(frozen=True)
class Door:
    """A page of the desk: where, by which method, who answers, and the deed of `handlers.permissions` that it takes.

    `nav` names the word under which the pages' head leads there.
    """

    path: str
    method: str
    answer: Callable[[Asked], Awaitable[Response]]
    deed: str
    nav: str = ""


def frame(request: Request) -> dict[str, object]:
    """What also a page needs that is shown to nobody in particular."""
    language = chosen(request)
    others = {one: words(one)["name"] for one in LANGUAGES if one != language}
    return {"w": words(language), "language": language, "lang": tag(language), "others": others,
            "path": request.url.path if request.method == "GET" else "/desk"}  # fmt: skip
