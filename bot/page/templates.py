"""Makes the web page's HTML, and keeps its style, script and picture ready under addresses that never grow stale."""

import hashlib
import mimetypes
import re
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

# Nothing is loaded from elsewhere and nothing runs that is not our own file; no other site may frame the page.
# The referrer stays inside our own site. With "no-referrer" browsers send "Origin: null" with our own forms, and the
# check of the Origin would refuse every question.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_PC_LINK = re.compile(r"(?:https?://[^\s#?]+)?(/v\?language=[A-Za-z-]{2,10}#[\w-]{16,64})")


class Templates:
    """The page's templates and static files, read once."""

    def __init__(self) -> None:
        self._static = {_stamped(name, content): content for name, content in _static_files()}
        self._address = {_plain(name): f"/static/{name}" for name in self._static}
        self._environment = Environment(
            loader=PackageLoader("bot.page", "."),
            autoescape=True,
            auto_reload=False,  # an update in place must not mix new templates with the old code that runs
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["pc_link"] = pc_link
        self._environment.globals["static"] = self._address.__getitem__
        for name in self._environment.list_templates(extensions=["html"]):
            self._environment.get_template(name)

    def render(self, template: str, **values: object) -> str:
        return self._environment.get_template(template).render(**values)

    def parts(self, template: str, **values: object) -> Any:
        """The template's macros, to be called one by one."""
        return self._environment.get_template(template).make_module(values)

    def page(self, template: str, status: int = 200, **values: object) -> Response:
        return Response(self.render(template, **values), status, HEADERS, media_type="text/html; charset=utf-8")

    def static(self, request: Request) -> Response | None:
        """The static file of that name and content; it may be kept by browsers for good."""
        name = str(request.path_params["name"])
        if name not in self._static:
            return None
        kept = {**HEADERS, "Cache-Control": "public, max-age=31536000, immutable"}
        return Response(self._static[name], headers=kept, media_type=mimetypes.guess_type(name)[0])


@cache
def templates() -> Templates:
    """Those of this process: nothing changes them, and making them takes a tenth of a second."""
    return Templates()


def pc_link(line: str) -> str:
    """Where a line leads that is nothing but the link to a test on a PC: on this very site, whatever it names."""
    found = _PC_LINK.fullmatch(line)
    return found[1] if found else ""


def _static_files() -> list[tuple[str, bytes]]:
    return [(file.name, file.read_bytes()) for file in files("bot.page").joinpath("static").iterdir()]


def _stamped(name: str, content: bytes) -> str:
    """`page.css` as `page-3f2a91c04b7d.css`: other content, other address."""
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}-{hashlib.sha256(content).hexdigest()[:12]}{dot}{suffix}"


def _plain(stamped: str) -> str:
    stem, dot, suffix = stamped.rpartition(".")
    return stem.rpartition("-")[0] + dot + suffix
