"""The page of a test on a terminal PC: a link or a code opens it once, its answer is kept once, and gives the slip."""

import hashlib
import math
from dataclasses import dataclass
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot.app import App
from bot.buckets import Buckets
from bot.clock import machine_time
from bot.page import words
from bot.page.form import FormError, clean, number, read_fields
from bot.page.templates import HEADERS, Templates
from bot.page.visitor import Visitors
from handlers.checks import pc
from handlers.phrasing import PcPage
from models import checks
from models.campaign import Campaign, Target
from models.checks import PcTest
from models.codes import TooManyGuesses
from models.message import Address
from models.participants import Participant
from models.wording import Wording, in_script

BODY = 4096  # bytes
BURST, RATE = 20, 0.5  # what one network address may send at once, and then a second
CHANNEL = "pc"  # whose addresses are those of the network: wrong codes are counted by them


@dataclass(frozen=True)
class _Opened:
    """A test that somebody was let into."""

    test: PcTest
    campaign: Campaign
    target: Target
    firm: str


class PcPages:
    """What a browser on a terminal PC can ask of Usher. It has no cookie: each form carries what it needs."""

    def __init__(self, app: App, templates: Templates, visitors: Visitors) -> None:
        self._app, self._templates, self._visitors = app, templates, visitors
        secret = app.settings.secret_key.get_secret_value()
        self._signer = URLSafeTimedSerializer(
            secret, salt="usher.pc", signer_kwargs={"digest_method": hashlib.sha256}
        )  # fmt: skip
        self._key = PcPage.of(secret).key
        self._buckets = Buckets(BURST, RATE)

    async def show(self, request: Request) -> Response:
        """The bare page: nothing of any test, so whoever looks at a link before its reader uses nothing up."""
        return self._page(request, "pc.html", heading="pc_heading")

    async def open(self, request: Request) -> Response:
        """Let somebody in with a link's token or a typed code, once."""
        fields = await self._fields(request)
        token, code = fields.get("token", "")[:64], fields.get("code", "")[:64]
        person = Address(CHANNEL, _network(request))
        if not token and not code.strip():
            return self._page(request, "pc.html", heading="pc_heading", note="pc_empty")
        try:
            opened = await self._app.store.write(self._redeem, person, token, code)
        except TooManyGuesses as many:
            return self._wait(request, math.ceil(many.wait.total_seconds()))
        if opened is None:
            return self._over(request)
        value = self._signer.dumps([opened.test.id, opened.test.nonce])
        return self._steps(request, opened, value)

    async def answer(self, request: Request) -> Response:
        """Keep the answer, once, and show the slip; sent again it is shown again."""
        fields = await self._fields(request)
        try:
            test, nonce = self._signer.loads(fields.get("value", ""), max_age=int(checks.ANSWERS.total_seconds()))
        except (BadData, ValueError, TypeError):  # BadData: forged or expired
            return self._over(request)
        saw, hint = fields.get("saw", ""), fields.get("hint", "")
        if hint not in pc.HINTS or (saw == pc.UNSEEN and not hint):
            hint = ""
        said = clean(fields.get("said", ""))[: pc.SAID] if saw == pc.OTHER else ""
        given = pc.Answer(saw, said, hint, min(number(fields.get("hint_ms")) or 0, 600_000))  # type: ignore[arg-type] # one of HINTS
        slip = await self._app.store.write(self._keep, int(test), str(nonce), given)
        if slip is None:
            return self._over(request)
        shown = pc.in_language(slip, words.chosen(request, self._app.campaigns))
        return self._page(request, "pc_slip.html", heading="pc_slip", lines=shown.text.split("\n"))

    def _redeem(self, session: Session, person: Address, token: str, code: str) -> _Opened | None:
        now = machine_time()
        test = checks.redeem_test(session, self._key, person, now, token=token, code=code)
        if test is None or (named := self._named(test)) is None:
            return None
        pc.look_as_well(session, test, self._app.clock.now(), now)
        firm = session.get_one(Participant, test.participant)
        return _Opened(test, *named, f"{firm.name} ({firm.code})")

    def _keep(self, session: Session, number: int, nonce: str, given: pc.Answer) -> pc.Slip | None:
        now = machine_time()
        test = checks.open_test(session, number, nonce, now)
        named = self._named(test) if test else None
        if test is None or named is None or (given.saw not in pc.SIGHTS and given.saw != pc.UNSEEN):
            return None
        slip = pc.keep_answer(session, *named, test, given, self._app.clock.now(), now)
        if slip.first:
            pc.tell_asker(session, test, slip, now)
        return slip

    def _named(self, test: PcTest) -> tuple[Campaign, Target] | None:
        campaign = next((one for one in self._app.campaigns if one.key == test.campaign), None)
        target = next((one for one in campaign.targets if one.key == test.target), None) if campaign else None
        return (campaign, target) if campaign and target and target.url else None

    async def _fields(self, request: Request) -> dict[str, str]:
        if not self._visitors.sent_by_our_page(request):
            raise HTTPException(403)
        if self._buckets.take(_network(request)):
            raise FormError(429, "pc_often")
        return await read_fields(request, BODY)

    def _steps(self, request: Request, opened: _Opened, value: str) -> Response:
        language = words.chosen(request, self._app.campaigns)
        wording = Wording.of(opened.campaign, language, self._app.clock.now())

        def say(phrase: str, **fields: object) -> str:
            known = {"name": wording.word(opened.target.name), "firm": opened.firm}
            return in_script(wording.say(phrase, **(known | fields)), language)

        response = self._page(
            request, "pc_test.html", heading="pc_heading", value=value, target=opened.target, say=say, pc=pc,
            steps=[in_script(wording.word(step.text), language) for step in opened.target.steps]
            or [say("terminal.step.open"), say("terminal.step.see")],
            guide=in_script(wording.word(opened.target.guide), language),
        )  # fmt: skip
        response.headers["Content-Security-Policy"] = policy(opened.campaign)
        return response

    def _over(self, request: Request) -> Response:
        """The same for what was used, what is over and what never was."""
        return self._page(request, "pc_notice.html", 404, heading="pc_over", told=self._words(request)["pc_over_note"])

    def _wait(self, request: Request, seconds: int) -> Response:
        told = self._words(request)["pc_wait"].format(seconds=seconds)
        response = self._page(request, "pc_notice.html", 429, heading="failed", told=told)
        response.headers["Retry-After"] = str(seconds)
        return response

    def _words(self, request: Request) -> words.Words:
        return words.words(words.chosen(request, self._app.campaigns))

    def _page(self, request: Request, template: str, status: int = 200, **values: object) -> Response:
        language = words.chosen(request, self._app.campaigns)
        own = words.words(language)
        others = {one: words.words(one)["name"] for one in words.offered(self._app.campaigns) if one != language}
        given = {"note": "", **values, "heading": own[str(values["heading"])]}
        return self._templates.page(template, status, w=own, lang=words.tag(language), language=language,
                                    others=others, **given)  # fmt: skip


def policy(campaign: Campaign) -> str:
    """Our own files, and besides nothing but the sites of this campaign's targets, to try whether they answer."""
    sites = " ".join(sorted({site(one.url) for one in campaign.targets if one.url}))
    own = HEADERS["Content-Security-Policy"].replace("connect-src 'self'", f"connect-src {sites}")
    return own.replace("img-src 'self'", f"img-src 'self' {sites}")


def site(url: str) -> str:
    split = urlsplit(url)
    return f"{split.scheme}://{split.netloc}"


def _network(request: Request) -> str:
    return request.client.host if request.client else ""
