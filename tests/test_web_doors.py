"""The web page's doors: whose cookie and whose form is let in, and what every response carries."""

import hashlib
import re
import time
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from httpx import AsyncClient
from itsdangerous import TimestampSigner

from bot.app import App
from bot.page.visitor import LIFETIME
from models.store import Store
from tests.web_cast import DEADLINE, KEY, Browse, ask, kept, nonce_of, visitor_of

# ---------------------------------------------------------------------------------------------------------- the visitor


async def test_two_visitors_never_see_one_anothers(browse: Browse) -> None:
    ann, bob = browse(), browse()
    await ask(ann, "When is it due?")
    page = (await bob.get("/")).text
    assert "When is it due?" not in page
    assert DEADLINE.text.split("\n")[0] not in page
    assert visitor_of(ann) != visitor_of(bob)


async def test_the_same_nonce_of_two_visitors_is_two_questions(browse: Browse, store: Store) -> None:
    ann, bob = browse(), browse()
    nonce = nonce_of(await ann.get("/"))
    await bob.get("/")
    await ask(ann, "When is it due?", nonce)
    await ask(bob, "When is it due?", nonce)
    assert [len(await kept(store, one)) for one in (ann, bob)] == [1, 1]


class _Past(TimestampSigner):
    def get_timestamp(self) -> int:
        return int(time.time() - LIFETIME.total_seconds() - 60)


def _signed(signer: type[TimestampSigner], visitor: str, key: str = KEY) -> str:
    return signer(key, salt="usher.visitor", digest_method=hashlib.sha256).sign(visitor).decode()


async def test_a_rightly_signed_cookie_is_known_again(ann: AsyncClient, browse: Browse) -> None:
    await ask(ann, "When is it due?")
    again = browse()
    again.cookies.set("usher", _signed(TimestampSigner, f"{visitor_of(ann)}.any-session"))
    assert "When is it due?" in (await again.get("/")).text


@pytest.mark.parametrize("kind", ["forged", "unsigned", "without a session", "expired", "nonsense"])
async def test_a_cookie_that_is_not_ours_or_too_old_is_a_new_visitor(
    ann: AsyncClient, browse: Browse, kind: str
) -> None:
    await ask(ann, "When is it due?")
    victim = visitor_of(ann)
    cookie = {
        "forged": _signed(TimestampSigner, f"{victim}.s", key="another key, long enough to be one"),
        "unsigned": f"{victim}.s",
        "without a session": _signed(TimestampSigner, victim),
        "expired": _signed(_Past, f"{victim}.s"),
        "nonsense": "....",
    }[kind]
    page = await browse().get("/", headers={"cookie": f"usher={cookie}"})
    assert page.status_code == 200
    assert "When is it due?" not in page.text
    assert victim not in page.headers["set-cookie"]


async def test_the_cookie_is_for_this_host_and_not_for_scripts(ann: AsyncClient) -> None:
    cookie = (await ann.get("/")).headers["set-cookie"]
    assert cookie.startswith("usher=")
    for part in ("HttpOnly", "SameSite=lax", "Path=/", f"Max-Age={int(timedelta(days=30).total_seconds())}"):
        assert part in cookie
    assert "Secure" not in cookie
    assert "Domain" not in cookie
    assert len(visitor_of(ann)) == 22  # 128 bits


@pytest.mark.parametrize(("public_url", "reached"), [("https://usher.test", "http"), (None, "https")])
async def test_under_https_the_cookie_is_secure(app: App, browse: Browse, public_url: str | None, reached: str) -> None:
    settings = app.settings.model_copy(update={"public_url": public_url})
    cookie = (await browse(replace(app, settings=settings), f"{reached}://usher.test").get("/")).headers["set-cookie"]
    assert cookie.startswith("__Host-usher=")
    assert "; Secure" in cookie


