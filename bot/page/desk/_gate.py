"""The one gate of the desk page: who is signed in, whether they may have that done, and whether our own page asked."""

import hashlib
import hmac
import logging
from dataclasses import dataclass
from datetime import datetime

from itsdangerous import BadData, URLSafeSerializer
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from bot.app import App
from bot.clock import machine_time
from bot.page.form import read_fields
from bot.page.visitor import Visitors
from handlers.permissions import may, staff_roles
from models.desk import LASTS, SignedIn, member_signed_in
from models.people import Staff
from models.sessions import end_session

log = logging.getLogger(__name__)

TOKEN = "form_token"  # noqa: S105 - the field's name: every form of the desk page carries the session's own


class Refused(Exception):  # noqa: N818 - named after the situation
    """It is not let in: 401, nobody is signed in; 403, they may not, or another page asked. `typed` is given back."""

    def __init__(self, status: int, typed: str = "") -> None:
        super().__init__(status)
        self.status, self.typed = status, typed


@dataclass(frozen=True)
class Signed:
    """A member of the team who is signed in, and the token that their forms carry."""

    member: Staff
    signed_in: SignedIn
    token: str

    @property
    def until(self) -> float:
        """When the session is over, in seconds of machine time."""
        return (self.signed_in.since + LASTS).timestamp()

    def check(self, deed: str) -> None:
        """Raises `Refused` where they may not have it done."""
        if not may(staff_roles(self.member), deed):
            log.warning("%s may not %s on the desk page: refused", self.member.name, deed)
            raise Refused(403)


class Gate:
    """Lets in who is signed in. The cookie is signed, and says no more than who, in which session, since when."""

    def __init__(self, app: App, visitors: Visitors) -> None:
        secret = app.settings.secret_key.get_secret_value()
        self._store, self._visitors, self._secret = app.store, visitors, secret.encode()
        self._signer = URLSafeSerializer(
            secret, salt="usher.desk", signer_kwargs={"digest_method": hashlib.sha256}
        )  # fmt: skip

    async def member(self, request: Request, deed: str) -> Signed:
        """Who asks, if they may have that done. Raises `Refused`."""
        signed_in = self._said(request)
        member = await self._store.read(member_signed_in, signed_in, machine_time()) if signed_in else None
        if member is None or signed_in is None:
            raise Refused(401)
        signed = Signed(member, signed_in, self._token(signed_in))
        signed.check(deed)
        return signed

    async def form(self, request: Request, deed: str) -> tuple[Signed, dict[str, str]]:
        """The same for a form, and its fields. What another page sent, or another session's form, does nothing."""
        self.only_our_page(request)
        fields = await read_fields(request)
        try:
            signed = await self.member(request, deed)
        except Refused as refused:
            raise Refused(refused.status, fields.get("text", "")) from refused
        if not hmac.compare_digest(fields.pop(TOKEN, "").encode(), signed.token.encode()):
            log.warning("%s %s on the desk page without its form's token: refused", request.method, request.url.path)
            raise Refused(403, fields.get("text", ""))
        return signed, fields

    def only_our_page(self, request: Request) -> None:
        """Raises `Refused` for a form that another site's page sent."""
        if not self._visitors.sent_by_our_page(request):
            log.warning("%s %s on the desk page from elsewhere: refused", request.method, request.url.path)
            raise Refused(403)

    def let_in(self, request: Request, response: Response, signed_in: SignedIn) -> None:
        said = self._signer.dumps([signed_in.name, signed_in.ident, signed_in.since.isoformat()])
        self._set(request, response, str(said), int(LASTS.total_seconds()))

    def let_out(self, request: Request, response: Response) -> None:
        self._set(request, response, "", 0)

    def _set(self, request: Request, response: Response, value: str, seconds: int) -> None:
        response.set_cookie(
            self._cookie(request), value, max_age=seconds, path="/", secure=self._visitors.is_https(request),
            httponly=True, samesite="strict",
        )  # fmt: skip

    def _said(self, request: Request) -> SignedIn | None:
        try:
            name, ident, since = self._signer.loads(request.cookies.get(self._cookie(request), ""))
            return SignedIn(str(name), str(ident), datetime.fromisoformat(since))
        except (BadData, ValueError, TypeError):  # forged, or none at all
            return None

    def _cookie(self, request: Request) -> str:
        return "__Host-usher-desk" if self._visitors.is_https(request) else "usher-desk"

    def _token(self, signed_in: SignedIn) -> str:
        return hmac.digest(self._secret, f"usher.desk form {signed_in.ident}".encode(), "sha256").hex()


def sign_out_here(session: Session, signed_in: SignedIn) -> None:
    """End this session, for whoever kept its cookie as well."""
    now = machine_time()
    end_session(session, signed_in.ident, now, signed_in.since + 2 * LASTS)