# ----------------------------------------------------------------------------------------------------------- the Origin


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://["},
        {"origin": "http://usher.test:81"},
        {"origin": "http://usher.test.evil.example"},
        {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {},
    ],
)
async def test_a_form_from_elsewhere_is_refused(ann: AsyncClient, store: Store, headers: dict[str, str]) -> None:
    nonce = nonce_of(await ann.get("/"))
    refused = await ann.post("/", data={"text": "When is it due?", "nonce": nonce}, headers=headers)
    assert refused.status_code == 403
    assert "did not come from Usher's own page" in unescape(refused.text)
    assert await kept(store, ann) == []


async def test_a_browser_that_sends_no_origin_may_say_same_origin(ann: AsyncClient) -> None:
    nonce = nonce_of(await ann.get("/"))
    sent = await ann.post("/", data={"text": "hello", "nonce": nonce}, headers={"sec-fetch-site": "same-origin"})
    assert sent.status_code == 303


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://usher.test", 303),
        ("https://usher.test:443", 303),
        ("http://usher.test", 403),
        ("http://127.0.0.1:8080", 403),
        ("https://usher.test:x", 403),
        ("null", 403),
    ],
)
async def test_with_a_public_url_only_its_origin_counts(app: App, browse: Browse, origin: str, status: int) -> None:
    settings = app.settings.model_copy(update={"public_url": "https://usher.test/"})
    ann = browse(replace(app, settings=settings), "http://127.0.0.1:8080")
    assert (await ask(ann, "hello", origin=origin)).status_code == status


# ---------------------------------------------------------------------------------------------- what every page carries


async def test_a_demonstration_says_so_on_every_page_with_the_campaigns_time(app: App, browse: Browse) -> None:
    ann = browse(replace(app, settings=app.settings.model_copy(update={"demo": True})))
    for page in (await ann.get("/"), await ann.get("/nowhere"), await ask(ann, "break"), await ask(ann, "")):
        assert "DEMONSTRATION" in page.text
        assert "Wed, 12 Apr 2023, 10:00 HKT" in page.text
    assert "DEMONSTRATION" not in (await browse().get("/")).text


async def test_every_page_names_the_circular_and_says_what_the_answers_are_not(ann: AsyncClient) -> None:
    for page in (await ann.get("/"), await ann.get("/nowhere")):
        assert "The small circular" in page.text
        assert "Answers come only from the circular" in page.text


async def test_every_response_has_the_security_headers(ann: AsyncClient) -> None:
    stylesheet = re.findall(r'href="(/static/page[^"]+)"', (await ann.get("/")).text)[0]
    for response in (
        await ann.get("/"),
        await ask(ann, "hello"),
        await ask(ann, "break"),
        await ann.get("/nowhere"),
        await ann.get("/healthz"),
        await ann.get("/readyz"),
        await ann.get(stylesheet),
    ):
        policy = response.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        # "no-referrer" would make browsers send "Origin: null" with our own forms.
        assert response.headers["referrer-policy"] == "same-origin"
    assert (await ann.get("/")).headers["cache-control"] == "no-store"


async def test_the_page_has_no_inline_script_or_style(ann: AsyncClient) -> None:
    await ask(ann, "register")
    page = (await ann.get("/")).text
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*\ssrc=\"/static/)", page)
    assert not re.search(r"(?:src|href|action)=\"(?!/|#)", page)  # nothing from another host


async def test_static_files_are_kept_for_good_under_the_name_of_their_content(ann: AsyncClient) -> None:
    found = re.findall(r'"(/static/[^"]+)"', (await ann.get("/")).text)
    kinds = {}
    for address in set(found):
        file = await ann.get(address)
        assert file.status_code == 200
        assert "immutable" in file.headers["cache-control"]
        assert hashlib.sha256(file.content).hexdigest()[:12] in address
        kinds[address.rpartition(".")[2]] = file.headers["content-type"].partition(";")[0]
    assert kinds == {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    for wrong in ("/static/page.css", "/static/..%2fvisitor.py", "/static/", "/static/page-000000000000.css"):
        assert (await ann.get(wrong)).status_code == 404
